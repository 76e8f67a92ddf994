import type { ProviderProtocol } from '../catalog/model.js';
import fc from 'fast-check';
import { buildCandidate, buildDeployment, buildModel } from '../../test/support/builders/ticket.builder.js';
import type { JsonObject } from '../core/json.js';
import { anthropicMessages } from '../protocols/anthropic-messages/index.js';
import { googleGemini } from '../protocols/google-gemini/index.js';
import { openaiChat } from '../protocols/openai-chat/index.js';
import { openaiResponses } from '../protocols/openai-responses/index.js';
import type { Protocol } from '../protocols/protocol.js';
import { warnedField } from '../protocols/warnings.js';
import { effectiveRequest } from './effective-request.js';
import { upstreamBody, type UpstreamBody } from './upstream-body.js';

interface Case {
  client: Protocol;
  upstream: Protocol;
  adapter: string;
  /** Body of the caller. */
  text: string;
  /** The balance only pays for so much. */
  affordable?: number | undefined;
  defaultMaxTokens?: number | undefined;
}

/** The walk of a request from its bytes to the upstream's, as the conductor does it. */
function walk(given: Case): UpstreamBody & { held: number; parsed: JsonObject } {
  const { client, upstream, text } = given;
  const model = buildModel({ maxOutputTokens: 8_192, defaultMaxTokens: given.defaultMaxTokens });
  const asked = client.decodeRequest(JSON.parse(text) as JsonObject, 'octopusx');
  const { request, dropped } = effectiveRequest(asked, model, { protocol: client, profile: 'octopusx' });
  const wanted = request.maxOutputTokens ?? model.defaultMaxTokens ?? model.maxOutputTokens;
  const held = Math.min(wanted, model.maxOutputTokens, given.affordable ?? Infinity);
  const deployment = buildDeployment(upstream.name as ProviderProtocol, given.adapter);
  const candidate = buildCandidate({ model, deployment, maxOutputTokens: held });
  const givenMaxTokens = asked.maxOutputTokens;
  const sent = upstreamBody({ candidate, request, text, givenMaxTokens, dropped, client, upstream });
  return { ...sent, held, parsed: JSON.parse(sent.body) as JsonObject };
}

const body = (more: JsonObject = {}): string =>
  JSON.stringify({ model: 'vendor/model', messages: [{ role: 'user', content: 'hi' }], ...more });

const LIMITS = ['max_tokens', 'max_completion_tokens'];
const CHAT_ADAPTERS = [
  'openai',
  'openai-compatible',
  'moonshot',
  'minimax',
  'qwen',
  'deepseek',
  'openrouter',
];
const sides = fc.oneof(
  fc.record({
    client: fc.constantFrom(openaiChat, anthropicMessages),
    upstream: fc.constant(openaiChat),
    adapter: fc.constantFrom(...CHAT_ADAPTERS),
  }),
  fc.record({
    client: fc.constantFrom(openaiChat, anthropicMessages),
    upstream: fc.constant(anthropicMessages),
    adapter: fc.constant('anthropic'),
  }),
);
const limits = fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: undefined });

