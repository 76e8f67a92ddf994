import { randomInt } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import { ResponseStream } from 'openai/lib/responses/ResponseStream';
import type { JsonObject } from '../../src/core/json.js';
import { asArray, asObject, asString, isObject } from '../../src/core/json.js';
import { billableQuantities } from '../../src/core/token-usage.js';
import { openaiResponses } from '../../src/protocols/openai-responses/index.js';
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
import { responsesEvents, responsesStreamFaults } from '../support/responses-order.js';
import { eventOrderFaults } from '../support/stream-order.js';

/** Two lines of this recording are not JSON. */
const UNREADABLE = 'openai/responses__parallel-tool-call-wrapper.1.chunks.txt';
const FAILED = 'openai/responses__openai-error.1.chunks.txt';
/** Errors and no answers. */
const REFUSALS = /error/;

const recordings = [
  ...recordingsOf('openai', /^responses__/),
  ...recordingsOf('xai', /^responses__/),
  ...recordingsOf('open-responses', /./),
];
const isStream = (name: string): boolean => name.endsWith('.chunks.txt');
/** Deltas were cut out of this recording, so that they do not add up to the text. */
const ABRIDGED = 'openai/responses__openai-shell-container.1.chunks.txt';
/** This one told the beginning of its texts in deltas and the rest at their end. */
const ABRIDGEMENT = 'the text differs from its deltas';
const BROKEN = [UNREADABLE, FAILED, ABRIDGED];
/** Some files hold the responses of several turns, one after the other. */
const streams = recordings
  .filter(({ name }) => isStream(name) && !BROKEN.includes(name))
  .flatMap((recording) => {
    const lines = recordedLines(recording);
    const starts = lines.flatMap((line, index) => (line.includes('"response.created"') ? [index] : []));
    return starts.map((start, turn) => ({
      name: `${recording.name} turn ${turn + 1}`,
      lines: lines.slice(start, starts[turn + 1]),
    }));
  });
const answers = recordings.filter(({ name }) => !isStream(name) && !REFUSALS.test(name));

const wireOf = (lines: readonly string[]): string =>
  lines
    .map((line) => `event: ${String((JSON.parse(line) as JsonObject)['type'])}\ndata: ${line}\n\n`)
    .join('');

/** What an answer says, read from its items in the plainest way. */
interface Said {
  text: string;
  thinking: string;
  calls: { name: string; arguments: string }[];
}

/** A call in a namespace goes by both names. */
const nameOf = (item: JsonObject): string =>
  [item['namespace'], item['name']].filter((name) => name !== undefined).join('__');

function saidByItems(output: readonly JsonObject[]): Said {
  const said: Said = { text: '', thinking: '', calls: [] };
  const texts = (list: unknown): string[] =>
    asArray(list)
      .filter(isObject)
      .map((part) => asString(part['text']) ?? '');
  for (const item of output) {
    if (item['type'] === 'message') said.text += texts(item['content']).join('');
    if (item['type'] === 'reasoning')
      said.thinking += texts(item['summary']).join('\n\n') || texts(item['content']).join('\n\n');
    if (item['type'] === 'function_call')
      said.calls.push({ name: nameOf(item), arguments: String(item['arguments']) });
    // xAI answers its searches on X by itself, and no request declared them.
    const isVendors = /^(x_|view_x_)/.test(String(item['name']));
    if (item['type'] === 'custom_tool_call' && !isVendors)
      said.calls.push({ name: String(item['name']), arguments: JSON.stringify({ input: item['input'] }) });
  }
  return said;
}

function saidByFold({ choices }: FoldedStream): Said {
  const said: Said = { text: '', thinking: '', calls: [] };
  for (const part of choices[0]?.content ?? []) {
    if (part.type === 'text') said.text += part.text;
    else if (part.type === 'thinking') said.thinking += part.text;
    else if (part.type === 'tool-call') said.calls.push({ name: part.name, arguments: part.arguments });
  }
  return said;
}

const itemsOf = (body: JsonObject): JsonObject[] => asArray(body['output']).filter(isObject);

const billedTokens = ({ usage }: FoldedStream): number =>
  billableQuantities(usage).reduce((sum, [name, count]) => sum + (name === 'search' ? 0 : count), 0);

const seed = Number(process.env['RECORDINGS_SEED'] ?? randomInt(1, 2 ** 31));

/** A small generator of repeatable cuts (Park and Miller). */
function cuts(count: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => (state = (state * 48_271) % 2_147_483_647));
}

/** What the stream helper of the official SDK makes of a wire text. */
function helped(wire: string) {
  const lines = responsesEvents(wire).map((event) => `${JSON.stringify(event)}\n`);
  return ResponseStream.fromReadableStream(ReadableStream.from(lines) as never).finalResponse();
}

