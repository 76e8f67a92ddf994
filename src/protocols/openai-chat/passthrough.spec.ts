import { testIdentity } from '../../../test/support/protocol-laws.js';
import { FaregateError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import { ObjectText, spliceMembers } from '../json-splice.js';
import type { EncodeTarget, WireQuirks } from '../protocol.js';
import { passthrough } from './passthrough.js';
import { decodeRequest } from './request-decode.js';

const target = (quirks: WireQuirks = {}, more: Partial<EncodeTarget> = {}): EncodeTarget => ({
  upstreamModel: 'gpt-up',
  quirks,
  issuer: 'openai',
  ...more,
});

/** The body that would reach the upstream. */
function sent(body: JsonObject, to = target()): JsonObject {
  const whole = { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body };
  const text = JSON.stringify(whole);
  return JSON.parse(
    spliceMembers(text, passthrough.requestChanges(decodeRequest(whole), to, new ObjectText(text))),
  ) as JsonObject;
}

const plain = { model: 'gpt-up', messages: [{ role: 'user', content: 'hi' }] };

describe('a verbatim request', () => {
  it('statement 86: loses the router fields and keeps what nobody knows', () => {
    const routed = {
      preference: 'cost',
      allowed_providers: ['x'],
      eu_native: null,
      models: ['a'],
      provider: {},
      route: 'fallback',
    };
    expect(sent({ ...routed, vendor_field: { a: 1 }, service_tier: 'flex' })).toEqual({
      ...plain,
      vendor_field: { a: 1 },
      service_tier: 'flex',
    });
  });

  it("row 67: asks for usage on a stream and keeps the caller's other options", () => {
    const stream_options = { include_obfuscation: false, include_usage: false };
    expect(sent({ stream: true, stream_options })['stream_options']).toEqual({
      include_obfuscation: false,
      include_usage: true,
    });
    expect(sent({ stream: true }, target({ streamUsage: false }))).toEqual({ ...plain, stream: true });
    expect(sent({})).toEqual(plain);
  });

  it('row 30: names the output limit as the vendor does', () => {
    expect(sent({ max_tokens: 7 })).toEqual({ ...plain, max_tokens: 7 });
    const quirks: WireQuirks = { maxTokensField: 'max_completion_tokens' };
    expect(sent({ max_tokens: 7 }, target(quirks))).toEqual({ ...plain, max_completion_tokens: 7 });
    expect(sent({}, target({ maxTokensField: 'max_tokens' }, { maxOutputTokens: 9 }))).toEqual({
      ...plain,
      max_tokens: 9,
    });
  });

  it('drops what decoding ignored with a warning', () => {
    expect(
      sent({ tool_choice: 'required', parallel_tool_calls: true, previous_response_id: 'gen-1-a' }),
    ).toEqual(plain);
  });

  it('asks for reasoning in the words of the vendor', () => {
    const body = { reasoning: { effort: 'high' }, reasoning_effort: 'low' };
    expect(sent(body)).toEqual({ ...plain, reasoning_effort: 'high' });
    expect(sent(body, target({ reasoningField: 'reasoning' }))).toEqual({
      ...plain,
      reasoning: { effort: 'high' },
    });
    expect(sent({ reasoning: { enabled: false } })).toEqual({ ...plain, reasoning_effort: 'none' });
  });

  it('writes messages anew only where the vendor would not understand them', () => {
    const developer = [{ role: 'developer', content: [{ type: 'text', text: 'x', vendor: 1 }] }];
    expect(sent({ messages: developer })['messages']).toEqual(developer);
    expect(sent({ messages: developer }, target({ systemRole: 'system' }))['messages']).toEqual([
      { role: 'system', content: 'x' },
    ]);
    const image = [{ role: 'user', content: [{ type: 'image', image: 'iVBORw' }] }];
    expect(sent({ messages: image })['messages']).toEqual([
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw' } }] },
    ]);
    const thought = [{ role: 'assistant', content: 'a', reasoning: 'hm' }];
    expect(sent({ messages: thought })['messages']).toEqual([{ role: 'assistant', content: 'a' }]);
  });
});

describe('thinking for a vendor that passes signatures on by their format', () => {
  const openrouter = target({ reasoningHistory: 'reasoning' }, { issuer: 'openrouter' });
  const detail = (format: string) => ({
    type: 'reasoning.text',
    text: 'hm',
    signature: 's',
    id: 'rs_1',
    format,
    index: 0,
    vendor: 1,
  });
  const answer = (format: string) => ({
    role: 'assistant',
    content: 'a',
    reasoning: 'hm',
    reasoning_details: [detail(format)],
  });
  const changes = (message: JsonObject) =>
    passthrough.requestChanges(
      decodeRequest({ model: 'm', messages: [message] }),
      openrouter,
      new ObjectText('{}'),
    );

  it.each(['anthropic-claude-v1', 'openai-responses-v1', 'azure-openai-responses-v1', 'google-gemini-v1'])(
    "%s: the vendor's own answer goes back as it came, with its ids and unknown members",
    (format) => {
      expect(changes(answer(format))).not.toHaveProperty('set.messages');
      expect(changes(answer(format)).warnings).toEqual([]);
      expect(changes({ role: 'assistant', content: 'a', reasoning: 'hm' })).not.toHaveProperty(
        'set.messages',
      );
    },
  );

  it('a signature that no format names is left out and said; reasoning_content becomes reasoning', () => {
    const foreign = { ...detail('unknown'), signature: 'mistral:c2ln' };
    const { set, warnings } = changes({ ...answer(''), reasoning_details: [foreign] });
    expect(JSON.parse(set['messages'] ?? '')).toEqual([{ role: 'assistant', content: 'a', reasoning: 'hm' }]);
    expect(warnings).toEqual([expect.stringMatching(/^messages\.thinking\.signature was dropped/)]);
    const deepseek = changes({ role: 'assistant', content: 'a', reasoning_content: 'hm' });
    expect(JSON.parse(deepseek.set['messages'] ?? '')).toEqual([
      { role: 'assistant', content: 'a', reasoning: 'hm' },
    ]);
  });
});

describe('a verbatim answer', () => {
  const text = JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'up',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'ok', vendor: 1.5 }, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 18, completion_tokens: 32, total_tokens: 50, cost: 9 },
    system_fingerprint: 'fp',
  });

  it('statement 26: gets identity, usage, refusal and reasoning, and keeps unknown fields', () => {
    const { body, result } = passthrough.response(text, testIdentity({ warnings: ['a', 'b'] }));
    expect(JSON.parse(body)).toEqual({
      id: 'gen-1700000000-abc1234',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'vendor/model-1',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'ok', vendor: 1.5, refusal: null, reasoning: null },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 18, completion_tokens: 32, total_tokens: 50 },
      system_fingerprint: 'fp',
      warning: 'a; b',
    });
    expect(result.usage).toMatchObject({ input: { noCache: 18 }, output: { total: 32 } });
  });

  it('stays byte for byte where nothing is missing', () => {
    const choices =
      '[ {"index":0,"message":{"content":"\\u0061","refusal":null,"reasoning":null},"finish_reason":"stop"} ]';
    const { body } = passthrough.response(`{"choices":${choices},"x":1e0}`, testIdentity());
    expect(body).toContain(`"choices":${choices},"x":1e0}`);
  });

  it('keeps what it does not know byte for byte beside what it adds, numbers that no double holds too', () => {
    const vendors = '"seen" : 12345678901234567890, "share":1.50e-3,"text":"\\u0061"';
    const message = `{ "role":"assistant","content":"ok" , ${vendors}}`;
    const choice = `{"message":${message},"finish_reason":"eos", ${vendors}}`;
    const { body } = passthrough.response(`{"choices":[${choice}]}`, testIdentity());
    const completed = `{"refusal":null,"reasoning":null,"role":"assistant","content":"ok",${vendors.replaceAll(', "share"', ',"share"')}}`;
    expect(body).toContain(
      `"choices":[{"index":0,"message":${completed},"finish_reason":"stop",${vendors.replaceAll(', "share"', ',"share"')}}]`,
    );
  });

  it('tells a caller of the older functions that a function_call ended it', () => {
    const message =
      '{"role":"assistant","content":null,"refusal":null,"reasoning":null,"function_call":{"name":"f","arguments":"{}"}}';
    const choices = `[{"index":0,"message":${message},"finish_reason":"function_call"}]`;
    const legacy = passthrough.response(`{"choices":${choices}}`, testIdentity({ legacyFunctions: true }));
    expect(legacy.body).toContain(`"choices":${choices}`);
    const { body } = passthrough.response(`{"choices":${choices}}`, testIdentity());
    expect(body).toContain('"finish_reason":"tool_calls"');
  });

  it('that is no answer is an upstream failure, whatever its status was', () => {
    for (const bad of [
      '<html>',
      '[]',
      '{}',
      '{"error":{"message":"m"}}',
      '{"base_resp":{"status_code":1004},"choices":[{}]}',
      '{"choices":[]}',
    ]) {
      expect(() => passthrough.response(bad, testIdentity())).toThrow(FaregateError);
    }
  });
});
