import type { Principal } from '../auth/principal.js';
import type { CatalogModel, Deployment } from '../catalog/model.js';
import type { PriceSheet } from '../catalog/price.js';
import type { Media } from '../protocols/media.js';
import type { RateLimitAnswer } from './rate-limit-port.js';

/** One deployment that may serve a call, with the prices that hold when it does. */
export interface Candidate {
  model: CatalogModel;
  deployment: Deployment;
  /** What the customer pays when this candidate serves. */
  listPrices: PriceSheet;
  /** What its provider takes from us. */
  costPrices: PriceSheet;
  /** Output limit of one answer that the hold pays for here; the upstream must be told it when it is below the caller's own. */
  maxOutputTokens: number;
}

/** Permission for one call: its money is held, its prices are fixed. Must be settled exactly once. */
export interface Ticket {
  /** UUID of the request and of its hold. */
  requestId: string;
  principal: Principal;
  modelRequested: string;
  /** Who may serve, the first choice first; the hold covers the dearest of them. */
  candidates: readonly [Candidate, ...Candidate[]];
  /** The call's share of its limits, to be ended with the call. Absent where nothing is limited. */
  rateLimits?: RateLimitAnswer | undefined;
  /** Searches that the gateway may run for the call; the hold pays for them. */
  ownSearches: number;
  /** True when the balance only paid for less output than was asked for. */
  clamped: boolean;
  /** Bytes of the request body, and what of it is no text, for an estimate where the vendor does not report input. */
  bodyBytes: number;
  media: Media;
  streamed: boolean;
  /** Instant of the database's clock whose prices apply, epoch milliseconds: when the process last saw them all. */
  pricedAtMs: number;
  /** Wall clock, epoch milliseconds. */
  startedAtMs: number;
  /** Monotonic milliseconds. */
  startedAt: number;
}
