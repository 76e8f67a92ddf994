/** A wish to set money aside for one call. */
export interface HoldRequest {
  /** UUID of the request; the hold has the same id. */
  requestId: string;
  apiKeyId: string;
  amountNano: bigint;
  protocol: string;
  streamed: boolean;
  modelRequested: string;
  modelId: string;
  deploymentId: string;
  providerId: string;
  /** Instant of the database's clock whose prices apply, epoch milliseconds. */
  pricedAtMs: number;
}

/** Why a hold was not placed, or that it was. */
export type HoldOutcome =
  | 'placed'
  | 'key_unknown'
  | 'key_revoked'
  | 'key_expired'
  | 'organization_suspended'
  | 'wallet_blocked'
  | 'payment_method_required'
  | 'insufficient_balance'
  | 'in_flight'
  | 'budget_exceeded';

/** What became of the wish for one hold. */
export interface HoldAnswer {
  outcome: HoldOutcome;
  /** What the wallet could still give when the wish was refused, in nano of its currency; 0 when it was placed. */
  availableNano: bigint;
}

/**
 * Where holds come from. A port, so that a process may one day lease credit ahead; whoever implements it must
 * never let the sum of open holds exceed what the wallet has.
 */
export abstract class HoldPort {
  /** Rejects when nobody can say (database away); then nothing is held. */
  abstract place(hold: HoldRequest): Promise<HoldAnswer>;
}
