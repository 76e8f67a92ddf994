import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../platform/database/database.service.js';
import type { AttemptStatus, PaymentAttempt, PaymentPurpose } from './payment-attempt.js';
import type { ProviderName } from './payment-gateway.js';

/** A new try, before the database has numbered it. */
export type NewAttempt = Pick<
  PaymentAttempt,
  | 'id'
  | 'organizationId'
  | 'purpose'
  | 'purposeId'
  | 'paymentMethodId'
  | 'provider'
  | 'currency'
  | 'amountMinor'
  | 'amountNano'
>;

/** What a provider needs to know of a payment method. */
export interface ChargedMethod {
  ref: string;
  customerRef: string | null;
}

/** What changes with a new state. */
export interface AttemptChange {
  status: AttemptStatus;
  declineCode?: string;
  failureMessage?: string;
  feeMinor?: bigint | null;
  /** Sealed; null clears it. */
  action?: Buffer | null;
  /** When to look again; null: never. */
  nextPollMs?: number | null;
}

interface Row {
  id: string;
  organization_id: string;
  purpose: PaymentPurpose;
  purpose_id: string;
  attempt_no: number;
  payment_method_id: string;
  provider: ProviderName;
  currency: string;
  amount_minor: string;
  amount_nano: string;
  status: AttemptStatus;
  provider_ref: string | null;
  decline_code: string | null;
  failure_message: string | null;
  fee_minor: string | null;
  created_at: Date;
  submitted_at: Date | null;
  closed_at: Date | null;
  polls: number;
}

const COLUMNS = `id, organization_id, purpose, purpose_id, attempt_no, payment_method_id, provider, currency, amount_minor,
  amount_nano, status, provider_ref, decline_code, failure_message, fee_minor, created_at, submitted_at, closed_at, polls`;
const LIVE = `status in ('created', 'submitted', 'unknown', 'requires_action')`;
const LEASE = `interval '2 minutes'`;

/** The table of payment attempts. */
@Injectable()
export class PaymentAttemptsRepository {
  constructor(private readonly database: Database) {}

  /** The live and successful attempts of a purpose, as the transaction sees them. */
  async listBlocking(
    client: PoolClient,
    purpose: PaymentPurpose,
    purposeId: string,
  ): Promise<PaymentAttempt[]> {
    const { rows } = await client.query<Row>(
      `select ${COLUMNS} from payment_attempt where purpose = $1 and purpose_id = $2 and (${LIVE} or status = 'succeeded')`,
      [purpose, purposeId],
    );
    return rows.map(toAttempt);
  }

  /** Numbers and stores a new attempt, due at once. A live or successful one of the same purpose is a unique violation. */
  async insert(client: PoolClient, attempt: NewAttempt): Promise<PaymentAttempt> {
    const { rows } = await client.query<Row>(
      `insert into payment_attempt (id, organization_id, purpose, purpose_id, attempt_no, payment_method_id, provider, currency,
         amount_minor, amount_nano, idempotency_key, next_poll_at)
       select $1::uuid, $2::uuid, $3::text, $4::uuid, coalesce(max(a.attempt_no), 0) + 1, $5::uuid, $6::text, $7::text,
         $8::bigint, $9::bigint, $1::uuid::text, billing_now() + interval '15 seconds'
       from payment_attempt a where a.purpose = $3::text and a.purpose_id = $4::uuid returning ${COLUMNS}`,
      [
        attempt.id,
        attempt.organizationId,
        attempt.purpose,
        attempt.purposeId,
        attempt.paymentMethodId,
        attempt.provider,
        attempt.currency,
        attempt.amountMinor,
        attempt.amountNano,
      ],
    );
    return one(rows);
  }

  async find(id: string): Promise<PaymentAttempt | null> {
    const rows = await this.database.query<Row>(`select ${COLUMNS} from payment_attempt where id = $1`, [id]);
    return rows[0] ? toAttempt(rows[0]) : null;
  }

