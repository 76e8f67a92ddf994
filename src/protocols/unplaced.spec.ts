import type { JsonObject } from '../core/json.js';
import { anthropicMessages } from './anthropic-messages/index.js';
import { googleGemini } from './google-gemini/index.js';
import { openaiChat } from './openai-chat/index.js';
import { openaiResponses } from './openai-responses/index.js';
import type { Protocol } from './protocol.js';
import { warnedField } from './warnings.js';

const UPSTREAMS: readonly (readonly [Protocol, string])[] = [
  [openaiChat, 'gpt-5.5'],
  [openaiResponses, 'gpt-5.4'],
  [googleGemini, 'gemini-3.1-pro-preview'],
];
const ask = { role: 'user', content: 'hi' };
const mark = { cache_control: { type: 'ephemeral' } };
const holding = (block: JsonObject): JsonObject => ({ messages: [{ role: 'user', content: [block] }] });
const sky = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'It is blue.' } };
const found = { type: 'search_result', source: 'https://e.com', title: 'E', content: [] };
const cited = { citations: { enabled: true } };

/** What goes upstream for a caller's body. */
function carried(client: Protocol, [upstream, upstreamModel]: (typeof UPSTREAMS)[number], body: JsonObject) {
  const decoded = client.decodeRequest({ model: 'm', max_tokens: 9, messages: [ask], ...body }, 'standard');
  const { request, warnings: left = [] } = client.portable?.(decoded) ?? { request: decoded };
  const target = { upstreamModel, quirks: {}, issuer: upstream.issuer };
  const encoded = upstream.encodeRequest(request, target);
  return { body: encoded.body, fields: [...left, ...encoded.warnings].map(warnedField) };
}

describe.each(UPSTREAMS.map((upstream) => [upstream[0].name, upstream] as const))(
  'what %s has no place for is named, each by its field and once',
  (_name, upstream) => {
    it.each<[string, JsonObject, string]>([
      ['a mark on the system', { system: [{ type: 'text', text: 'S', ...mark }] }, 'cache_control'],
      ['a mark on a text', holding({ type: 'text', text: 'hi', ...mark }), 'cache_control'],
      ['a mark on a tool', { tools: [{ name: 'f', input_schema: {}, ...mark }] }, 'cache_control'],
      ['citations of a document', holding({ ...sky, ...cited }), 'messages.document.citations'],
      ['citations of a result', holding({ ...found, ...cited }), 'messages.search_result.citations'],
    ])('rows 45 and 46: %s', (_what, body, field) => {
      expect(carried(anthropicMessages, upstream, body).fields).toEqual([field]);
    });

    it('marks inside a result, on a call and on a result are one loss', () => {
      const use = { type: 'tool_use', id: 't', name: 'f', input: {}, ...mark };
      const result = {
        type: 'tool_result',
        tool_use_id: 't',
        ...mark,
        content: [{ type: 'text', text: '3', ...mark }],
      };
      const turns = [ask, { role: 'assistant', content: [use] }, { role: 'user', content: [result] }];
      expect(carried(anthropicMessages, upstream, { messages: turns }).fields).toEqual(['cache_control']);
    });

    it('nothing is named of a request that says none of it', () => {
      expect(carried(anthropicMessages, upstream, holding(sky)).fields).toEqual([]);
    });
  },
);

describe('what some have a place for', () => {
  const [chat, responses, gemini] = UPSTREAMS as [
    (typeof UPSTREAMS)[number],
    (typeof UPSTREAMS)[number],
    (typeof UPSTREAMS)[number],
  ];

  it("a participant's name is Chat's alone", () => {
    const named = { messages: [{ ...ask, name: 'Bob' }] };
    expect(carried(openaiChat, chat, named).fields).toEqual([]);
    for (const other of [responses, gemini])
      expect(carried(openaiChat, other, named).fields).toEqual(['messages.name']);
  });

  it("row 45: a document's context goes before its text, and before a file", () => {
    const context = 'From a book.';
    const pdf = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' };
    for (const other of [responses, gemini]) {
      const text = carried(anthropicMessages, other, holding({ ...sky, title: 'Sky', context }));
      expect(JSON.stringify(text.body)).toContain('Sky\\nFrom a book.\\n\\nIt is blue.');
      const file = carried(anthropicMessages, other, holding({ ...sky, source: pdf, title: 'Sky', context }));
      expect(JSON.stringify(file.body)).toMatch(/From a book\..*JVBERi0=/);
      expect([text.fields, file.fields]).toEqual([[], []]);
    }
  });

  it('row 7: a last turn that Messages would continue is named where it is answered', () => {
    const prefill = { messages: [ask, { role: 'assistant', content: '{' }] };
    expect(carried(anthropicMessages, responses, prefill).fields).toEqual(['messages']);
    for (const model of ['gemini-2.5-flash', 'gemini-3-flash-preview', 'gemini-3.1-pro-preview']) {
      const { body, fields } = carried(anthropicMessages, [googleGemini, model], prefill);
      expect([fields, (body['contents'] as JsonObject[]).length]).toEqual([[], 2]);
    }
    for (const model of ['gemini-3.5-flash', 'gemini-3.6-flash']) {
      const { body, fields } = carried(anthropicMessages, [googleGemini, model], prefill);
      expect(fields).toEqual(['messages']);
      expect((body['contents'] as JsonObject[])[2]).toEqual({ role: 'user', parts: [{ text: '.' }] });
    }
  });

  it("row 44: an image's resolution is OpenAI's to choose", () => {
    const image = { type: 'image_url', image_url: { url: 'https://e.com/a.png', detail: 'high' } };
    expect(carried(openaiChat, responses, holding(image)).fields).toEqual([]);
    expect(carried(openaiChat, gemini, holding(image)).fields).toEqual(['messages.image_url.detail']);
  });

  it('row 50: a choice among tools that were all left out goes with them, by name', () => {
    const body = { tools: [{ type: 'custom', custom: { name: 'run' } }] };
    for (const other of [responses, gemini])
      for (const tool_choice of ['required', { type: 'custom', custom: { name: 'run' } }])
        expect(carried(openaiChat, other, { ...body, tool_choice }).fields).toContain('tool_choice');
  });
});
