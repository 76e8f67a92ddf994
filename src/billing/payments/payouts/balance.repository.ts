import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../../platform/database/database.service.js';
import type { BalanceMovement, BalanceSubject, PayoutFacts } from './balance-movement.js';
import type { MatchedSubject } from './balance-journals.js';

/** A movement as it is kept. */
export interface StoredMovement extends BalanceMovement {
  /** What it is of in our books; null: not found yet. */
  subject: BalanceSubject | null;
  legalEntityId: string | null;
  payoutRef: string | null;
}

/** A payout as it is kept. */
export interface StoredPayout extends PayoutFacts {
  /** UUID. */
  id: string;
  legalEntityId: string;
  composed: boolean;
}

/** What the provider's balance did on one day (UTC), nano. */
export interface BalanceDay {
  day: string;
  currency: string;
  payments: string;
  refunds: string;
  disputes: string;
  fees: string;
  payouts: string;
  other: string;
  net: string;
  /** The sum of all movements up to the end of the day. */
  closing: string;
  open: number;
}

const COLUMNS = `ref, type, expected, source_ref as "sourceRef", currency, amount_nano as "amountNano", fee_nano as "feeNano",
  net_nano as "netNano", occurred_at as "occurredAt", subject, legal_entity_id as "legalEntityId", payout_ref as "payoutRef"`;

const PAYOUT_COLUMNS = `id, provider_ref as ref, currency, amount_nano as "amountNano", status, automatic, composed,
  arrives_on as "arrivesOn", failure_message as "failureMessage", legal_entity_id as "legalEntityId", created_at as "createdAt"`;

type MovementRow = Omit<StoredMovement, 'amountNano' | 'feeNano' | 'netNano'> &
  Record<'amountNano' | 'feeNano' | 'netNano', string>;
type PayoutRow = Omit<StoredPayout, 'amountNano'> & { amountNano: string };

const toMovement = (row: MovementRow): StoredMovement => ({
  ...row,
  amountNano: BigInt(row.amountNano),
  feeNano: BigInt(row.feeNano),
  netNano: BigInt(row.netNano),
});
const toPayout = (row: PayoutRow): StoredPayout => ({ ...row, amountNano: BigInt(row.amountNano) });

/** Our object behind a movement, and what it moved in its own currency. $1 is its name at the provider. */
const MATCHES: Readonly<Partial<Record<BalanceSubject, string>>> = {
  payment: `select x.id, x.amount_nano, x.currency, b.legal_entity_id from payment_attempt x
    join billing_account b on b.organization_id = x.organization_id
    where x.provider = 'stripe' and x.provider_ref = $1 and x.status = 'succeeded'`,
  credit: `select x.id, x.amount_nano, w.currency, b.legal_entity_id from credit_grant x join wallet w on w.id = x.wallet_id
    join billing_account b on b.organization_id = x.organization_id where x.id::text = $1 and x.kind = 'paid'
      and exists (select 1 from ledger_transaction t where t.idempotency_key = 'credit:' || x.id)
      and not exists (select 1 from balance_transaction t where t.subject = 'credit' and t.subject_id = x.id)`,
  refund: `select x.id, -x.amount_nano as amount_nano, x.currency, b.legal_entity_id from payment_refund x
    join billing_account b on b.organization_id = x.organization_id where x.provider_ref = $1
      and exists (select 1 from ledger_transaction t where t.idempotency_key = 'refund:' || x.id)`,
  refund_failed: `select x.id, x.amount_nano, x.currency, b.legal_entity_id from payment_refund x
    join billing_account b on b.organization_id = x.organization_id where x.provider_ref = $1 and x.status = 'failed'`,
  dispute: `select x.id, -x.amount_nano as amount_nano, x.currency, b.legal_entity_id from payment_dispute x
    join billing_account b on b.organization_id = x.organization_id where x.provider_ref = $1`,
  dispute_won: `select x.id, x.amount_nano, x.currency, b.legal_entity_id from payment_dispute x
    join billing_account b on b.organization_id = x.organization_id where x.provider_ref = $1 and x.status = 'won'`,
  payout: `select x.id, -x.amount_nano as amount_nano, x.currency, x.legal_entity_id from payout x where x.provider_ref = $1`,
  payout_failed: `select x.id, x.amount_nano, x.currency, x.legal_entity_id from payout x where x.provider_ref = $1`,
};

