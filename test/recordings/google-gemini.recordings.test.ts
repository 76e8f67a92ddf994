import { randomInt } from 'node:crypto';
import { retryAfterSeconds } from '../../src/providers/retry-after.js';
import { upstreamFailure } from '../../src/providers/upstream-failure.js';
import type { JsonObject } from '../../src/core/json.js';
import { asArray, asObject, asString, isObject } from '../../src/core/json.js';
import { billableQuantities } from '../../src/core/token-usage.js';
import { anthropicMessages } from '../../src/protocols/anthropic-messages/index.js';
import { googleGemini, googleGeminiArray } from '../../src/protocols/google-gemini/index.js';
import { openaiChat } from '../../src/protocols/openai-chat/index.js';
import type { FoldedStream } from '../support/event-fold.js';
import { foldEvents, foldResult } from '../support/event-fold.js';
import { messagesStreamFaults } from '../support/messages-stream.js';
import {
  comparable,
  decodeStream,
  encodeStream,
  relayStream,
  testIdentity,
} from '../support/protocol-laws.js';
import { recordedLines, recordingsOf } from '../support/recordings.js';
import { chatStreamFaults, eventOrderFaults } from '../support/stream-order.js';

const recordings = recordingsOf('google', /^(?!google-429)/);
const streams = recordings.filter(({ name }) => name.endsWith('.chunks.txt'));
const answers = recordings.filter(({ name }) => name.endsWith('.json'));

const seed = Number(process.env['RECORDINGS_SEED'] ?? randomInt(1, 2 ** 31));

/** A small generator of repeatable cuts (Park and Miller). */
function cuts(count: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => (state = (state * 48_271) % 2_147_483_647));
}

const wireOf = (lines: readonly string[]): string => lines.map((line) => `data: ${line}\r\n\r\n`).join('');

/** What an answer says, read from the raw JSON in the plainest way. */
interface Said {
  text: string;
  thinking: string;
  /** Names in order, with arguments as far as one part held them whole. */
  calls: string[];
  signatures: string[];
}

function saidByParts(parts: readonly JsonObject[]): Said {
  const said: Said = { text: '', thinking: '', calls: [], signatures: [] };
  for (const part of parts) {
    const text = asString(part['text']) ?? '';
    if (part['thought'] === true) said.thinking += text;
    else said.text += text;
    const name = asString(asObject(part['functionCall'])?.['name']);
    if (name !== undefined) said.calls.push(name);
    const signature = asString(part['thoughtSignature']);
    if (signature !== undefined) said.signatures.push(signature);
  }
  return said;
}

function saidByFold({ choices }: FoldedStream): Said {
  const said: Said = { text: '', thinking: '', calls: [], signatures: [] };
  for (const part of choices[0]?.content ?? []) {
    if (part.type === 'text') said.text += part.text;
    if (part.type === 'thinking') said.thinking += part.text;
    if (part.type === 'tool-call') said.calls.push(part.name);
    if ((part.type === 'thinking' || part.type === 'tool-call') && part.signature)
      said.signatures.push(part.signature.value);
  }
  return said;
}

const partsOf = (bodies: readonly JsonObject[]): JsonObject[] =>
  bodies.flatMap((body) =>
    asArray(asObject(asObject(asArray(body['candidates'])[0])?.['content'])?.['parts']).filter(isObject),
  );

const billed = ({ usage }: FoldedStream): number =>
  billableQuantities(usage).reduce((sum, [, count]) => sum + count, 0);

/** Google's own sum, thoughts and tool prompts included. */
const totalOf = (bodies: readonly JsonObject[]): number =>
  Number(
    bodies.map((body) => asObject(body['usageMetadata'])?.['totalTokenCount']).findLast((total) => total),
  );

