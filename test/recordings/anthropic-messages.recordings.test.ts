import { randomInt } from 'node:crypto';
import Anthropic from '@anthropic-ai/sdk';
import { asArray, asObject, isObject, type JsonObject } from '../../src/core/json.js';
import { billableQuantities } from '../../src/core/token-usage.js';
import { anthropicMessages } from '../../src/protocols/anthropic-messages/index.js';
import { openaiChat } from '../../src/protocols/openai-chat/index.js';
import { foldEvents, foldResult, type FoldedStream } from '../support/event-fold.js';
import {
  countedByEvents,
  saidByBlocks,
  saidByEvents,
  saidByParts,
  streamsIn,
} from '../support/messages-fold.js';
import { messagesStreamFaults, messagesWire } from '../support/messages-stream.js';
import {
  comparable,
  decodeStream,
  encodeStream,
  relayStream,
  testIdentity,
} from '../support/protocol-laws.js';
import { recordedLines, recordingsOf } from '../support/recordings.js';
import { chatStreamFaults, eventOrderFaults } from '../support/stream-order.js';

/** Two answers spliced into one body: an error by intent, asserted on its own below. */
const SPLICED = 'anthropic/spliced-message-start.chunks.txt';
/** Its message_start stands twice; the second one is left out for the client. */
const REPEATED = 'anthropic/duplicate-message-start.chunks.txt';

const recordings = recordingsOf('anthropic', /./);
const answers = recordings.filter(({ name }) => name.endsWith('.json'));
const streams = recordings
  .filter(({ name }) => name.endsWith('.chunks.txt') && name !== SPLICED)
  .flatMap((recording) =>
    streamsIn(recordedLines(recording)).map((lines, index) => ({
      name: `${recording.name} #${index + 1}`,
      lines,
    })),
  );

const identity = testIdentity({
  id: 'msg_own',
  model: 'anthropic/claude',
  profile: 'standard',
  costOf: () => '0.5',
});
const seed = Number(process.env['RECORDINGS_SEED'] ?? randomInt(1, 2 ** 31));

/** A small generator of repeatable cuts (Park and Miller). */
function cuts(count: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => (state = (state * 48_271) % 2_147_483_647));
}

const countedByFold = ({ usage }: FoldedStream): Record<string, number> => {
  const { cache_write_5m = 0, cache_write_1h = 0, ...billed } = Object.fromEntries(billableQuantities(usage));
  const counted = {
    input_tokens: billed['input'],
    cache_read_input_tokens: billed['cache_read'],
    cache_creation_input_tokens: cache_write_5m + cache_write_1h || undefined,
    output_tokens: billed['output'],
    searches: billed['search'],
  };
  return JSON.parse(JSON.stringify(counted)) as Record<string, number>;
};

/** The official SDK's own reading of a wire text. */
async function readBySdk(wire: string): Promise<JsonObject> {
  const fetch = () =>
    Promise.resolve(new Response(wire, { headers: { 'content-type': 'text/event-stream' } }));
  const client = new Anthropic({ apiKey: 'key', baseURL: 'http://127.0.0.1:9', fetch, maxRetries: 0 });
  const stream = client.messages.stream({
    model: 'm',
    max_tokens: 1,
    messages: [{ role: 'user', content: 'x' }],
  });
  return JSON.parse(JSON.stringify(await stream.finalMessage())) as JsonObject;
}

const partsOf = (folded: FoldedStream) => folded.choices[0]?.content ?? [];

