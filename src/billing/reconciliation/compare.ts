import type { TokenClass } from '../../core/token-usage.js';
import {
  MEASURES,
  noFigures,
  type Booked,
  type BookedUsage,
  type Measure,
  type UnbilledCosts,
} from './booked.js';
import { compareCalls } from './compare-calls.js';
import { explain, type Compared, type Explanation } from './explain.js';
import type { ComparedRow, MeasureResult } from './comparison.js';
import { modelNames } from './model-names.js';
import { statedClasses, type StatedLine, type Statement } from './statement.js';

const SEP = '\u0000';

/** Compares a statement with the books. Every figure of either is in exactly one row of its measure. */
export function compareStatement({ lines, firstDay, lastDay }: Statement, booked: Booked): ComparedRow[] {
  const nameOf = modelNames([...booked.usage, ...booked.calls, ...booked.unbilled].map(({ model }) => model));
  const named = lines.map((line) => ({ ...line, model: line.model === null ? null : nameOf(line.model) }));
  const sums = named.filter(({ ref }) => ref === null);
  const calls = named.filter(({ ref }) => ref !== null);
  const rows = new Map<string, ComparedRow>();
  for (const measure of MEASURES) {
    if (!named.some((line) => statedIn(line, measure) !== null)) continue;
    for (const { key, day, result } of compareSums(measure, sums, booked, { firstDay, lastDay })) {
      const id = [day, key.model ?? '', key.tokenClass ?? ''].join(SEP);
      const row = rows.get(id) ?? { day, ref: null, ...key, quantity: null, cost: null };
      rows.set(id, { ...row, [measure]: result });
    }
  }
  const found = [...rows.values()].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
  return [...found, ...compareCalls(calls, booked.calls)];
}

const statedIn = (line: StatedLine, measure: Measure): bigint | null =>
  measure === 'quantity' ? line.quantity : line.costNano;

interface Key {
  model: string | null;
  tokenClass: TokenClass | null;
}

/** A model is compared as finely as the statement divides it: what it sums up is summed up here too. */
function keysOf(
  measure: Measure,
  lines: readonly StatedLine[],
): (model: string, tokenClass: TokenClass) => Key {
  const stated = lines.filter((line) => statedIn(line, measure) !== null);
  if (stated.some(({ model }) => model === null)) return () => ({ model: null, tokenClass: null });
  const whole = new Set(stated.filter(({ tokenClass }) => tokenClass === null).map(({ model }) => model));
  const classOf = statedClasses(stated);
  return (model, tokenClass) => ({ model, tokenClass: whole.has(model) ? null : classOf(tokenClass) });
}

interface Series {
  key: Key;
  days: Map<string, { stated: bigint; rounding: bigint; usage: BookedUsage[] }>;
}

interface Span {
  firstDay: string;
  lastDay: string;
}

function* compareSums(
  measure: Measure,
  lines: readonly StatedLine[],
  booked: Booked,
  span: Span,
): Generator<{ key: Key; day: string; result: MeasureResult }> {
  // A cost that explains one series explains no other.
  const unbilled = booked.unbilled.map((one) => ({ ...one }));
  for (const { key, days } of gather(measure, lines, booked.usage).values()) {
    const inside = [...days.keys()].filter((day) => day >= span.firstDay && day <= span.lastDay).sort();
    const compared = inside.map((day) => comparedDay(measure, day, { key, days }, { ...booked, unbilled }));
    const at = (side: 'toNext' | 'toPrevious', isOutside: (day: string) => boolean): bigint =>
      [...days]
        .filter(([day]) => isOutside(day))
        .flatMap(([, { usage }]) => usage)
        .reduce((sum, usage) => sum + usage[side][measure], 0n);
    const before = at('toNext', (day) => day < span.firstDay);
    const after = at('toPrevious', (day) => day > span.lastDay);
    const around = {
      before: inside[0] === span.firstDay ? before : 0n,
      after: inside.at(-1) === span.lastDay ? after : 0n,
    };
    for (const [index, explained] of explain(compared, around).entries()) {
      const { day, stated, booked: ours } = compared[index] as Compared;
      useUp(unbilled.filter(isAt(key, day)), explained.explained);
      yield { key, day, result: { stated, booked: ours, ...explained } };
    }
  }
}

