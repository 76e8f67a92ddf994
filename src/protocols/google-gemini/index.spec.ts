import { protocolLaws } from '../../../test/support/protocol-laws.js';
import type { JsonObject } from '../../core/json.js';
import type { CompletionResult } from '../completion.js';
import { googleGemini } from './index.js';

const usage = { input: { noCache: 20, cacheRead: 5 }, output: { total: 12, reasoning: 4 } };
const signature = { issuer: 'google', value: 'RXFvK0NxYys=' };

const results: { name: string; result: CompletionResult }[] = [
  {
    name: 'a text',
    result: { choices: [{ content: [{ type: 'text', text: 'Hello.' }], finishReason: 'stop' }], usage },
  },
  {
    name: 'rows 39 and 41: thinking, text, and the signature that came with the text',
    result: {
      choices: [
        {
          content: [
            { type: 'thinking', text: 'Let me think.' },
            { type: 'text', text: 'Done.' },
            { type: 'thinking', text: '', signature },
          ],
          finishReason: 'stop',
        },
      ],
      usage,
    },
  },
  {
    name: "row 42: another vendor's signatures and encrypted thinking, with their issuer",
    result: {
      choices: [
        {
          content: [
            { type: 'thinking', text: 'Hm.', signature: { issuer: 'anthropic', value: 'EqQB+/==' } },
            { type: 'redacted-thinking', data: 'RW5j', issuer: 'anthropic' },
            { type: 'thinking', text: '', signature: { issuer: 'anthropic', value: 'ErUB' } },
            { type: 'text', text: 'Yes.' },
          ],
          finishReason: 'length',
        },
      ],
      usage,
    },
  },
  {
    name: 'rows 41 and 61: parallel calls, the first of them signed',
    result: {
      choices: [
        {
          content: [
            { type: 'text', text: 'Looking.' },
            { type: 'tool-call', id: 'call_1', name: 'get_weather', arguments: '{"city":"Oslo"}', signature },
            { type: 'tool-call', id: 'call_2', name: 'get_weather', arguments: '{}' },
          ],
          finishReason: 'tool-calls',
        },
      ],
      usage,
    },
  },
  {
    name: 'row 56: a refusal',
    result: {
      choices: [{ content: [{ type: 'refusal', text: 'I will not.' }], finishReason: 'content-filter' }],
      usage,
    },
  },
  {
    name: 'row 33: several candidates',
    result: {
      choices: [
        { content: [{ type: 'text', text: 'One.' }], finishReason: 'stop' },
        { content: [{ type: 'text', text: 'Two.' }], finishReason: 'length' },
      ],
      usage,
    },
  },
];

const metadata = {
  promptTokenCount: 9,
  candidatesTokenCount: 13,
  thoughtsTokenCount: 30,
  totalTokenCount: 52,
};
const envelope = { modelVersion: 'gemini-3-pro-preview', responseId: 'M3iLaY-AI7zTxN8P' };
const answer = (parts: JsonObject[], more: JsonObject = {}): JsonObject => ({
  candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0, ...more }],
  usageMetadata: metadata,
  ...envelope,
});

