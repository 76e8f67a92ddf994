import { divideRounded, nanoPerMinor, roundToMinor } from '../../core/currency.js';
import type { Tax } from './tax/tax-decision.js';

/** An exact line: nano, below zero where it takes off. */
export interface ExactLine {
  amountNano: bigint;
  tax: Tax;
}

/** A line in minor units, less than one of them away from its exact amount. */
export type RoundedLine<Line extends ExactLine> = Line & { amountMinor: bigint };

/** All lines with the same tax. */
export interface TaxGroup extends Tax {
  baseMinor: bigint;
  taxMinor: bigint;
}

/** Lines and their sums, all in minor units; total = net + tax. */
export interface RoundedLines<Line extends ExactLine> {
  lines: RoundedLine<Line>[];
  groups: TaxGroup[];
  netMinor: bigint;
  taxMinor: bigint;
  totalMinor: bigint;
}

const PPM = 1_000_000n;

/** The tax on a base, rounded once, half away from zero (EN 16931, BR-CO-17). */
export const taxOn = (baseMinor: bigint, ratePpm: number): bigint =>
  divideRounded(baseMinor * BigInt(ratePpm), PPM);

/**
 * Exact lines in whole minor units. Each tax group rounds its exact sum once; its lines get shares by largest
 * remainder, so that they add up to the group.
 */
export function roundLines<Line extends ExactLine>(
  lines: readonly Line[],
  currency: string,
): RoundedLines<Line> {
  const rounded = lines.map((line): RoundedLine<Line> => ({ ...line, amountMinor: 0n }));
  const byTax = new Map<string, RoundedLine<Line>[]>();
  for (const line of rounded) {
    const key = `${line.tax.category}|${line.tax.ratePpm}`;
    byTax.set(key, [...(byTax.get(key) ?? []), line]);
  }
  const groups = [...byTax.values()].map((group) => roundGroup(group, currency));
  const netMinor = sum(groups.map((group) => group.baseMinor));
  const taxMinor = sum(groups.map((group) => group.taxMinor));
  return { lines: rounded, groups, netMinor, taxMinor, totalMinor: netMinor + taxMinor };
}

function roundGroup<Line extends ExactLine>(lines: RoundedLine<Line>[], currency: string): TaxGroup {
  const [first] = lines;
  if (!first) throw new Error('a tax group needs a line');
  const baseMinor = roundToMinor(sum(lines.map((line) => line.amountNano)), currency);
  const unit = nanoPerMinor(currency);
  const shares = lines.map((line, index) => {
    const floor = floorDivide(line.amountNano, unit);
    return { line, index, floor, rest: line.amountNano - floor * unit };
  });
  let open = baseMinor - sum(shares.map((share) => share.floor));
  const byRest = [...shares].sort((a, b) =>
    a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1,
  );
  for (const { line, floor } of byRest) {
    const more = open > 0n ? 1n : 0n;
    line.amountMinor = floor + more;
    open -= more;
  }
  return { ...first.tax, baseMinor, taxMinor: taxOn(baseMinor, first.tax.ratePpm) };
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}
