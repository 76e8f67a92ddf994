import fc from 'fast-check';
import type { ErrorKind } from '../../src/core/errors.js';
import { FaregateError, STATUS_OF_KIND } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/json.js';
import { billableQuantities } from '../../src/core/token-usage.js';
import type { CompletionEvent, CompletionResult } from '../../src/protocols/completion.js';
import type { Protocol, ResponseIdentity } from '../../src/protocols/protocol.js';
import { SseParser } from '../../src/protocols/sse.js';
import type { FoldedStream } from './event-fold.js';
import { foldEvents, foldResult } from './event-fold.js';
import { eventOrderFaults } from './stream-order.js';

/** What a protocol brings to the laws. Everything here must be something that the protocol can say. */
export interface ProtocolFixtures {
  /** Whole answers in the inner language. */
  results: { name: string; result: CompletionResult }[];
  /** Bodies as an upstream sends them. */
  responses: { name: string; body: JsonObject }[];
  /** Wire text of complete streams. */
  streams: { name: string; wire: string }[];
  /** Statuses that differ from those of OpenAI routes (Anthropic: unavailable 529). */
  statuses?: Partial<Record<ErrorKind, number>>;
}

/** An identity for encoders, without price or warnings unless said. */
export const testIdentity = (changes: Partial<ResponseIdentity> = {}): ResponseIdentity => ({
  id: 'gen-1700000000-abc1234',
  createdAt: 1_700_000_000,
  model: 'vendor/model-1',
  profile: 'octen',
  warnings: [],
  costOf: () => undefined,
  ...changes,
});

/** Cuts bytes at the given places (any numbers; taken modulo the length). */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  const edges = [0, ...sorted, bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

/** Events of a wire text that arrives cut at the given places. */
export function decodeStream(
  protocol: Protocol,
  wire: string,
  places: readonly number[] = [],
): CompletionEvent[] {
  const parser = new SseParser();
  const decoder = protocol.streamDecoder();
  const events: CompletionEvent[] = [];
  for (const chunk of cutAt(Buffer.from(wire), places)) {
    for (const frame of parser.push(chunk)) events.push(...decoder.push(frame));
  }
  for (const frame of parser.end()) events.push(...decoder.push(frame));
  return [...events, ...decoder.end()];
}

/** Wire text of events, closed. */
export function encodeStream(
  protocol: Protocol,
  events: readonly CompletionEvent[],
  identity: ResponseIdentity = testIdentity(),
): string {
  const encoder = protocol.streamEncoder(identity);
  return events.map((event) => encoder.push(event)).join('') + encoder.end();
}

/** Runs the upstream's wire text through the verbatim road. */
export function relayStream(
  protocol: Protocol,
  wire: string,
  identity: ResponseIdentity = testIdentity(),
): { text: string; events: CompletionEvent[] } {
  const parser = new SseParser();
  const relay = protocol.passthrough.stream(identity);
  const chunks = [...parser.push(Buffer.from(wire)), ...parser.end()].map((frame) => relay.push(frame));
  chunks.push(relay.end());
  return {
    text: chunks.map((chunk) => chunk.text).join(''),
    events: chunks.flatMap((chunk) => chunk.events),
  };
}

/** A folded answer with its usage as it would be billed: no protocol must repeat a zero that means "none". */
export const comparable = ({ usage, ...rest }: FoldedStream) => ({
  ...rest,
  billed: Object.fromEntries(billableQuantities(usage)),
  reasoning: usage.output.reasoning || undefined,
});

/** The laws that every wire protocol keeps; call inside a `describe`. */
export function protocolLaws(protocol: Protocol, fixtures: ProtocolFixtures): void {
  responseLaws(protocol, fixtures);
  streamLaws(protocol, fixtures);
  errorLaws(protocol, fixtures);
}

function responseLaws(protocol: Protocol, fixtures: ProtocolFixtures): void {
  describe('an answer survives encode and decode', () => {
    it.each(fixtures.results)('$name', ({ result }) => {
      const decoded = protocol.decodeResponse(protocol.encodeResponse(result, testIdentity()));
      expect(comparable(foldResult(decoded))).toEqual(comparable(foldResult(result)));
    });
  });
  describe('an upstream body survives decode, encode and decode', () => {
    it.each(fixtures.responses)('$name', ({ body }) => {
      const once = protocol.decodeResponse(body);
      const twice = protocol.decodeResponse(protocol.encodeResponse(once, testIdentity()));
      expect(comparable(foldResult(twice))).toEqual(comparable(foldResult(once)));
    });
  });
  describe('a verbatim answer says what the decoded one says', () => {
    it.each(fixtures.responses)('$name', ({ body }) => {
      const passed = protocol.passthrough.response(JSON.stringify(body), testIdentity());
      expect(foldResult(passed.result)).toEqual(foldResult(protocol.decodeResponse(body)));
      const seen = protocol.decodeResponse(JSON.parse(passed.body) as JsonObject);
      expect(comparable(foldResult(seen))).toEqual(comparable(foldResult(passed.result)));
    });
  });
}

function streamLaws(protocol: Protocol, fixtures: ProtocolFixtures): void {
  describe.each(fixtures.streams)('stream: $name', ({ wire }) => {
    it('gives the same events at any chunk boundary', () => {
      const whole = decodeStream(protocol, wire);
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 40 }), (places) => {
          expect(decodeStream(protocol, wire, places)).toEqual(whole);
        }),
        { numRuns: 40 },
      );
    });
    it('brackets its blocks and finishes', () => {
      expect(eventOrderFaults(decodeStream(protocol, wire))).toEqual([]);
    });
    it('keeps content, finish and usage through encode and decode', () => {
      const events = decodeStream(protocol, wire);
      const again = decodeStream(protocol, encodeStream(protocol, events));
      expect(comparable(foldEvents(again))).toEqual(comparable(foldEvents(events)));
    });
    it('keeps content, finish and usage on the verbatim road', () => {
      const relayed = relayStream(protocol, wire);
      const direct = foldEvents(decodeStream(protocol, wire));
      expect(foldEvents(relayed.events)).toEqual(direct);
      expect(comparable(foldEvents(decodeStream(protocol, relayed.text)))).toEqual(comparable(direct));
    });
    it('cut in half never ends as a success', () => {
      const events = decodeStream(protocol, wire.slice(0, Math.floor(wire.length / 2)));
      expect(events.at(-1)?.type).toBe('error');
    });
  });
}

function errorLaws(protocol: Protocol, fixtures: ProtocolFixtures): void {
  const statuses = { ...STATUS_OF_KIND, ...fixtures.statuses };
  describe('an error keeps its status and message', () => {
    it.each(Object.entries(statuses) as [ErrorKind, number][])('%s is %i', (kind, status) => {
      const encoded = protocol.encodeError(new FaregateError(kind, 'What went wrong.'), 'req_1');
      expect(encoded.status).toBe(status);
      expect(protocol.decodeError(JSON.stringify(encoded.body)).message).toBe('What went wrong.');
    });
  });
  it('an error inside a stream ends it as a failure', () => {
    const wire = protocol.encodeStreamError(new FaregateError('upstream', 'It broke.'), 'req_1');
    const events = decodeStream(protocol, wire);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ type: 'error', failure: { message: 'It broke.' } });
  });
}
