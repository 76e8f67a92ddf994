import type { TokenClass } from '../../core/token-usage.js';
import type { Explained } from './explain.js';

/** A measure of one row: both figures and what is said of their difference. */
export interface MeasureResult extends Explained {
  stated: bigint;
  booked: bigint;
}

/** One place of the comparison: a day, model and class, or less where the statement says less, or a call. */
export interface ComparedRow {
  day: string;
  ref: string | null;
  model: string | null;
  tokenClass: TokenClass | null;
  quantity: MeasureResult | null;
  cost: MeasureResult | null;
}
