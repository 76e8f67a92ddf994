import { decodeStream, encodeStream, testIdentity } from '../../test/support/protocol-laws.js';
import { chatChunks } from '../../test/support/stream-order.js';
import { isObject, type JsonObject, type JsonValue } from '../core/json.js';
import { openrouter } from '../providers/openai-compatible/openrouter.js';
import { anthropicMessages } from './anthropic-messages/index.js';
import { openaiChat } from './openai-chat/index.js';

const BLOCKS: JsonObject[] = [
  { type: 'thinking', thinking: 'First I look.', signature: 'SIGA' },
  { type: 'text', text: 'Let me see.' },
  { type: 'thinking', thinking: '', signature: 'SIGB' },
  { type: 'thinking', thinking: 'Then I call.', signature: 'SIGC' },
  { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
];
const THINKING = BLOCKS.filter(({ type }) => type === 'thinking');
const usage = { input_tokens: 1, output_tokens: 1 };

/** The blocks as Anthropic streams them, every text in two pieces. */
function streamed(): string {
  const events: JsonObject[] = [
    { type: 'message_start', message: { id: 'm', type: 'message', content: [], usage } },
  ];
  BLOCKS.forEach((block, index) => {
    const { type, thinking, text, signature } = block;
    const said = String(thinking ?? text ?? '');
    const kind = type === 'thinking' ? 'thinking' : 'text';
    const empty = type === 'tool_use' ? block : { type, [kind]: '' };
    const deltas: JsonObject[] = [said.slice(0, 4), said.slice(4)].map((piece) => ({
      type: `${kind}_delta`,
      [kind]: piece,
    }));
    if (signature !== undefined) deltas.push({ type: 'signature_delta', signature });
    events.push({ type: 'content_block_start', index, content_block: empty });
    if (type !== 'tool_use')
      for (const delta of deltas) events.push({ type: 'content_block_delta', index, delta });
    events.push({ type: 'content_block_stop', index });
  });
  events.push({ type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage }, { type: 'message_stop' });
  return events
    .map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('');
}

/** Adds a delta to a message as the official Python SDK does: texts grow, listed things are told apart by `index`. */
function accumulate(message: JsonObject, delta: JsonObject): JsonObject {
  for (const [name, value] of Object.entries(delta)) {
    const before = message[name];
    if (name === 'index' || name === 'type' || before === undefined || before === null) message[name] = value;
    else if (typeof before === 'string' && typeof value === 'string') message[name] = before + value;
    else if (Array.isArray(before) && Array.isArray(value)) value.forEach((item) => addTo(before, item));
    else if (isObject(before) && isObject(value)) accumulate(before, value);
  }
  return message;
}

function addTo(list: JsonValue[], item: JsonValue): void {
  const known = list.find((each) => isObject(each) && isObject(item) && each['index'] === item['index']);
  if (isObject(known) && isObject(item)) accumulate(known, item);
  else list.push(item);
}

const deltas = (): JsonObject[] => {
  const text = encodeStream(openaiChat, decodeStream(anthropicMessages, streamed()), testIdentity());
  return chatChunks(text).flatMap(({ choices }) =>
    (choices as { delta: JsonObject }[]).map((choice) => choice.delta),
  );
};

/** A conversation that goes on after the answer. */
const goOn = (answer: JsonObject): JsonObject => ({
  model: 'm',
  max_tokens: 5_000,
  reasoning_effort: 'high',
  messages: [{ role: 'user', content: 'q' }, answer, { role: 'tool', tool_call_id: 'toolu_1', content: '1' }],
});

const toAnthropic = (answer: JsonObject): JsonObject[] => {
  const request = openaiChat.decodeRequest(goOn(answer), 'standard');
  const target = { upstreamModel: 'claude', quirks: {}, issuer: 'anthropic' };
  const { body } = anthropicMessages.encodeRequest(request, target);
  return (body['messages'] as JsonObject[])[1]?.['content'] as JsonObject[];
};

describe('several signed thoughts of Anthropic on their way through a client of Chat', () => {
  const thoughts = (blocks: readonly JsonObject[]) => blocks.filter(({ type }) => type === 'thinking');

  it('come back each with its own text and signature, whether details are merged by index or listed', () => {
    const merged = deltas().reduce(accumulate, {});
    expect(thoughts(toAnthropic(merged))).toEqual(THINKING);
    const listed = deltas().flatMap((delta) => (delta['reasoning_details'] ?? []) as JsonObject[]);
    expect(thoughts(toAnthropic({ ...merged, reasoning_details: listed }))).toEqual(THINKING);
  });

  it('come back the same from a whole answer', () => {
    const answer = { type: 'message', content: BLOCKS, stop_reason: 'tool_use', usage };
    const whole = openaiChat.encodeResponse(anthropicMessages.decodeResponse(answer), testIdentity());
    const [choice] = whole['choices'] as { message: JsonObject }[];
    expect(thoughts(toAnthropic(choice?.message ?? {}))).toEqual(THINKING);
  });

  it('are told once: the plain deltas hold every text, and a gateway behind this one reads none twice', () => {
    expect(deltas().reduce(accumulate, {})['reasoning']).toBe('First I look.Then I call.');
    const text = encodeStream(openaiChat, decodeStream(anthropicMessages, streamed()), testIdentity());
    const again = decodeStream(openaiChat, text);
    const said = again.flatMap((event) => (event.type === 'thinking-delta' ? [event.text] : []));
    expect(said.join('')).toBe('First I look.Then I call.');
  });
});

it("thinking of OpenRouter goes back to it with its signature from a client of Messages, and is Anthropic's there", () => {
  const detail = {
    type: 'reasoning.text',
    text: 'hm',
    signature: 'SIG',
    format: 'anthropic-claude-v1',
    index: 0,
  };
  const hidden = { type: 'reasoning.encrypted', data: 'ENC', format: 'openai-responses-v1', index: 1 };
  const tool_calls = [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }];
  const message = { role: 'assistant', content: null, reasoning: 'hm', tool_calls };
  const answer = openaiChat.decodeResponse({
    choices: [{ finish_reason: 'tool_calls', message: { ...message, reasoning_details: [detail, hidden] } }],
  });
  const { content } = anthropicMessages.encodeResponse(answer, testIdentity({ id: 'msg_1' }));
  const request = anthropicMessages.decodeRequest(
    {
      model: 'm',
      max_tokens: 9,
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: '1' }] },
      ],
    },
    'standard',
  );
  const { quirks, issuer } = openrouter;
  const { body, warnings } = openaiChat.encodeRequest(request, { upstreamModel: 'x/y', quirks, issuer });
  expect((body['messages'] as JsonObject[])[1]).toMatchObject({
    reasoning: 'hm',
    reasoning_details: [detail, hidden],
  });
  expect(warnings).toEqual([]);
});