describe(`recorded Messages streams (RECORDINGS_SEED=${seed})`, () => {
  it('are all there', () => expect(streams.length).toBeGreaterThanOrEqual(45));

  describe.each(streams)('$name', ({ name, lines }) => {
    const raw = lines.map((line) => JSON.parse(line) as JsonObject);
    const wire = messagesWire(raw);
    const events = decodeStream(anthropicMessages, wire);
    const folded = foldEvents(events);
    const isWhole = raw.every(({ type }) => type !== 'message_delta') && raw.length === 2;
    const said = isWhole
      ? saidByBlocks(asArray(asObject(raw[0]?.['message'])?.['content']) as JsonObject[])
      : saidByEvents(raw);

    it('says what a plain fold of its events says, and finishes', () => {
      expect(saidByParts(partsOf(folded))).toEqual(said);
      expect(folded.failure).toBeUndefined();
      expect(events.at(-1)?.type).toBe('finish');
      expect(eventOrderFaults(events)).toEqual([]);
    });
    it('gives the same events cut anywhere', () => {
      for (const count of [1, 7, 40, 400])
        expect(decodeStream(anthropicMessages, wire, cuts(count))).toEqual(events);
    });
    it('counts what its last usage counts', () => {
      expect(countedByFold(folded)).toEqual(countedByEvents(raw));
    });
    it('goes through verbatim but for id, model and price', () => {
      const relayed = relayStream(anthropicMessages, wire, identity);
      expect(foldEvents(relayed.events)).toEqual(folded);
      let wanted = name.startsWith(REPEATED) ? raw.slice(1) : raw;
      wanted = wanted.map((event) => {
        if (event['type'] === 'message_start')
          return {
            ...event,
            message: { ...asObject(event['message']), id: 'msg_own', model: 'anthropic/claude' },
          };
        if (event['type'] === 'message_delta')
          return { ...event, usage: { cost: 0.5, ...asObject(event['usage']) } };
        return event;
      });
      expect(relayed.text).toBe(messagesWire(wanted));
    });
    it('is written anew in order, with nothing lost', () => {
      const written = encodeStream(anthropicMessages, events, identity);
      expect(messagesStreamFaults(written)).toEqual([]);
      const again = foldEvents(decodeStream(anthropicMessages, written));
      expect(comparable(again)).toEqual(comparable(folded));
    });
    it('reads the same in the official SDK, written anew and verbatim', async () => {
      const roads = [
        encodeStream(anthropicMessages, events, identity),
        relayStream(anthropicMessages, wire, identity).text,
      ];
      for (const road of roads) {
        const message = await readBySdk(road);
        expect(message).toMatchObject({ model: 'anthropic/claude', stop_reason: expect.any(String) });
        const blocks = message['content'] as JsonObject[];
        const known = said.filter(([type]) => type !== 'opaque');
        expect(saidByBlocks(blocks).filter(([type]) => type !== 'opaque')).toEqual(known);
        expect(blocks).toHaveLength(said.length);
      }
    });
    it('cut before its end is a failure on both roads', () => {
      const open = messagesWire(
        raw.filter(({ type }) => type !== 'message_delta' && type !== 'message_stop'),
      );
      if (!isWhole) expect(foldEvents(decodeStream(anthropicMessages, open)).failure).toBeDefined();
      expect(foldEvents(relayStream(anthropicMessages, open, identity).events).failure).toBeDefined();
    });
    it('reaches a Chat client with the same text, thinking and calls', () => {
      const chat = encodeStream(openaiChat, events, testIdentity());
      expect(chatStreamFaults(chat)).toEqual([]);
      const seen = partsOf(foldEvents(decodeStream(openaiChat, chat)));
      const calls = (parts: typeof seen) =>
        parts.filter((part) => part.type === 'tool-call').map((call) => [call.id, call.name, call.arguments]);
      const joined = (parts: typeof seen, type: 'text' | 'thinking') =>
        parts.map((part) => (part.type === type ? part.text : '')).join('');
      expect(calls(seen)).toEqual(calls(partsOf(folded)));
      for (const type of ['text', 'thinking'] as const)
        expect(joined(seen, type)).toBe(joined(partsOf(folded), type));
    });
  });

  it('two answers spliced into one body are an error, and the second is never shown', () => {
    const [recording] = recordings.filter(({ name }) => name === SPLICED);
    const raw = recordedLines(recording ?? { name: '', text: '' }).map(
      (line) => JSON.parse(line) as JsonObject,
    );
    expect(raw.length).toBeGreaterThan(10);
    const relayed = relayStream(anthropicMessages, messagesWire(raw), identity);
    expect(relayed.events.at(-1)).toMatchObject({ type: 'error', failure: { vendorType: 'splice' } });
    expect(relayed.text).not.toContain('msg_second');
    expect(
      decodeStream(anthropicMessages, messagesWire(raw)).filter(({ type }) => type === 'error'),
    ).toHaveLength(1);
  });
});

describe('recorded Messages answers', () => {
  it('are all there', () => expect(answers.length).toBeGreaterThanOrEqual(30));

  describe.each(answers)('$name', ({ text }) => {
    const body = JSON.parse(text) as JsonObject;
    const result = anthropicMessages.decodeResponse(body);
    const folded = foldResult(result);

    it('says what its blocks say and counts what its usage counts', () => {
      expect(saidByParts(partsOf(folded))).toEqual(saidByBlocks(asArray(body['content']).filter(isObject)));
      expect(countedByFold(folded)).toEqual(
        countedByEvents([{ type: 'message_delta', usage: body['usage'] }]),
      );
      expect(folded.choices[0]?.finishReason).not.toBe('other');
    });
    it('goes through verbatim but for id, model, price and a missing stop_sequence', () => {
      const seen = JSON.parse(anthropicMessages.passthrough.response(text, identity).body) as JsonObject;
      const usage = { ...asObject(body['usage']), cost: 0.5 };
      expect(seen).toEqual({ stop_sequence: null, ...body, id: 'msg_own', model: 'anthropic/claude', usage });
    });
    it('is written anew with nothing lost', () => {
      const again = anthropicMessages.decodeResponse(anthropicMessages.encodeResponse(result, identity));
      expect(comparable(foldResult(again))).toEqual(comparable(folded));
    });
  });
});