describe('the body for an upstream', () => {
  it('never asks for more output than the hold pays for, whatever the caller wrote under which name', () => {
    const cases = fc.record({
      sides,
      maxTokens: limits,
      maxCompletionTokens: limits,
      affordable: fc.option(fc.integer({ min: 256, max: 9_000 }), { nil: undefined }),
      defaultMaxTokens: fc.constantFrom(undefined, 1_000),
    });
    fc.assert(
      fc.property(cases, ({ sides: { client, upstream, adapter }, ...given }) => {
        const named = client === openaiChat ? { max_completion_tokens: given.maxCompletionTokens } : {};
        const text = body({ max_tokens: given.maxTokens, ...named } as JsonObject);
        const { parsed, held } = walk({ client, upstream, adapter, text, ...given });
        const sent = LIMITS.map((name) => parsed[name]).filter((limit) => limit !== undefined);
        // Only a limit that is the model's own, and that nobody named, may stay unsaid.
        const isNamed = text.includes('max_') || upstream === anthropicMessages || held < 8_192;
        if (isNamed) expect(sent).not.toEqual([]);
        for (const limit of sent) expect(limit).toBeLessThanOrEqual(held);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['max_tokens', 'max\\u005ftokens'])(
    'keeps one limit of two, the one that was held for (%s)',
    (older) => {
      const text = body().replace('{', `{"max_completion_tokens":5,"${older}":8000,`);
      const { parsed, held } = walk({ client: openaiChat, upstream: openaiChat, adapter: 'openai', text });
      expect(held).toBe(5);
      expect(LIMITS.flatMap((name) => parsed[name] ?? [])).toEqual([5]);
    },
  );

  it('is the caller’s own bytes but for the members that have to change', () => {
    const text = `{ "model":"vendor/model", "messages":[{"role":"user","content":"hi"}], "seed": 1.0e2,\n"x_new":{"b":1,"a":[ ]}, "allowed_providers":["vendor"] }`;
    const { body: sent } = walk({ client: openaiChat, upstream: openaiChat, adapter: 'openai', text });
    expect(sent).toBe(
      `{"model":"vendor-model-1","messages":[{"role":"user","content":"hi"}],"seed": 1.0e2,"x_new":{"b":1,"a":[ ]}}`,
    );
  });

  it('never holds a field that steers the router, on any pair of protocols', () => {
    const routing = {
      preference: 'cost',
      allowed_providers: ['vendor'],
      eu_native: true,
      allow_quantization: false,
      allow_zero_data_retention: true,
      enable_model_fallback: false,
      provider: { order: ['x'] },
      models: ['a', 'b'],
    };
    fc.assert(
      fc.property(sides, ({ client, upstream, adapter }) => {
        const { parsed } = walk({ client, upstream, adapter, text: body({ max_tokens: 9, ...routing }) });
        for (const name of Object.keys(routing)) expect(parsed).not.toHaveProperty(name);
        expect(parsed['model']).toBe('vendor-model-1');
      }),
      { numRuns: 50 },
    );
  });

  it('asks for usage in every chat stream, also where the caller asked not to have it', () => {
    for (const client of [openaiChat, anthropicMessages]) {
      const text = body({ stream: true, max_tokens: 9, stream_options: { include_usage: false } });
      const { parsed } = walk({ client, upstream: openaiChat, adapter: 'openai', text });
      expect(parsed['stream_options']).toMatchObject({ include_usage: true });
    }
  });

  const CLIENTS: Record<string, [Protocol, (part: JsonObject) => JsonObject]> = {
    messages: [openaiChat, (part) => ({ messages: [{ role: 'user', content: [part] }] })],
    input: [openaiResponses, (part) => ({ input: [{ role: 'user', content: [part] }] })],
    contents: [googleGemini, (part) => ({ contents: [{ role: 'user', parts: [part] }] })],
  };
  const AUDIO = { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } };
  const PDF = { mimeType: 'application/pdf', fileUri: 'https://example.com/a.pdf' };
  it.each<[string, JsonObject, Protocol, string]>([
    ['messages', AUDIO, openaiResponses, 'openai'],
    ['messages', AUDIO, anthropicMessages, 'anthropic'],
    ['messages', { type: 'file', file: { file_id: 'file-1' } }, openaiResponses, 'openai'],
    ['input', { type: 'input_file', file_url: PDF.fileUri }, openaiChat, 'openai'],
    ['input', { type: 'input_file', file_id: 'file-1' }, anthropicMessages, 'anthropic'],
    ['input', { type: 'input_image', file_id: 'file-1' }, googleGemini, 'google'],
    ['contents', { fileData: PDF }, openaiChat, 'openai'],
    ['contents', { inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } }, openaiResponses, 'openai'],
  ])('names the caller’s field “%s” when %j cannot be sent', (field, part, upstream, adapter) => {
    const [client, holding] = CLIENTS[field] ?? [openaiChat, () => ({})];
    const text = JSON.stringify({ model: 'vendor/model', ...holding(part) });
    const message = expect.stringMatching(`^${field}: .*cannot be sent`);
    const refusal = { message, details: { param: field } };
    expect(() => walk({ client, upstream, adapter, text })).toThrow(expect.objectContaining(refusal));
  });

  const ask = { role: 'user', content: 'hi' };
  const thoughtOf = (signature: string) => ({
    messages: [ask, { role: 'assistant', content: [{ type: 'thinking', thinking: 't', signature }] }, ask],
  });
  const searched = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} };
  const reasoned = [
    ask,
    { type: 'reasoning', id: 'r', summary: [], encrypted_content: 'gA' },
    { role: 'assistant', content: 'y' },
    ask,
  ];
  const thought = { text: 't', thought: true, thoughtSignature: 'c2ln' };
  it.each<[string, Protocol, JsonObject, Protocol, string]>([
    ['input.reasoning', openaiResponses, { input: reasoned }, openaiChat, 'openai'],
    ['input.reasoning', openaiResponses, { input: reasoned }, anthropicMessages, 'anthropic'],
    ['input.reasoning', openaiResponses, { input: reasoned }, googleGemini, 'google'],
    ['messages.thinking', anthropicMessages, thoughtOf('google:c2ln'), openaiResponses, 'openai'],
    ['messages.thinking', anthropicMessages, thoughtOf('google:c2ln'), anthropicMessages, 'anthropic'],
    [
      'messages.server_tool_use',
      anthropicMessages,
      { messages: [ask, { role: 'assistant', content: [searched] }, ask] },
      openaiResponses,
      'openai',
    ],
    ['metadata.user_id', anthropicMessages, { metadata: { user_id: 'u' } }, googleGemini, 'google'],
    ['user', openaiChat, { user: 'u' }, googleGemini, 'google'],
    [
      'contents.thought',
      googleGemini,
      {
        contents: [
          { role: 'user', parts: [{ text: 'hi' }] },
          { role: 'model', parts: [thought, { text: 'y' }] },
          { role: 'user', parts: [{ text: 'hi' }] },
        ],
      },
      openaiResponses,
      'openai',
    ],
    [
      'constructor',
      googleGemini,
      { contents: [{ parts: [{ text: 'x' }] }], constructor: 1 },
      openaiChat,
      'openai',
    ],
  ])(
    'a warning begins with the caller’s own name “%s” of its field',
    (field, client, more, upstream, adapter) => {
      const { warnings } = walk({ client, upstream, adapter, text: body({ max_tokens: 9, ...more }) });
      expect(warnings.map(warnedField)).toContain(field);
      const inputs = ['messages', 'input', 'contents'].filter((name) => name !== client.inputField);
      expect(warnings.filter((warning) => inputs.some((name) => warning.startsWith(name)))).toEqual([]);
    },
  );
});
