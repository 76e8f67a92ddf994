import type { ComparedRow } from './comparison.js';

/** Why a difference may be open. */
export type Cause = 'not_in_books' | 'not_in_statement' | 'price' | 'unexplained';

/** A row with what is to be said of it. */
export interface JudgedRow extends ComparedRow {
  status: 'matched' | 'explained' | 'open';
  /** Null unless open. */
  cause: Cause | null;
}

/** Up to what open differences are let pass. */
export interface Tolerance {
  /** Parts per million of what is stated. */
  ppm: bigint;
  /** Nano of the statement's currency. */
  costNano: bigint;
}

/** One per cent, and one unit of the currency. */
export const DEFAULT_TOLERANCE: Tolerance = { ppm: 10_000n, costNano: 1_000_000_000n };

/** What a comparison comes to. */
export interface Verdict {
  rows: JudgedRow[];
  agreed: boolean;
  /** Sum of what is open, each row without its sign: differences do not cancel out. */
  openQuantity: bigint;
  openCostNano: bigint;
  /** Null: no line states it. */
  statedQuantity: bigint | null;
  statedCostNano: bigint | null;
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/**
 * Judges a comparison. It is agreed while what is open of the cost is neither above the share of the stated cost nor above
 * the amount; a statement without costs, while what is open of the quantities is not above the share.
 */
export function judge(compared: readonly ComparedRow[], tolerance: Tolerance): Verdict {
  const rows = compared.map(judgeRow);
  const total = (measure: 'quantity' | 'cost', figure: 'stated' | 'open'): bigint | null => {
    const results = rows.map((row) => row[measure]).filter((result) => result !== null);
    if (results.length === 0) return null;
    return results.reduce((sum, result) => sum + (figure === 'open' ? abs(result.open) : result.stated), 0n);
  };
  const openQuantity = total('quantity', 'open') ?? 0n;
  const openCostNano = total('cost', 'open') ?? 0n;
  const [statedQuantity, statedCostNano] = [total('quantity', 'stated'), total('cost', 'stated')];
  const within = (open: bigint, stated: bigint) => open * 1_000_000n <= abs(stated) * tolerance.ppm;
  const agreed =
    statedCostNano === null
      ? within(openQuantity, statedQuantity ?? 0n)
      : within(openCostNano, statedCostNano) && openCostNano <= tolerance.costNano;
  return { rows, agreed, openQuantity, openCostNano, statedQuantity, statedCostNano };
}

function judgeRow(row: ComparedRow): JudgedRow {
  const results = [row.quantity, row.cost].filter((result) => result !== null);
  if (results.every(({ open }) => open === 0n)) {
    const isMatched = results.every(({ explained }) => explained.length === 0);
    return { ...row, status: isMatched ? 'matched' : 'explained', cause: null };
  }
  return { ...row, status: 'open', cause: causeOf(row, results) };
}

function causeOf(row: ComparedRow, results: { stated: bigint; booked: bigint }[]): Cause {
  if (results.every(({ booked }) => booked === 0n)) return 'not_in_books';
  if (results.every(({ stated }) => stated === 0n)) return 'not_in_statement';
  return row.quantity?.open === 0n && row.cost !== null && row.cost.open !== 0n ? 'price' : 'unexplained';
}
