import { divideRounded } from '../../../core/currency.js';
import { FaregateError } from '../../../core/errors.js';
import { publicId } from '../../../core/ids.js';
import { formatNano } from '../../../core/money.js';

/**
 * What a customer has promised to use each calendar month; what a month lacks is charged on its invoice. Days are those
 * of the organization's time zone, written "2027-01-31"; such texts compare as their days do.
 */
export interface Commitment {
  /** UUID. */
  id: string;
  organizationId: string;
  /** That of the organization. */
  currency: string;
  /** For a whole month, > 0. */
  amountNano: bigint;
  /** First day in it. */
  validFrom: string;
  /** First day no longer in it; null: until it is ended. The same as the first: it never held. */
  validUntil: string | null;
  createdAt: Date;
}

/** A calendar month that lies under commitments, wholly or in part, with what was used of it. */
export interface CommittedMonth {
  daysInMonth: number;
  /** How many days of the month each commitment covers; together no more than the month has. */
  parts: readonly { amountNano: bigint; days: number }[];
  /** What its covered days were charged, whoever paid; below zero when more was taken back. */
  usageNano: bigint;
}

/** What a month's days under commitment were promised to bring, rounded once, half up. */
export const committedNano = ({
  daysInMonth,
  parts,
}: Pick<CommittedMonth, 'daysInMonth' | 'parts'>): bigint =>
  divideRounded(
    parts.reduce((sum, { amountNano, days }) => sum + amountNano * BigInt(days), 0n),
    BigInt(daysInMonth),
  );

/** What a month lacks to its commitment: at least 0, at most the commitment. */
export function trueUpNano(month: CommittedMonth): bigint {
  const committed = committedNano(month);
  const used = month.usageNano > 0n ? month.usageNano : 0n;
  return committed > used ? committed - used : 0n;
}

type Span = Pick<Commitment, 'validFrom' | 'validUntil'>;

const overlap = (a: Span, b: Span): boolean =>
  (b.validUntil === null || a.validFrom < b.validUntil) &&
  (a.validUntil === null || b.validFrom < a.validUntil) &&
  a.validFrom !== a.validUntil;

/**
 * The commitment that a new one ends by taking over from it: the one without an end that began earlier. Null when there
 * is none. Throws conflict (`commitment_overlaps`) naming the day that lies in another one.
 */
export function takenOver(existing: readonly Commitment[], wanted: Span): Commitment | null {
  const inTheWay = existing.filter((each) => overlap(each, wanted));
  const replaceable = inTheWay.filter(
    ({ validFrom, validUntil }) => validUntil === null && validFrom < wanted.validFrom,
  );
  const other = inTheWay.find((each) => !replaceable.includes(each));
  if (other) {
    const param = other.validFrom > wanted.validFrom ? 'valid_until' : 'valid_from';
    throw new FaregateError(
      'conflict',
      `${publicId('commitment', other.id)} holds from ${other.validFrom}${other.validUntil === null ? '' : ` until ${other.validUntil}`}; commitments cannot overlap.`,
      { param, code: 'commitment_overlaps' },
    );
  }
  return replaceable[0] ?? null;
}

/** A commitment as the API shows it. */
export const showCommitment = (commitment: Commitment) => ({
  object: 'commitment' as const,
  id: publicId('commitment', commitment.id),
  organization: publicId('organization', commitment.organizationId),
  amount: formatNano(commitment.amountNano),
  currency: commitment.currency,
  valid_from: commitment.validFrom,
  valid_until: commitment.validUntil,
  created_at: commitment.createdAt.toISOString(),
});
