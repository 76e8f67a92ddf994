import type { TokenClass } from '../../core/token-usage.js';
import type { BookedCall, Measure } from './booked.js';
import type { ComparedRow, MeasureResult } from './comparison.js';
import type { Reason } from './explain.js';
import { statedClasses, type StatedLine } from './statement.js';

/**
 * Compares call by call what a statement says of calls it names. A call that asked the provider several times is compared as
 * one. An id the books do not know is a row of its own.
 */
export function compareCalls(lines: readonly StatedLine[], booked: readonly BookedCall[]): ComparedRow[] {
  const classOf = statedClasses(lines);
  const byRef = new Map(
    booked.map((call) => {
      const classes = call.classes.map((one) => ({ ...one, tokenClass: classOf(one.tokenClass) }));
      return [call.ref, { ...call, classes }] as const;
    }),
  );
  const groups = new Map<string, StatedLine[]>();
  for (const line of lines) {
    const id = byRef.get(line.ref ?? '')?.requestId ?? `?${line.ref ?? ''}`;
    groups.set(id, [...(groups.get(id) ?? []), line]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first ? compareCall(group, byRef.get(first.ref ?? '')) : [];
  });
}

function compareCall(lines: readonly StatedLine[], call: BookedCall | undefined): ComparedRow[] {
  const isWhole = lines.some(({ tokenClass }) => tokenClass === null);
  const classes = new Set<TokenClass | null>(
    isWhole
      ? [null]
      : [
          ...lines.map(({ tokenClass }) => tokenClass),
          ...(call?.classes ?? [])
            .map(({ tokenClass }) => tokenClass)
            .filter((name) => !name.startsWith('search')),
        ],
  );
  return [...classes].map((tokenClass) => {
    const stated = lines.filter((line) => isWhole || line.tokenClass === tokenClass);
    const ours = (call?.classes ?? []).filter((one) => isWhole || one.tokenClass === tokenClass);
    const figure = (measure: Measure) => compareFigure(measure, { stated, all: lines, ours }, call);
    const [first] = lines;
    return {
      day: first?.day ?? '',
      ref: first?.ref ?? null,
      model: call?.model ?? first?.model ?? null,
      tokenClass,
      quantity: figure('quantity'),
      cost: figure('cost'),
    };
  });
}

interface Sides {
  stated: readonly StatedLine[];
  /** All lines of the call: a measure stated in one class is stated in all. */
  all: readonly StatedLine[];
  ours: BookedCall['classes'];
}

function compareFigure(
  measure: Measure,
  { stated, all, ours }: Sides,
  call: BookedCall | undefined,
): MeasureResult | null {
  const of = (line: StatedLine) => (measure === 'quantity' ? line.quantity : line.costNano);
  if (all.every((line) => of(line) === null)) return null;
  const sum = stated.reduce((total, line) => total + (of(line) ?? 0n), 0n);
  const booked = ours.reduce(
    (total, one) => total + (measure === 'quantity' ? one.quantity : one.sameCurrency ? one.costNano : 0n),
    0n,
  );
  const rest = sum - booked;
  const rounding =
    measure === 'quantity'
      ? 0n
      : stated.reduce((total, line) => total + line.roundingNano, BigInt(ours.length));
  const reason = rest === 0n ? null : reasonOf({ measure, rest, rounding, ours }, call);
  return {
    stated: sum,
    booked,
    explained: reason === null ? [] : [{ reason, amount: rest }],
    open: reason === null ? rest : 0n,
  };
}

/** Why a call that is known may differ; null: nothing explains it. */
function reasonOf(
  {
    measure,
    rest,
    rounding,
    ours,
  }: { measure: Measure; rest: bigint; rounding: bigint; ours: BookedCall['classes'] },
  call: BookedCall | undefined,
): Reason | null {
  if (rest <= rounding && -rest <= rounding) return 'rounding';
  if (!call) return null;
  if (!call.served && rest > 0n) return call.charged ? 'retries' : 'abandoned';
  if (!call.charged && rest > 0n) return 'abandoned';
  if (call.estimated) return 'estimated_usage';
  if (measure === 'cost' && ours.some((one) => !one.sameCurrency)) return 'other_currency';
  return null;
}