/** Reads and writes the movements of our balance at payment providers. */
@Injectable()
export class BalanceRepository {
  constructor(private readonly database: Database) {}

  /** From when on movements are to be asked for: an hour before the newest known, or the first payment; null: none is awaited. */
  async findStart(): Promise<Date | null> {
    const rows = await this.database.query<{ start: Date | null }>(
      `select coalesce((select max(occurred_at) from balance_transaction), (select min(created_at) from payment_attempt
         where provider = 'stripe' and provider_ref is not null)) - interval '1 hour' as start`,
    );
    return rows[0]?.start ?? null;
  }

  /** Those of these names that are kept already. */
  async findKnown(refs: readonly string[]): Promise<Set<string>> {
    const rows = await this.database.query<{ ref: string }>(
      'select ref from balance_transaction where ref = any ($1::text[])',
      [refs],
    );
    return new Set(rows.map(({ ref }) => ref));
  }

  async insert(client: PoolClient, movement: BalanceMovement): Promise<void> {
    await client.query(
      `insert into balance_transaction (ref, provider, type, expected, source_ref, currency, amount_nano, fee_nano, net_nano, occurred_at)
       values ($1, 'stripe', $2, $3, $4, $5, $6, $7, $8, $9) on conflict (ref) do nothing`,
      [
        movement.ref,
        movement.type,
        movement.expected,
        movement.sourceRef,
        movement.currency,
        movement.amountNano,
        movement.feeNano,
        movement.netNano,
        movement.occurredAt,
      ],
    );
  }

  /** Movements nothing in the books was found for, oldest first. */
  async listOpen(limit = 500): Promise<StoredMovement[]> {
    const rows = await this.database.query<MovementRow>(
      `select ${COLUMNS} from balance_transaction where subject is null order by occurred_at, ref limit $1`,
      [limit],
    );
    return rows.map(toMovement);
  }

  /** The movement, locked, while nothing is said of it; null when something is, or there is none. */
  async lockOpen(client: PoolClient, ref: string): Promise<StoredMovement | null> {
    const { rows } = await client.query<MovementRow>(
      `select ${COLUMNS} from balance_transaction where ref = $1 and subject is null for update`,
      [ref],
    );
    return rows[0] ? toMovement(rows[0]) : null;
  }

  async find(ref: string): Promise<StoredMovement | null> {
    const rows = await this.database.query<MovementRow>(
      `select ${COLUMNS} from balance_transaction where ref = $1`,
      [ref],
    );
    return rows[0] ? toMovement(rows[0]) : null;
  }

  /** What a movement is of; null while our books do not know its object. */
  async match(
    client: PoolClient,
    subject: BalanceSubject,
    sourceRef: string | null,
  ): Promise<MatchedSubject | null> {
    const sql = MATCHES[subject];
    if (sql === undefined)
      return { subject, id: null, legalEntityId: await this.houseEntity(client), booked: null };
    const { rows } = await client.query<{
      id: string;
      amount_nano: string;
      currency: string;
      legal_entity_id: string;
    }>(sql, [sourceRef]);
    const [row] = rows;
    if (!row) return null;
    const booked = { amountNano: BigInt(row.amount_nano), currency: row.currency };
    return { subject, id: row.id, legalEntityId: row.legal_entity_id, booked };
  }

  async setSubject(
    client: PoolClient,
    ref: string,
    { subject, id, legalEntityId }: MatchedSubject,
  ): Promise<void> {
    await client.query(
      'update balance_transaction set subject = $2, subject_id = $3, legal_entity_id = $4 where ref = $1',
      [ref, subject, id, legalEntityId],
    );
  }

  /** The fee of a payment that was not known when it succeeded; true when it was written now. */
  async setFee(client: PoolClient, attemptId: string, feeMinor: bigint): Promise<boolean> {
    const { rowCount } = await client.query(
      'update payment_attempt set fee_minor = $2 where id = $1 and fee_minor is null',
      [attemptId, feeMinor],
    );
    return rowCount === 1;
  }

  /** The legal entity that has the account at the payment provider: the oldest. */
  async houseEntity(client: PoolClient): Promise<string> {
    const { rows } = await client.query<{ id: string }>(
      'select id from legal_entity order by created_at, id limit 1',
    );
    if (!rows[0]) throw new Error('there is no legal entity');
    return rows[0].id;
  }

