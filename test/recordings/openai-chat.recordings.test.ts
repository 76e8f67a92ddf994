import { randomInt } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import type { JsonObject } from '../../src/core/json.js';
import { asArray, asObject, asString, isObject } from '../../src/core/json.js';
import { billableQuantities } from '../../src/core/token-usage.js';
import { openaiChat } from '../../src/protocols/openai-chat/index.js';
import type { FoldedStream } from '../support/event-fold.js';
import { foldEvents, foldResult } from '../support/event-fold.js';
import {
  comparable,
  decodeStream,
  encodeStream,
  relayStream,
  testIdentity,
} from '../support/protocol-laws.js';
import { recordedLines, recordingsOf } from '../support/recordings.js';
import { chatChunks, chatStreamFaults, eventOrderFaults } from '../support/stream-order.js';

const VENDORS: readonly (readonly [string, RegExp])[] = [
  ['openai', /^chat__(?!.*error)/],
  ['deepseek', /./],
  ['groq', /./],
  ['mistral', /./],
  ['moonshotai', /./],
  ['alibaba', /./],
  ['xai', /^(?!responses__)/],
  ['openai-compatible', /./],
];

const recordings = VENDORS.flatMap(([vendor, pattern]) => recordingsOf(vendor, pattern));
const streams = recordings.filter(({ name }) => name.endsWith('.chunks.txt'));
const answers = recordings.filter(({ name }) => name.endsWith('.json'));

/** What an answer says, folded from the raw JSON in the plainest way. */
interface Said {
  text: string;
  thinking: string;
  calls: { name: string; arguments: string }[];
}

/** Text of a content value of the given kind: a string is text, a list holds text and thinking parts. */
function contentText(content: unknown, kind: 'text' | 'thinking'): string {
  if (typeof content === 'string') return kind === 'text' ? content : '';
  return asArray(content)
    .filter(isObject)
    .filter((part) => part['type'] === kind)
    .map((part) => (kind === 'text' ? asString(part['text']) : contentText(part['thinking'], 'text')))
    .join('');
}

function addSaid(said: Said, message: JsonObject): void {
  said.text += contentText(message['content'], 'text');
  said.thinking += contentText(message['content'], 'thinking');
  said.thinking += asString(message['reasoning_content']) ?? asString(message['reasoning']) ?? '';
  for (const [position, call] of asArray(message['tool_calls']).filter(isObject).entries()) {
    const named = asObject(call['function']) ?? {};
    const index = typeof call['index'] === 'number' ? call['index'] : position;
    const known = (said.calls[index] ??= { name: '', arguments: '' });
    known.name ||= asString(named['name']) ?? '';
    known.arguments += asString(named['arguments']) ?? '';
  }
}

function saidByWire(messages: readonly (JsonObject | undefined)[]): Said {
  const said: Said = { text: '', thinking: '', calls: [] };
  for (const message of messages) if (message) addSaid(said, message);
  return said;
}

const firstChoice = (body: JsonObject): JsonObject | undefined =>
  asArray(body['choices']).filter(isObject)[0];

function saidByFold({ choices }: FoldedStream): Said {
  const said: Said = { text: '', thinking: '', calls: [] };
  for (const part of choices[0]?.content ?? []) {
    if (part.type === 'text') said.text += part.text;
    else if (part.type === 'thinking') said.thinking += part.text;
    else if (part.type === 'tool-call') said.calls.push({ name: part.name, arguments: part.arguments });
  }
  return said;
}

const wireOf = (lines: readonly string[]): string =>
  [...lines, '[DONE]'].map((line) => `data: ${line}\n\n`).join('');

const totalTokens = (usage: unknown): number => Number(asObject(usage)?.['total_tokens']);

const billedTokens = ({ usage }: FoldedStream): number =>
  billableQuantities(usage).reduce((sum, [, count]) => sum + count, 0);

const seed = Number(process.env['RECORDINGS_SEED'] ?? randomInt(1, 2 ** 31));

/** A small generator of repeatable cuts (Park and Miller). */
function cuts(count: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => (state = (state * 48_271) % 2_147_483_647));
}