  async findByRef(provider: ProviderName, ref: string): Promise<PaymentAttempt | null> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from payment_attempt where provider = $1 and provider_ref = $2`,
      [provider, ref],
    );
    return rows[0] ? toAttempt(rows[0]) : null;
  }

  /** Locks the organization, then the attempt: the order in which everybody locks them. */
  async lock(client: PoolClient, id: string): Promise<PaymentAttempt> {
    await client.query(
      `select 1 from organization where id = (select organization_id from payment_attempt where id = $1) for no key update`,
      [id],
    );
    const { rows } = await client.query<Row>(
      `select ${COLUMNS} from payment_attempt where id = $1 for no key update`,
      [id],
    );
    return one(rows);
  }

  /** The provider's names of a payment method. */
  async getMethod(id: string): Promise<ChargedMethod> {
    const [row] = await this.database.query<{ provider_reference: string; provider_customer: string | null }>(
      'select provider_reference, provider_customer from payment_method where id = $1',
      [id],
    );
    if (!row) throw new Error(`payment method ${id} vanished`);
    return { ref: row.provider_reference, customerRef: row.provider_customer };
  }

  /** Takes the right to talk to the provider about it for two minutes; false when somebody else has it. */
  async lease(id: string): Promise<boolean> {
    const rows = await this.database.query(
      `update payment_attempt set leased_until = billing_now() + ${LEASE}
       where id = $1 and ${LIVE} and (leased_until is null or leased_until < billing_now()) returning 1`,
      [id],
    );
    return rows.length > 0;
  }

  async release(id: string): Promise<void> {
    await this.database.query('update payment_attempt set leased_until = null where id = $1', [id]);
  }

  /** Stores the provider's name of it, before any money is asked for. */
  async storeRef(id: string, ref: string, nextPollMs: number | null): Promise<void> {
    await this.database.query(
      `update payment_attempt set provider_ref = $2, submitted_at = coalesce(submitted_at, billing_now()),
         status = case status when 'created' then 'submitted' else status end,
         next_poll_at = billing_now() + make_interval(secs => $3::double precision / 1000)
       where id = $1 and ${LIVE} and (provider_ref is null or provider_ref = $2)`,
      [id, ref, nextPollMs],
    );
  }

  /** Moves a locked attempt forward. */
  async change(client: PoolClient, id: string, change: AttemptChange): Promise<PaymentAttempt> {
    const { rows } = await client.query<Row>(
      `update payment_attempt set status = $2::text, decline_code = coalesce($3, decline_code),
         failure_message = coalesce($4, failure_message), fee_minor = coalesce($5, fee_minor), action_ciphertext = $6,
         submitted_at = case when $2::text in ('submitted', 'unknown') then coalesce(submitted_at, billing_now()) else submitted_at end,
         closed_at = case when $2::text in ('succeeded', 'failed', 'canceled') then billing_now() end,
         next_poll_at = billing_now() + make_interval(secs => $7::double precision / 1000)
       where id = $1 returning ${COLUMNS}`,
      [
        id,
        change.status,
        change.declineCode ?? null,
        change.failureMessage ?? null,
        change.feeMinor ?? null,
        change.action ?? null,
        change.nextPollMs ?? null,
      ],
    );
    return one(rows);
  }

  /** Notes that it was asked after without news, and when to ask again; null: no more. */
  async notePoll(id: string, nextPollMs: number | null, note: string | null): Promise<void> {
    await this.database.query(
      `update payment_attempt set polls = polls + 1, failure_message = coalesce($3, failure_message),
         next_poll_at = billing_now() + make_interval(secs => $2::double precision / 1000)
       where id = $1 and ${LIVE}`,
      [id, nextPollMs, note],
    );
  }

  /** Live attempts that are due, longest first. */
  async listDue(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `select id from payment_attempt where ${LIVE} and next_poll_at <= billing_now()
         and (leased_until is null or leased_until < billing_now())
       order by next_poll_at, id limit $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  /** What the payer's browser needs; sealed. */
  async findAction(id: string): Promise<Buffer | null> {
    const [row] = await this.database.query<{ action_ciphertext: Buffer | null }>(
      `select action_ciphertext from payment_attempt where id = $1 and status = 'requires_action'`,
      [id],
    );
    return row?.action_ciphertext ?? null;
  }

  /** Newest first, older than `beforeId`; of one organization or of all. */
  async list(filter: {
    organizationId: string | null;
    purposeId: string | null;
    beforeId: string | undefined;
    limit: number;
  }): Promise<PaymentAttempt[]> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from payment_attempt
       where ($1::uuid is null or organization_id = $1) and ($2::uuid is null or purpose_id = $2)
         and ($3::uuid is null or id < $3) order by id desc limit $4`,
      [filter.organizationId, filter.purposeId, filter.beforeId ?? null, filter.limit],
    );
    return rows.map(toAttempt);
  }
}

function one(rows: Row[]): PaymentAttempt {
  const [row] = rows;
  if (!row) throw new Error('a payment attempt vanished');
  return toAttempt(row);
}

const toAttempt = (row: Row): PaymentAttempt => ({
  id: row.id,
  organizationId: row.organization_id,
  purpose: row.purpose,
  purposeId: row.purpose_id,
  attemptNo: row.attempt_no,
  paymentMethodId: row.payment_method_id,
  provider: row.provider,
  currency: row.currency,
  amountMinor: BigInt(row.amount_minor),
  amountNano: BigInt(row.amount_nano),
  status: row.status,
  providerRef: row.provider_ref,
  declineCode: row.decline_code,
  failureMessage: row.failure_message,
  feeMinor: row.fee_minor === null ? null : BigInt(row.fee_minor),
  createdAt: row.created_at,
  submittedAt: row.submitted_at,
  closedAt: row.closed_at,
  polls: row.polls,
});
