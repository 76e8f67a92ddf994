import type { JsonObject } from '../../core/json.js';
import { messagesFrames, messagesWire } from '../../../test/support/messages-stream.js';
import { relayStream, testIdentity } from '../../../test/support/protocol-laws.js';
import { ObjectText, spliceMembers } from '../json-splice.js';
import type { EncodeTarget, ResponseIdentity } from '../protocol.js';
import { anthropicMessages } from './index.js';

const identity = (changes: Partial<ResponseIdentity> = {}) =>
  testIdentity({ id: 'msg_own', model: 'anthropic/claude-x', ...changes });
const priced = identity({ profile: 'standard', costOf: () => '0.000123000' });
const target: EncodeTarget = { upstreamModel: 'claude-x-2026', quirks: {}, issuer: 'anthropic' };

/** The body that goes upstream for a caller's body. */
function sent(
  text: string,
  to: Partial<EncodeTarget> = {},
  profile: ResponseIdentity['profile'] = 'standard',
): string {
  const request = anthropicMessages.decodeRequest(JSON.parse(text) as JsonObject, profile);
  return spliceMembers(
    text,
    anthropicMessages.passthrough.requestChanges(request, { ...target, ...to }, new ObjectText(text)),
  );
}

describe('a verbatim request', () => {
  it('statement 86: loses the router fields, gets the upstream model, and keeps every other byte', () => {
    const text =
      '{"model":"m","max_tokens":9, "preference":"cost","new_field":{"a":1.0},"messages":[{"role":"user","content":"h\\u00e9"}],"eu_native":true}';
    expect(sent(text)).toBe(
      '{"model":"claude-x-2026","max_tokens":9,"new_field":{"a":1.0},"messages":[{"role":"user","content":"h\\u00e9"}]}',
    );
  });

  const text = (more: JsonObject) =>
    JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], ...more });

  it('statement 62: gets a token limit where the caller gave none, and a budget that fits it', () => {
    expect(JSON.parse(sent(text({}), { maxOutputTokens: 8192 }))).toMatchObject({ max_tokens: 8192 });
    const thinking = { type: 'enabled', budget_tokens: 10_000 };
    expect(JSON.parse(sent(text({ thinking }), { maxOutputTokens: 8192 }))).toMatchObject({
      max_tokens: 8192,
      thinking: { type: 'enabled', budget_tokens: 8191 },
    });
  });

  it('statements 90 and 91: with the Cortecs profile top_k is left out and temperature lowered', () => {
    const body = JSON.parse(sent(text({ top_k: 5, temperature: 1.5 }), {}, 'cortecs')) as JsonObject;
    expect(body).toMatchObject({ temperature: 1 });
    expect(body).not.toHaveProperty('top_k');
  });

  it('loses the fast mode, which has prices of its own, and says so', () => {
    const body = text({ speed: 'fast', max_tokens: 9 });
    expect(JSON.parse(sent(body))).not.toHaveProperty('speed');
    const request = anthropicMessages.decodeRequest(JSON.parse(body) as JsonObject, 'standard');
    const { warnings } = anthropicMessages.passthrough.requestChanges(request, target, new ObjectText(body));
    expect(warnings).toEqual(['speed was dropped: it has no price here']);
    expect(JSON.parse(sent(text({ speed: 'standard' })))).toHaveProperty('speed', 'standard');
  });

  it('an optional field that is null does not go upstream', () => {
    const body = JSON.parse(sent(text({ temperature: null, tools: null, thinking: null }))) as JsonObject;
    expect(Object.keys(body).toSorted()).toEqual(['messages', 'model']);
  });

  it('row 42: loses thinking that another vendor signed, and only then has its messages written anew', () => {
    const turn = (signature: string) => ({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 't', signature },
        { type: 'text', text: 'a', new_field: 1 },
      ],
    });
    const history = (signature: string) =>
      text({ messages: [{ role: 'user', content: 'x' }, turn(signature), { role: 'user', content: 'y' }] });
    expect(sent(history('c2ln'))).toContain('new_field');
    const cleaned = sent(history('openai:abc'));
    expect(cleaned).not.toContain('openai:abc');
    expect(JSON.parse(cleaned)).toMatchObject({
      messages: [{ content: 'x' }, { content: 'a' }, { content: 'y' }],
    });
  });
});

