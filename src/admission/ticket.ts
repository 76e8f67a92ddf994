import type { Principal } from '../auth/principal.js';
import type { CatalogModel, Deployment } from '../catalog/model.js';
import type { PriceSheet } from '../catalog/price.js';
import type { RateLimitAnswer } from './rate-limit-port.js';

/** Permission for one call: its money is held, its prices are fixed. Must be settled exactly once. */
export interface Ticket {
  /** UUID of the request and of its hold. */
  requestId: string;
  principal: Principal;
  model: CatalogModel;
  modelRequested: string;
  deployment: Deployment;
  listPrices: PriceSheet;
  costPrices: PriceSheet;
  /** The call's share of its key's limits, to be ended with the call. Absent for a key without limits. */
  rateLimits?: RateLimitAnswer | undefined;
  /** Output limit the hold pays for; the upstream must be told it when it is below the caller's own. */
  maxOutputTokens: number;
  /** True when the balance only paid for less output than was asked for. */
  clamped: boolean;
  /** Bytes of the request body, for an estimate where the vendor does not report input. */
  bodyBytes: number;
  streamed: boolean;
  /** Instant of the database's clock whose prices apply, epoch milliseconds. */
  pricedAtMs: number;
  /** Wall clock, epoch milliseconds. */
  startedAtMs: number;
  /** Monotonic milliseconds. */
  startedAt: number;
}