const responses: { name: string; body: JsonObject }[] = [
  { name: 'text with its signature', body: answer([{ text: 'Three.', thoughtSignature: 'RXBB' }]) },
  {
    name: 'rows 10 and 41: calls without ids, the first signed',
    body: answer([
      { text: 'Thinking it over.', thought: true },
      { functionCall: { name: 'weather', args: { city: 'Rome' } }, thoughtSignature: 'RXBB' },
      { functionCall: { name: 'weather', args: { city: 'Oslo' } } },
      { functionCall: { id: 'own-1', name: 'now' } },
    ]),
  },
  {
    name: 'parts that only Google has',
    body: answer([
      { text: 'An image:' },
      { inlineData: { mimeType: 'video/mp4', data: 'AAAA' } },
      { executableCode: { language: 'PYTHON', code: 'print(1)' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
    ]),
  },
  {
    name: 'row 55: a blocked prompt',
    body: {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { promptTokenCount: 7, totalTokenCount: 7 },
      ...envelope,
    },
  },
  {
    name: 'row 54: an answer cut by a filter',
    body: answer([{ text: 'Half' }], { finishReason: 'SAFETY', finishMessage: 'Blocked for safety.' }),
  },
];

const frame = (body: JsonObject): string => `data: ${JSON.stringify({ ...body, ...envelope })}\r\n\r\n`;
const chunk = (parts: JsonObject[], candidate: JsonObject = {}, more: JsonObject = {}): string =>
  frame({ candidates: [{ content: { parts, role: 'model' }, index: 0, ...candidate }], ...more });
const end = (parts: JsonObject[] = [{ text: '' }]): string =>
  chunk(parts, { finishReason: 'STOP' }, { usageMetadata: metadata });

const streams = [
  {
    name: 'row 73: text with CRLF, the signature on an empty last part',
    wire:
      chunk([{ text: 'Wörld, ' }], {}, { usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 } }) +
      chunk([{ text: 'hello 🌍.' }], {}, { usageMetadata: { ...metadata, candidatesTokenCount: 20 } }) +
      end([{ text: '', thoughtSignature: 'RXBB' }]),
  },
  {
    name: 'rows 10 and 61: thinking, then parallel calls in chunks of their own, some without ids',
    wire:
      chunk([{ text: 'First ', thought: true }]) +
      chunk([{ text: 'this.', thought: true }]) +
      chunk([{ functionCall: { name: 'weather', args: { city: 'Rome' } }, thoughtSignature: 'RXBB' }]) +
      chunk([{ functionCall: { name: 'weather', args: { city: 'Oslo' } } }]) +
      chunk([{ functionCall: { id: 'own-1', name: 'now' } }]) +
      end(),
  },
  {
    name: 'row 61: arguments in pieces, as Vertex streams them',
    wire:
      chunk([{ functionCall: { name: 'cook', willContinue: true }, thoughtSignature: 'RXBB' }]) +
      chunk([
        {
          functionCall: {
            partialArgs: [{ jsonPath: '$.steps[0].text', stringValue: 'Boil', willContinue: true }],
            willContinue: true,
          },
        },
      ]) +
      chunk([
        {
          functionCall: {
            partialArgs: [
              { jsonPath: '$.steps[0].text', stringValue: ' it' },
              { jsonPath: '$.steps[0].minutes', numberValue: 5 },
              { jsonPath: '$.salt', boolValue: true },
              { jsonPath: '$.note', nullValue: 'NULL_VALUE' },
            ],
            willContinue: true,
          },
        },
      ]) +
      chunk([{ functionCall: {} }]) +
      chunk([{ functionCall: { name: 'ring' } }]) +
      end(),
  },
  {
    name: 'row 33: two candidates, interleaved',
    wire:
      chunk([{ text: 'One' }]) +
      chunk([{ text: 'Two' }], { index: 1 }) +
      chunk([{ text: ' more' }]) +
      chunk([{ text: '!' }], { index: 1, finishReason: 'STOP' }) +
      end(),
  },
  {
    name: 'row 42: thinking of another vendor, as this protocol carries it',
    wire:
      chunk([{ text: 'Hm.', thought: true }]) +
      chunk([{ text: '', thought: true, thoughtSignature: 'ZmFyZWdhdGU6czphbnRocm9waWM6RXJVQg==' }]) +
      chunk([{ text: 'Yes.' }]) +
      end(),
  },
];

describe('google-gemini', () => {
  protocolLaws(googleGemini, { results, responses, streams });

  it('rows 70 and 73: names model and manner in the path, and asks for events', () => {
    const { upstreamPath } = googleGemini;
    expect(upstreamPath({ model: 'gemini-3-pro', streamed: false })).toBe(
      '/models/gemini-3-pro:generateContent',
    );
    expect(upstreamPath({ model: 'a/b', streamed: true })).toBe(
      '/models/a%2Fb:streamGenerateContent?alt=sse',
    );
  });
});