describe('a verbatim answer', () => {
  const pass = (text: string, to = priced) => anthropicMessages.passthrough.response(text, to).body;

  it('changes id and model, adds our price and a missing stop_sequence, and keeps every other byte', () => {
    const text =
      '{"id":"msg_up","type":"message","model":"claude-x-2026","content":[],"stop_reason":"end_turn","usage":{"input_tokens":1,"new":2.50,"output_tokens":3},"x":1e3}';
    expect(pass(text)).toBe(
      '{"stop_sequence":null,"id":"msg_own","type":"message","model":"anthropic/claude-x","content":[],"stop_reason":"end_turn","usage":{"cost":0.000123000,"input_tokens":1,"new":2.50,"output_tokens":3},"x":1e3}',
    );
  });

  it("never shows the upstream's own price, whatever the profile", () => {
    const text =
      '{"id":"msg_up","type":"message","content":[],"usage":{"input_tokens":1,"output_tokens":3,"cost":0.5,"cost_details":{"a":1}}}';
    expect(pass(text, identity({ profile: 'octen' }))).not.toContain('cost');
    expect(pass(text)).not.toContain('0.5');
  });

  it('has our id whatever the upstream called it, and a usage also when that is missing', () => {
    const body = JSON.parse(pass('{"id":"chatcmpl-1","type":"message","content":[]}')) as JsonObject;
    expect(body).toMatchObject({ id: 'msg_own', usage: { input_tokens: 0, output_tokens: 0 } });
  });

  it('a body that is no answer is the upstream failing', () => {
    for (const text of ['<html>', '[]', '{"type":"error","error":{}}']) {
      expect(() => pass(text)).toThrow(expect.objectContaining({ kind: 'upstream' }));
    }
  });
});

describe('a verbatim stream', () => {
  const start = (message: JsonObject = {}): JsonObject => ({
    type: 'message_start',
    message: {
      id: 'msg_up',
      model: 'claude-x-2026',
      content: [],
      usage: { input_tokens: 3, output_tokens: 1 },
      ...message,
    },
  });
  const block: JsonObject[] = [
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hi' } },
    { type: 'content_block_stop', index: 0 },
  ];
  const end: JsonObject = {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn' },
    usage: { output_tokens: 2 },
  };
  const bye: JsonObject = { type: 'message_stop' };
  const framesOf = (events: JsonObject[], to = priced) =>
    messagesFrames(relayStream(anthropicMessages, messagesWire(events), to).text);

  it('changes id and model in message_start and the price in message_delta, and not a byte else', () => {
    const events = [start(), { type: 'ping' }, { type: 'event_of_tomorrow', x: 1 }, ...block, end, bye];
    const { text } = relayStream(anthropicMessages, messagesWire(events), priced);
    expect(text).toBe(
      messagesWire(events)
        .replace('"msg_up"', '"msg_own"')
        .replace('"claude-x-2026"', '"anthropic/claude-x"')
        .replace('"usage":{"output_tokens":2}', '"usage":{"cost":0.000123000,"output_tokens":2}'),
    );
  });

  it('without a price, and where id and model are ours already, the bytes are the same', () => {
    const wire = messagesWire([start({ id: 'msg_own', model: 'anthropic/claude-x' }), ...block, end, bye]);
    expect(relayStream(anthropicMessages, wire, identity()).text).toBe(wire);
  });

  it('statement 92: with the Cortecs profile [DONE] follows message_stop', () => {
    const { text } = relayStream(
      anthropicMessages,
      messagesWire([start(), ...block, end, bye]),
      identity({ profile: 'cortecs' }),
    );
    expect(text.endsWith('event: message_stop\ndata: {"type":"message_stop"}\n\ndata: [DONE]\n\n')).toBe(
      true,
    );
  });

  it('row 73: gives a name to events that came without one, because SDKs ignore unnamed ones', () => {
    const wire = [start(), ...block, end, bye].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    const frames = messagesFrames(relayStream(anthropicMessages, wire, priced).text);
    expect(frames.every(({ event, data }) => event === data['type'])).toBe(true);
  });

  it('a missing usage is written, because SDKs fail without it; a repeated start is left out', () => {
    const frames = framesOf([
      start({ usage: null }),
      start(),
      ...block,
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      bye,
    ]);
    expect(frames.filter(({ data }) => data['type'] === 'message_start')).toHaveLength(1);
    expect(frames[0]?.data).toMatchObject({ message: { usage: { input_tokens: 0, output_tokens: 0 } } });
    expect(frames.at(-2)?.data).toMatchObject({ usage: { output_tokens: 0 } });
  });

  it("statement 21: an upstream's error event shows nothing and is an error event inside", () => {
    const error = { type: 'error', error: { type: 'api_error', message: 'no' } };
    const { text, events } = relayStream(anthropicMessages, messagesWire([start(), error, ...block]), priced);
    expect(messagesFrames(text)).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: 'error', failure: { message: 'no' } });
  });

  it('row 68: a stream without message_stop is an error, even after its stop reason', () => {
    const { events } = relayStream(anthropicMessages, messagesWire([start(), ...block, end]), priced);
    expect(events.at(-1)).toMatchObject({ type: 'error' });
  });
});
