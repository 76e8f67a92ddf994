import fc from 'fast-check';
import { emptyUsage } from '../core/token-usage.js';
import type { CompletionEvent, CompletionResult } from '../protocols/completion.js';
import type { StreamDecoder } from '../protocols/protocol.js';
import { cutAtStop, StopKeeper } from './stop-keeper.js';

const EVENT = { data: '' };

/** A decoder that says one of these each time it is pushed. */
const saying = (groups: CompletionEvent[][]): StreamDecoder => ({
  push: () => groups.shift() ?? [],
  end: () => [],
});

/** Everything that is said of a text in these pieces, with usage and finish behind it. */
function keep(pieces: string[], sequences: string[], cancels = false) {
  const groups: CompletionEvent[][] = [
    [{ type: 'start' }, { type: 'text-start', block: 0 }],
    ...pieces.map((text): CompletionEvent[] => [{ type: 'text-delta', block: 0, text }]),
    [
      { type: 'text-end', block: 0 },
      { type: 'finish', reason: 'length' },
      { type: 'usage', usage: { input: { noCache: 3 }, output: { total: 9 } } },
    ],
  ];
  const estimate = () => ({ input: { noCache: 1 }, output: { total: 1 } });
  const keeper = new StopKeeper(saying([...groups]), { sequences, cancels }, estimate);
  const events: CompletionEvent[] = [];
  for (let pushed = 0; pushed < groups.length && !keeper.isComplete; pushed++)
    events.push(...keeper.push(EVENT));
  events.push(...keeper.end());
  const text = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
  return { events, text, finish: events.find(({ type }) => type === 'finish') };
}

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 3,
});

describe('row 31: stop sequences that the gateway keeps', () => {
  it('row 31: a text in any pieces ends where the first sequence is complete, as in one piece', () => {
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 6 }), stops, fc.boolean(), (pieces, sequences, cancels) => {
        const whole = pieces.join('');
        // By hand: the shortest beginning of the text that ends with a sequence.
        let expected: { text: string; sequence?: string } = { text: whole };
        for (let length = 1; length <= whole.length && expected.sequence === undefined; length++) {
          const beginning = whole.slice(0, length);
          const [sequence] = sequences
            .filter((one) => beginning.endsWith(one))
            .toSorted((a, b) => b.length - a.length);
          if (sequence !== undefined) expected = { text: beginning.slice(0, -sequence.length), sequence };
        }
        const { text, finish } = keep(pieces, sequences, cancels);
        expect(text).toBe(expected.text);
        expect(finish).toMatchObject(
          expected.sequence === undefined
            ? { reason: 'length' }
            : { reason: 'stop', stopSequence: expected.sequence },
        );
        const content = [{ type: 'text' as const, text: whole }];
        const result: CompletionResult = {
          choices: [{ content, finishReason: 'length' }],
          usage: emptyUsage(),
        };
        const [choice] = cutAtStop(result, sequences).choices;
        const [part] = choice?.content ?? [];
        expect(part?.type === 'text' ? part.text : '').toBe(expected.text);
        expect(choice?.stopSequence).toBe(expected.sequence);
      }),
      { numRuns: 500 },
    );
  });

  it('row 31: of two sequences that end together the longer is kept, whichever is named first', () => {
    for (const sequences of [
      ['b', 'ab'],
      ['ab', 'b'],
    ])
      expect(keep(['cab'], sequences)).toMatchObject({
        text: 'c',
        finish: { reason: 'stop', stopSequence: 'ab' },
      });
  });

  it('row 31: nothing that cannot be the beginning of a sequence is held back', () => {
    const keeper = new StopKeeper(
      saying([
        [
          { type: 'text-start', block: 0 },
          { type: 'text-delta', block: 0, text: 'one EN' },
        ],
        [{ type: 'text-delta', block: 0, text: 'TER' }],
      ]),
      { sequences: ['END'], cancels: true },
      emptyUsage,
    );
    expect(keeper.push(EVENT)).toContainEqual({ type: 'text-delta', block: 0, text: 'one ' });
    const next = keeper.push(EVENT);
    expect(next.map((event) => (event.type === 'text-delta' ? event.text : '')).join('')).toBe('ENTER');
  });

  it('row 31: an upstream that is read on is charged by its report, one that is cancelled by an estimate', () => {
    expect(keep(['x END y'], ['END'], false).events.at(-1)).toEqual({
      type: 'usage',
      usage: { input: { noCache: 3 }, output: { total: 9 } },
    });
    expect(keep(['x END y', 'z'], ['END'], true).events.at(-1)).toMatchObject({
      type: 'usage',
      estimated: true,
    });
  });

  it('row 31: an answer that stops at once has no empty block', () => {
    const { events } = keep(['END'], ['END'], true);
    expect(events.map(({ type }) => type)).toEqual(['start', 'finish', 'usage']);
  });

  it('row 31: blocks that were open end once, and each before the finish', () => {
    const { events } = keep(['before END after', ' more'], ['END'], false);
    expect(events.map(({ type }) => type)).toEqual([
      'start',
      'text-start',
      'text-delta',
      'text-end',
      'finish',
      'usage',
    ]);
  });

  it('row 31: log probabilities stay with their own text', () => {
    const deltas = ['a ', 'EN', 'DLESS'].map((text, index): CompletionEvent[] => [
      { type: 'text-delta', block: 0, text, logprobs: [index] },
    ]);
    const keeper = new StopKeeper(saying(deltas), { sequences: ['END!'], cancels: false }, emptyUsage);
    const events = [keeper.push(EVENT), keeper.push(EVENT), keeper.push(EVENT)].flat();
    expect(events).toEqual([
      { type: 'text-delta', block: 0, text: 'a ', logprobs: [0] },
      { type: 'text-delta', block: 0, text: 'EN', logprobs: [1] },
      { type: 'text-delta', block: 0, text: 'DLESS', logprobs: [2] },
    ]);
  });

  it('row 31: a failure after the stop does not spoil the answer', () => {
    const failure = { kind: 'upstream' as const, message: 'gone' };
    const keeper = new StopKeeper(
      saying([
        [{ type: 'text-start', block: 0 }],
        [{ type: 'text-delta', block: 0, text: 'x END' }],
        [{ type: 'error', failure }],
      ]),
      { sequences: ['END'], cancels: false },
      emptyUsage,
    );
    const events = [keeper.push(EVENT), keeper.push(EVENT), keeper.push(EVENT)].flat();
    expect(events.map(({ type }) => type)).toEqual([
      'text-start',
      'text-delta',
      'text-end',
      'finish',
      'usage',
    ]);
  });

  it('row 31: citations of what was cut off go with it', () => {
    const citation = (end: number) => ({
      type: 'url_citation',
      url_citation: { url: 'u', title: 't', start_index: 0, end_index: end },
    });
    const cut = cutAtStop(
      {
        choices: [
          {
            content: [{ type: 'text', text: 'one END two', citations: [citation(3), citation(11)] }],
            finishReason: 'stop',
          },
        ],
        usage: emptyUsage(),
      },
      ['END'],
    );
    expect(cut.choices[0]?.content).toEqual([{ type: 'text', text: 'one ', citations: [citation(3)] }]);
  });
});