describe(`recorded Chat streams (RECORDINGS_SEED=${seed})`, () => {
  it('are all there', () => expect(streams.length).toBeGreaterThanOrEqual(20));

  describe.each(streams)('$name', (recording) => {
    const lines = recordedLines(recording);
    const chunks = lines.map((line) => JSON.parse(line) as JsonObject);
    const wire = wireOf(lines);
    const events = decodeStream(openaiChat, wire);
    const folded = foldEvents(events);
    const expected = saidByWire(chunks.map((chunk) => asObject(firstChoice(chunk)?.['delta'])));

    it('says what a plain fold of its chunks says, and finishes', () => {
      expect(saidByFold(folded)).toEqual(expected);
      expect(folded.failure).toBeUndefined();
      const reason = chunks.map((chunk) => asString(firstChoice(chunk)?.['finish_reason'])).find(Boolean);
      expect(folded.choices[0]?.finishReason).toBe(reason?.replace('_', '-'));
      expect(eventOrderFaults(events)).toEqual([]);
    });
    it('gives the same events cut anywhere', () => {
      for (const size of [1, 7, 40, 400]) expect(decodeStream(openaiChat, wire, cuts(size))).toEqual(events);
    });
    it('bills the tokens that the recording totals', () => {
      const reported = chunks.map((chunk) => chunk['usage']).findLast(isObject);
      expect(billedTokens(folded)).toBe(totalTokens(reported));
    });
    it('reaches the client whole and in order, verbatim and translated', () => {
      const relayed = relayStream(openaiChat, wire);
      expect(relayed.events).toEqual(events);
      for (const text of [relayed.text, encodeStream(openaiChat, events)]) {
        expect(chatStreamFaults(text)).toEqual([]);
        expect(comparable(foldEvents(decodeStream(openaiChat, text)))).toEqual(comparable(folded));
      }
    });
    it('is taken by the strictest client, the stream helper of the official SDK', async () => {
      for (const text of [relayStream(openaiChat, wire).text, encodeStream(openaiChat, events)]) {
        const lines = chatChunks(text).map((chunk) => `${JSON.stringify(chunk)}\n`);
        const answer = await ChatCompletionStream.fromReadableStream(
          ReadableStream.from(lines),
        ).finalChatCompletion();
        expect(answer.choices[0]?.message.content ?? '').toBe(expected.text);
        expect(answer.choices[0]?.message.tool_calls?.map((call) => call.id.length > 0) ?? []).toEqual(
          expected.calls.map(() => true),
        );
        expect(answer.usage?.total_tokens).toBe(billedTokens(folded));
      }
    });
    it('without its terminator is whole, cut before its finish it is a failure', () => {
      const open = lines.map((line) => `data: ${line}\n\n`).join('');
      expect(decodeStream(openaiChat, open)).toEqual(events);
      const unfinished = chunks.findIndex((chunk) => firstChoice(chunk)?.['finish_reason']);
      const broken = lines.slice(0, unfinished).map((line) => `data: ${line}\n\n`);
      expect(foldEvents(decodeStream(openaiChat, broken.join(''))).failure).toBeDefined();
      expect(relayStream(openaiChat, broken.join('')).text).not.toContain('[DONE]');
    });
  });
});

describe('recorded Chat answers', () => {
  it('are all there', () => expect(answers.length).toBeGreaterThanOrEqual(18));

  describe.each(answers)('$name', ({ text }) => {
    const body = JSON.parse(text) as JsonObject;
    const folded = foldResult(openaiChat.decodeResponse(body));

    it('says what its message says and bills what it totals', () => {
      expect(saidByFold(folded)).toEqual(saidByWire([asObject(firstChoice(body)?.['message'])]));
      expect(billedTokens(folded)).toBe(totalTokens(body['usage']));
    });
    it('reaches the client whole, verbatim and translated', () => {
      const passed = openaiChat.passthrough.response(text, testIdentity());
      const encoded = openaiChat.encodeResponse(openaiChat.decodeResponse(body), testIdentity());
      for (const seen of [JSON.parse(passed.body) as JsonObject, encoded]) {
        expect(comparable(foldResult(openaiChat.decodeResponse(seen)))).toEqual(comparable(folded));
        const { id, created, model } = seen;
        expect({ id, created, model }).toEqual({
          id: testIdentity().id,
          created: 1_700_000_000,
          model: 'vendor/model-1',
        });
        const message = asObject(firstChoice(seen)?.['message']) ?? {};
        expect(message).toMatchObject({ refusal: null });
        expect(message['reasoning']).toBe(saidByFold(folded).thinking || null);
      }
    });
  });
});

describe('the recorded refusal', () => {
  it('keeps message, type, code and param', () => {
    const [refusal] = recordingsOf('openai', /^chat__.*error\.json$/);
    expect(openaiChat.decodeError(refusal?.text ?? '')).toMatchObject({
      type: 'invalid_request_error',
      code: 'unsupported_parameter',
      param: 'max_tokens',
    });
  });
});