describe(`recorded Responses streams (RECORDINGS_SEED=${seed})`, () => {
  it('are all there', () => expect(streams.length).toBeGreaterThanOrEqual(40));

  describe.each(streams)('$name', ({ name, lines }) => {
    const isAbridged = name.includes('openai-phase');
    const chunks = lines.map((line) => JSON.parse(line) as JsonObject);
    const wire = wireOf(lines);
    const events = decodeStream(openaiResponses, wire);
    const folded = foldEvents(events);
    const done = chunks.filter(({ type }) => type === 'response.output_item.done');
    const expected = saidByItems(done.map((event) => asObject(event['item']) ?? {}));
    const whole = asObject(chunks.at(-1)?.['response']) ?? {};

    it('says what its finished items say, and finishes', () => {
      expect(saidByFold(folded)).toEqual(expected);
      expect(folded.failure).toBeUndefined();
      expect(folded.choices[0]?.finishReason).toBe(expected.calls.length > 0 ? 'tool-calls' : 'stop');
      expect(eventOrderFaults(events)).toEqual([]);
    });
    it('gives the same events cut anywhere', () => {
      for (const size of [1, 7, 40]) expect(decodeStream(openaiResponses, wire, cuts(size))).toEqual(events);
    });
    it('bills the tokens that the recording totals', () => {
      expect(billedTokens(folded)).toBe(Number(asObject(whole['usage'])?.['total_tokens']));
    });
    it('row 74: reaches the client whole and in order, verbatim and translated', () => {
      const relayed = relayStream(openaiResponses, wire);
      expect(relayed.events).toEqual(events);
      const faults = responsesStreamFaults(relayed.text, { numbered: false });
      expect(faults.filter((fault) => !isAbridged || fault !== ABRIDGEMENT)).toEqual([]);
      const encoded = encodeStream(openaiResponses, events);
      expect(responsesStreamFaults(encoded)).toEqual([]);
      for (const text of [relayed.text, encoded]) {
        const again = foldEvents(decodeStream(openaiResponses, text));
        // Where the vendor counts no search, translated items look like searches all the same.
        if (folded.usage.searches === 0) again.usage.searches = 0;
        expect(comparable(again)).toEqual(comparable(folded));
      }
    });
    it('is taken by the strictest client, the stream helper of the official SDK', async () => {
      const relayed = relayStream(openaiResponses, wire).text;
      // The helper throws on this event of the vendor's own, whoever sends it.
      const isKnown = !wire.includes('apply_patch_call_operation_diff');
      for (const text of [encodeStream(openaiResponses, events), ...(isKnown ? [relayed] : [])]) {
        const answer = await helped(text);
        expect(answer.output_text).toBe(expected.text);
        expect(answer.output.filter(({ type }) => type === 'function_call')).toHaveLength(
          expected.calls.length -
            answer.output.filter(({ type }) => String(type) === 'custom_tool_call').length,
        );
        expect(answer.usage?.total_tokens).toBe(billedTokens(folded));
      }
    });
    it('without its last event is a failure', () => {
      const broken = wireOf(lines.slice(0, -1));
      expect(foldEvents(decodeStream(openaiResponses, broken)).failure).toBeDefined();
      expect(relayStream(openaiResponses, broken).text).not.toContain('response.completed');
    });
  });
});

describe('recorded Responses answers', () => {
  it('are all there', () => expect(answers.length).toBeGreaterThanOrEqual(30));

  describe.each(answers)('$name', ({ text }) => {
    const body = JSON.parse(text) as JsonObject;
    const folded = foldResult(openaiResponses.decodeResponse(body));

    it('says what its items say and bills what it totals', () => {
      expect(saidByFold(folded)).toEqual(saidByItems(itemsOf(body)));
      expect(billedTokens(folded)).toBe(Number(asObject(body['usage'])?.['total_tokens']));
    });
    it('reaches the client whole, verbatim and translated', () => {
      const passed = openaiResponses.passthrough.response(text, testIdentity());
      const encoded = openaiResponses.encodeResponse(openaiResponses.decodeResponse(body), testIdentity());
      for (const seen of [JSON.parse(passed.body) as JsonObject, encoded]) {
        expect(comparable(foldResult(openaiResponses.decodeResponse(seen)))).toEqual(comparable(folded));
        expect(seen).toMatchObject({
          id: testIdentity().id,
          created_at: 1_700_000_000,
          model: 'vendor/model-1',
          store: false,
        });
      }
    });
  });
});

describe('recorded searches', () => {
  const countedIn = (name: string): unknown => {
    const found = recordings.find((recording) => recording.name === name);
    if (!found) return undefined;
    if (!isStream(name))
      return openaiResponses.decodeResponse(JSON.parse(found.text) as JsonObject).usage.searches;
    return foldEvents(decodeStream(openaiResponses, wireOf(recordedLines(found)))).usage.searches;
  };

  it.each([
    ['openai/responses__openai-web-search-tool.1.json', 1],
    ['openai/responses__openai-web-search-tool.1.chunks.txt', 2],
    ['xai/responses__xai-web-search-tool.1.json', 1],
    ['xai/responses__xai-web-search-tool.1.chunks.txt', 1],
    // xAI shows searches on X as four web searches, and counts none.
    ['xai/responses__xai-x-search-tool.chunks.txt', 0],
  ])('%s holds %s', (name, count) => expect(countedIn(name)).toBe(count));
});

describe('recorded failures', () => {
  const named = (name: string) => recordings.find((recording) => recording.name === name)?.text ?? '';

  it('row 70: a quota that ran out inside a stream is a failure with its words', () => {
    const lines = named(FAILED)
      .split('\n')
      .filter((line) => line !== '');
    const folded = foldEvents(decodeStream(openaiResponses, wireOf(lines)));
    expect(folded.failure).toMatch(/quota/);
    expect(relayStream(openaiResponses, wireOf(lines)).text).toBe('');
  });
  it('an unreadable event is a failure, never half an answer', () => {
    const wire = named(UNREADABLE)
      .split('\n')
      .map((line) => `data: ${line}\n\n`)
      .join('');
    expect(foldEvents(decodeStream(openaiResponses, wire)).failure).toMatch(/unreadable/);
  });
  it.each([
    'openai/responses__openai-error.1.json',
    'openai/responses__reasoning-model-temperature-error.json',
  ])('%s keeps its message and type', (name) => {
    const { error } = JSON.parse(named(name)) as { error: { message: string; type: string } };
    expect(openaiResponses.decodeError(named(name))).toMatchObject({
      message: error.message,
      type: error.type,
    });
  });
});
