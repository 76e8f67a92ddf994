import { formatNano } from '../../core/money.js';
import { publicId } from '../../core/ids.js';

/** Buying by itself when the balance gets low. */
export interface AutoTopUp {
  organizationId: string;
  walletId: string;
  currency: string;
  /** The balance less holds at or below which credit is bought. */
  thresholdNano: bigint;
  /** How much is bought each time, > 0. */
  amountNano: bigint;
  /** The most in one calendar month (UTC); null: no cap. */
  monthlyCapNano: bigint | null;
  enabled: boolean;
  /** Tries in a row that brought no money. */
  failures: number;
  /** Not before this; null: at once. */
  notBefore: Date | null;
}

const HOUR_MS = 3_600_000;
const BACK_OFF_MS = [HOUR_MS, 4 * HOUR_MS, 24 * HOUR_MS];

/** How long to wait after so many failures in a row (≥ 1): an hour, four, then a day. */
export const backOffMs = (failures: number): number =>
  BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length) - 1] ?? HOUR_MS;

/** What a wallet must look like for credit to be bought by itself. */
export interface AutoTopUpSituation {
  availableNano: bigint;
  walletActive: boolean;
  /** A top-up of the wallet has no outcome yet. */
  inFlight: boolean;
  /** Bought by itself this month, under way included. */
  boughtThisMonthNano: bigint;
  now: Date;
}

/** Whether to buy now. */
export function isDue(rule: AutoTopUp, situation: AutoTopUpSituation): boolean {
  if (!rule.enabled || !situation.walletActive || situation.inFlight) return false;
  if (rule.notBefore !== null && rule.notBefore > situation.now) return false;
  if (situation.availableNano > rule.thresholdNano) return false;
  return (
    rule.monthlyCapNano === null || situation.boughtThisMonthNano + rule.amountNano <= rule.monthlyCapNano
  );
}

/** The rule as the API shows it. */
export const autoTopUpView = (rule: AutoTopUp) => ({
  object: 'auto_top_up' as const,
  organization: publicId('organization', rule.organizationId),
  threshold: formatNano(rule.thresholdNano),
  amount: formatNano(rule.amountNano),
  monthly_cap: rule.monthlyCapNano === null ? null : formatNano(rule.monthlyCapNano),
  currency: rule.currency,
  enabled: rule.enabled,
  failures: rule.failures,
  not_before: rule.notBefore?.toISOString() ?? null,
});
