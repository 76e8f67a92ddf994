import type { TokenClass } from '../../core/token-usage.js';
import type { Booked } from './booked.js';
import { compareStatement } from './compare.js';
import type { StatedLine } from './statement.js';

const DAY = '2026-11-01';
const stated = (tokenClass: TokenClass, quantity: bigint, ref: string | null = null): StatedLine => ({
  day: DAY,
  ref,
  model: 'm',
  tokenClass,
  quantity,
  costNano: null,
  roundingNano: 0n,
});
const OURS: [TokenClass, bigint][] = [
  ['input', 60n],
  ['audio_input', 40n],
  ['output', 10n],
  ['audio_output', 5n],
];
const none = { quantity: 0n, cost: 0n };
const booked: Booked = {
  usage: OURS.map(([tokenClass, quantity]) => ({
    day: DAY,
    model: 'm',
    tokenClass,
    sum: { quantity, cost: 0n },
    lines: 1n,
    largest: { quantity, cost: 0n },
    estimated: none,
    toPrevious: none,
    toNext: none,
    otherCurrency: 0n,
  })),
  unserved: [],
  unbilled: [],
  calls: [
    {
      ref: 'c1',
      requestId: 'r1',
      served: true,
      charged: true,
      estimated: false,
      model: 'm',
      classes: OURS.map(([tokenClass, quantity]) => ({
        tokenClass,
        quantity,
        costNano: 0n,
        sameCurrency: true,
      })),
    },
  ],
  accruedCostNano: 0n,
  unbilledCostNano: 0n,
};
/** Calls that the statement names are no part of the sums. */
const booksFor = (lines: StatedLine[]): Booked => ({
  ...booked,
  usage: lines.some(({ ref }) => ref === null) ? booked.usage : [],
});
const compared = (lines: StatedLine[]) =>
  compareStatement({ lines, currency: null, firstDay: DAY, lastDay: DAY }, booksFor(lines)).map(
    ({ tokenClass, quantity }) => [tokenClass, quantity?.stated, quantity?.booked, quantity?.open],
  );

describe.each([null, 'c1'])('sound in the books (call: %s)', (ref) => {
  it('is compared with the input and output of a statement that does not tell it apart', () => {
    expect(compared([stated('input', 100n, ref), stated('output', 15n, ref)])).toEqual([
      ['input', 100n, 100n, 0n],
      ['output', 15n, 15n, 0n],
    ]);
  });

  it('is compared by itself where the statement names it', () => {
    const lines = [stated('input', 60n, ref), stated('audio_input', 41n, ref), stated('output', 15n, ref)];
    const rows = compared(lines);
    expect(rows).toHaveLength(3);
    expect(rows).toContainEqual(['input', 60n, 60n, 0n]);
    expect(rows).toContainEqual(['audio_input', 41n, 40n, 1n]);
    expect(rows).toContainEqual(['output', 15n, 15n, 0n]);
  });
});