describe(`recorded Gemini streams (RECORDINGS_SEED=${seed})`, () => {
  it('are all there', () => expect(streams.length).toBeGreaterThanOrEqual(9));

  describe.each(streams)('$name', (recording) => {
    const lines = recordedLines(recording);
    const chunks = lines.map((line) => JSON.parse(line) as JsonObject);
    const wire = wireOf(lines);
    const events = decodeStream(googleGemini, wire);
    const folded = foldEvents(events);
    const expected = saidByParts(partsOf(chunks));

    it('rows 41, 54 and 61: says what a plain fold of its parts says, and finishes', () => {
      expect(saidByFold(folded)).toEqual(expected);
      expect(folded.failure).toBeUndefined();
      expect(folded.choices[0]?.finishReason).toBe(expected.calls.length > 0 ? 'tool-calls' : 'stop');
      expect(eventOrderFaults(events)).toEqual([]);
    });
    it('row 73: gives the same events cut anywhere', () => {
      for (const size of [1, 7, 40, 400])
        expect(decodeStream(googleGemini, wire, cuts(size))).toEqual(events);
    });
    it('rows 64 and 65: bills the tokens that the recording totals, once', () => {
      expect(billed(folded)).toBe(totalOf(chunks));
    });
    it('rows 10 and 61: gives every call an id of its own, and arguments that are an object', () => {
      const calls = (folded.choices[0]?.content ?? []).filter((part) => part.type === 'tool-call');
      expect(new Set(calls.map(({ id }) => id)).size).toBe(expected.calls.length);
      for (const call of calls) expect(isObject(JSON.parse(call.arguments))).toBe(true);
    });
    it('reaches a Gemini client whole, verbatim and written anew, as events and as an array', () => {
      const relayed = relayStream(googleGemini, wire);
      expect(relayed.events).toEqual(events);
      for (const text of [relayed.text, encodeStream(googleGemini, events)])
        expect(comparable(foldEvents(decodeStream(googleGemini, text)))).toEqual(comparable(folded));
      for (const text of [
        relayStream(googleGeminiArray, wire).text,
        encodeStream(googleGeminiArray, events),
      ]) {
        const whole = JSON.parse(text) as JsonObject[];
        const again = foldEvents(
          decodeStream(googleGemini, wireOf(whole.map((body) => JSON.stringify(body)))),
        );
        expect(comparable(again)).toEqual(comparable(folded));
      }
    });
    it('rows 40 to 42: reaches Chat and Messages clients in order, with text, thinking, calls and signatures', () => {
      const chat = encodeStream(openaiChat, events, testIdentity());
      expect(chatStreamFaults(chat)).toEqual([]);
      const messages = encodeStream(anthropicMessages, events, testIdentity({ id: 'msg_own' }));
      expect(messagesStreamFaults(messages)).toEqual([]);
      // An answer of Messages never ends with a thought: a signature behind the last text is left out.
      const parts = folded.choices[0]?.content ?? [];
      const last = parts.at(-1);
      const isSeal = last?.type === 'thinking' && last.text === '' && parts.length > 1;
      const inMessages = isSeal ? expected.signatures.slice(0, -1) : expected.signatures;
      const roads = [
        [decodeStream(openaiChat, chat), expected.signatures],
        [decodeStream(anthropicMessages, messages), inMessages],
      ] as const;
      for (const [seen, kept] of roads) {
        const { text, thinking, calls, signatures } = saidByFold(foldEvents(seen));
        expect({ text, thinking, calls }).toEqual({ ...expected, signatures: undefined });
        expect(signatures.toSorted()).toEqual(kept.toSorted());
      }
    });
    it('cut before its finish it is a failure', () => {
      const unfinished = chunks.findIndex(
        (chunk) => asObject(asArray(chunk['candidates'])[0])?.['finishReason'],
      );
      const broken = wireOf(lines.slice(0, unfinished));
      expect(foldEvents(decodeStream(googleGemini, broken)).failure).toBeDefined();
    });
  });
});

describe('recorded Gemini answers', () => {
  it('are all there', () => expect(answers.length).toBeGreaterThanOrEqual(5));

  describe.each(answers)('$name', ({ text }) => {
    const body = JSON.parse(text) as JsonObject;
    const result = googleGemini.decodeResponse(body);
    const folded = foldResult(result);

    it('says what its parts say and bills what it totals', () => {
      expect(saidByFold(folded)).toEqual(saidByParts(partsOf([body])));
      expect(billed(folded)).toBe(totalOf([body]));
    });
    it('reaches the client whole, verbatim and written anew', () => {
      const passed = googleGemini.passthrough.response(text, testIdentity());
      expect(JSON.parse(passed.body)).toEqual({ ...body, modelVersion: testIdentity().model });
      const again = googleGemini.decodeResponse(googleGemini.encodeResponse(result, testIdentity()));
      expect(comparable(foldResult(again))).toEqual(comparable(folded));
    });
  });
});

it('row 71: the recorded 429 is a rate limit, and says when to come back', () => {
  const [recording] = recordingsOf('google', /^google-429/);
  const text = recording?.text ?? '';
  const hint = { headers: {}, text, nowMs: 0 };
  expect(retryAfterSeconds(hint)).toBe(35);
  const failure = upstreamFailure({ ...hint, status: 429, body: googleGemini.decodeError(text) });
  expect(failure).toMatchObject({
    cause: 'rate_limit',
    error: { kind: 'rate_limit', details: { retryAfterSeconds: 35 } },
  });
});