  /** Writes a payout, or its newer state, and answers it as it was before and is now. The row stays locked. */
  async putPayout(
    client: PoolClient,
    facts: PayoutFacts,
    made: { id: string; legalEntityId: string },
  ): Promise<StoredPayout> {
    const { rows } = await client.query<PayoutRow>(
      `insert into payout (id, provider_ref, currency, amount_nano, status, automatic, arrives_on, failure_message,
         legal_entity_id, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (provider_ref) do update set status = excluded.status, failure_message = excluded.failure_message,
         arrives_on = excluded.arrives_on
       returning ${PAYOUT_COLUMNS}`,
      [
        made.id,
        facts.ref,
        facts.currency,
        facts.amountNano,
        facts.status,
        facts.automatic,
        facts.arrivesOn,
        facts.failureMessage,
        made.legalEntityId,
        facts.createdAt,
      ],
    );
    if (!rows[0]) throw new Error(`payout ${facts.ref} was not written`);
    return toPayout(rows[0]);
  }

  async hasJournal(client: PoolClient, key: string): Promise<boolean> {
    const { rows } = await client.query('select 1 from ledger_transaction where idempotency_key = $1', [key]);
    return rows.length > 0;
  }

  /** Notes which movements an automatic payout consists of. */
  async compose(client: PoolClient, payoutRef: string, refs: readonly string[]): Promise<void> {
    await client.query(
      'update balance_transaction set payout_ref = $1 where ref = any ($2::text[]) and payout_ref is null',
      [payoutRef, refs],
    );
    await client.query('update payout set composed = true where provider_ref = $1', [payoutRef]);
  }

  /** Payouts that may still move, or whose parts are not read. */
  async listUnsettled(): Promise<string[]> {
    const rows = await this.database.query<{ ref: string }>(
      `select provider_ref as ref from payout where status in ('pending', 'in_transit') or (automatic and not composed)
         or (status = 'paid' and created_at > billing_now() - interval '10 days') order by id limit 100`,
    );
    return rows.map(({ ref }) => ref);
  }

  async listPayouts(filter: { beforeId?: string | undefined; limit: number }): Promise<StoredPayout[]> {
    const rows = await this.database.query<PayoutRow>(
      `select ${PAYOUT_COLUMNS} from payout where $1::uuid is null or id < $1 order by id desc limit $2`,
      [filter.beforeId ?? null, filter.limit + 1],
    );
    return rows.map(toPayout);
  }

  async listMovements(filter: {
    open?: boolean | undefined;
    payout?: string | undefined;
    beforeRef?: string | undefined;
    limit: number;
  }): Promise<StoredMovement[]> {
    const rows = await this.database.query<MovementRow>(
      `select ${COLUMNS} from balance_transaction t
       where (not $1::boolean or subject is null) and ($2::text is null or payout_ref = $2) and ($3::text is null
         or (occurred_at, ref) < (select o.occurred_at, o.ref from balance_transaction o where o.ref = $3))
       order by occurred_at desc, ref desc limit $4`,
      [filter.open ?? false, filter.payout ?? null, filter.beforeRef ?? null, filter.limit + 1],
    );
    return rows.map(toMovement);
  }

  /** What the balance did on each day of `[from, to)`, UTC. */
  listDays(from: Date, to: Date): Promise<BalanceDay[]> {
    return this.database.query<BalanceDay>(
      `select * from (
         select (occurred_at at time zone 'UTC')::date::text as day, currency,
           coalesce(sum(amount_nano) filter (where subject = 'payment'), 0)::text as payments,
           coalesce(sum(amount_nano) filter (where subject in ('refund', 'refund_failed')), 0)::text as refunds,
           coalesce(sum(amount_nano) filter (where subject in ('dispute', 'dispute_won')), 0)::text as disputes,
           (coalesce(sum(amount_nano) filter (where subject = 'fee'), 0) - sum(fee_nano))::text as fees,
           coalesce(sum(amount_nano) filter (where subject in ('payout', 'payout_failed')), 0)::text as payouts,
           coalesce(sum(amount_nano) filter (where subject is null or subject = 'deposit'), 0)::text as other,
           sum(net_nano)::text as net, (sum(sum(net_nano)) over (partition by currency
             order by (occurred_at at time zone 'UTC')::date))::text as closing,
           (count(*) filter (where subject is null))::int as open
         from balance_transaction where occurred_at < $2 group by (occurred_at at time zone 'UTC')::date, currency) d
       where day >= ($1 at time zone 'UTC')::date::text order by day, currency`,
      [from, to],
    );
  }
}