/** The figures of both sides, by key and day. Searches the gateway runs itself are compared only where they are stated. */
function gather(
  measure: Measure,
  lines: readonly StatedLine[],
  usage: readonly BookedUsage[],
): Map<string, Series> {
  const keyOf = keysOf(measure, lines);
  const series = new Map<string, Series>();
  const dayOf = (key: Key, day: string) => {
    const id = `${key.model ?? ''}${SEP}${key.tokenClass ?? ''}`;
    const found = series.get(id) ?? { key, days: new Map() };
    series.set(id, found);
    const entry = found.days.get(day) ?? { stated: 0n, rounding: 0n, usage: [] };
    found.days.set(day, entry);
    return entry;
  };
  for (const line of lines) {
    const stated = statedIn(line, measure);
    if (stated === null) continue;
    const isWhole = line.model === null || line.tokenClass === null;
    const key = isWhole
      ? keyOf(line.model ?? '', 'input')
      : keyOf(line.model ?? '', line.tokenClass ?? 'input');
    const entry = dayOf(key, line.day);
    entry.stated += stated;
    if (measure === 'cost') entry.rounding += line.roundingNano;
  }
  const statesSearches = lines.some(({ tokenClass }) => tokenClass === 'search');
  for (const one of usage) {
    if (one.tokenClass.startsWith('search') && !statesSearches) continue;
    dayOf(keyOf(one.model, one.tokenClass), one.day).usage.push(one);
  }
  return series;
}

const isAt =
  ({ model }: Key, day: string) =>
  (one: { day: string; model: string }): boolean =>
    one.day === day && (model === null || one.model === model);

/** Takes what explained a difference off what is left to explain others. */
function useUp(left: UnbilledCosts[], explained: readonly Explanation[]): void {
  let used = explained.find(({ reason }) => reason === 'unbilled')?.amount ?? 0n;
  for (const one of left) {
    const part = one.cost < used ? one.cost : used;
    one.cost -= part;
    used -= part;
  }
}

/** The figures of one day and the most that each reason can explain of their difference. */
function comparedDay(measure: Measure, day: string, { key, days }: Series, booked: Booked): Compared {
  const { stated, rounding, usage } = days.get(day) ?? { stated: 0n, rounding: 0n, usage: [] };
  const total = usage.reduce((sum, one) => addUsage(sum, one), emptyUsage());
  const all = [...days.values()].flatMap(({ usage: ones }) => ones);
  const largest = all.reduce((most, { largest: one }) => (one[measure] > most ? one[measure] : most), 0n);
  const unserved = booked.unserved.filter(isAt(key, day));
  const unbilled = booked.unbilled.filter(isAt(key, day)).reduce((sum, { cost }) => sum + cost, 0n);
  const times = (field: 'retries' | 'abandoned') =>
    unserved.reduce((sum, one) => sum + one[field], 0n) * largest;
  // What customers of other currencies used costs what the rest costs.
  const sameCurrency = total.sum.quantity - total.otherCurrency;
  const otherCurrency =
    measure === 'quantity' || total.otherCurrency === 0n
      ? 0n
      : sameCurrency > 0n
        ? (total.sum.cost * total.otherCurrency) / sameCurrency + 1n
        : stated > 0n
          ? stated
          : 0n;
  return {
    day,
    stated,
    booked: total.sum[measure],
    toPrevious: total.toPrevious[measure],
    toNext: total.toNext[measure],
    otherCurrency,
    estimated: total.estimated[measure],
    unbilled: measure === 'cost' ? unbilled : 0n,
    retries: times('retries'),
    abandoned: times('abandoned'),
    rounding: measure === 'cost' ? rounding + total.lines : 0n,
  };
}

type Totals = Pick<BookedUsage, 'sum' | 'estimated' | 'toPrevious' | 'toNext' | 'otherCurrency' | 'lines'>;

const emptyUsage = (): Totals => ({
  sum: noFigures(),
  estimated: noFigures(),
  toPrevious: noFigures(),
  toNext: noFigures(),
  otherCurrency: 0n,
  lines: 0n,
});

function addUsage(one: Totals, other: Totals): Totals {
  const add = (field: 'sum' | 'estimated' | 'toPrevious' | 'toNext') => ({
    quantity: one[field].quantity + other[field].quantity,
    cost: one[field].cost + other[field].cost,
  });
  return {
    sum: add('sum'),
    estimated: add('estimated'),
    toPrevious: add('toPrevious'),
    toNext: add('toNext'),
    otherCurrency: one.otherCurrency + other.otherCurrency,
    lines: one.lines + other.lines,
  };
}
