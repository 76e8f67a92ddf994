import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { minorExponent } from '../../core/currency.js';
import { uuidv7 } from '../../core/ids.js';
import { Database } from '../../platform/database/database.service.js';
import type { InvoiceDraft } from './draft-invoice.js';
import type { BillingFacts } from './drafts.repository.js';
import type { Dunning, Invoice, InvoiceKind, InvoiceStatus } from './invoice.js';
import { numberText } from './invoice.js';

/** Amount columns come as digits. */
type Amounts =
  | 'netMinor'
  | 'taxMinor'
  | 'totalMinor'
  | 'prepaidMinor'
  | 'appliedMinor'
  | 'paidMinor'
  | 'usageNano'
  | 'periodEndNano'
  | 'openUsageNano';
type Row = Omit<Invoice, Amounts> & Record<Amounts, string>;

const COLUMNS = `i.id, i.kind, i.status, i.organization_id as "organizationId", i.wallet_id as "walletId",
  i.legal_entity_id as "legalEntityId", i.period_id as "periodId", i.number_text as "numberText", i.currency,
  i.net_minor as "netMinor", i.tax_minor as "taxMinor", i.total_minor as "totalMinor", i.prepaid_minor as "prepaidMinor",
  i.applied_minor as "appliedMinor", i.paid_minor as "paidMinor", i.usage_nano as "usageNano", i.period_end_nano as "periodEndNano",
  i.open_usage_nano as "openUsageNano", i.document, i.content_sha256 as "contentSha256", i.created_at as "createdAt",
  i.finalized_at as "finalizedAt", i.due_at as "dueAt", i.paid_at as "paidAt", i.voided_at as "voidedAt",
  i.collection_tries as "collectionTries", i.collect_at as "collectAt", i.dunning`;

/** A number, and the moment it was taken. */
export interface TakenNumber {
  seriesId: string;
  number: bigint;
  text: string;
  at: Date;
}

/** Which invoices to list; every filter given must match. */
export interface InvoiceFilter {
  organizationId?: string | undefined;
  periodId?: string | undefined;
  status?: InvoiceStatus | undefined;
  kind?: InvoiceKind | undefined;
  limit: number;
  beforeId?: string | undefined;
}

/** What becomes of an issued invoice. */
export interface InvoiceChange {
  status?: 'paid' | 'void' | 'uncollectible';
  appliedMinor?: bigint;
  paidMinor?: bigint;
  openUsageNano?: bigint;
  collectionTries?: number;
  collectAt?: Date | null;
  dunning?: Dunning;
}

const SERIES_PREFIX = { invoice: 'INV-', statement: 'STM-', receipt: 'RCT-', credit_note: 'CN-' } as const;
/** A series of numbers without gaps; each legal entity has its own of each. */
export type SeriesKind = keyof typeof SERIES_PREFIX;

/** Invoices and the series of their numbers. */
@Injectable()
export class InvoicesRepository {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<Invoice | null> {
    const rows = await this.database.query<Row>(`select ${COLUMNS} from invoice i where i.id = $1`, [id]);
    return rows[0] ? toInvoice(rows[0]) : null;
  }

  /** Newest first. */
  async list(filter: InvoiceFilter): Promise<Invoice[]> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from invoice i
       where ($1::uuid is null or i.organization_id = $1) and ($2::uuid is null or i.period_id = $2)
         and ($3::text is null or i.status = $3) and ($4::text is null or i.kind = $4) and ($5::uuid is null or i.id < $5)
       order by i.id desc limit $6`,
      [
        filter.organizationId ?? null,
        filter.periodId ?? null,
        filter.status ?? null,
        filter.kind ?? null,
        filter.beforeId ?? null,
        filter.limit,
      ],
    );
    return rows.map(toInvoice);
  }

  /** Locks an invoice until the transaction ends. */
  async lock(client: PoolClient, id: string): Promise<Invoice | null> {
    const { rows } = await client.query<Row>(
      `select ${COLUMNS} from invoice i where i.id = $1 for no key update`,
      [id],
    );
    return rows[0] ? toInvoice(rows[0]) : null;
  }

  async insertDraft(client: PoolClient, facts: BillingFacts, draft: InvoiceDraft): Promise<string> {
    const id = uuidv7();
    await client.query(
      `insert into invoice (id, kind, organization_id, wallet_id, legal_entity_id, period_id, currency, minor_exp)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        id,
        draft.kind,
        facts.organizationId,
        facts.walletId,
        facts.legalEntityId,
        facts.periodId,
        facts.currency,
        minorExponent(facts.currency),
      ],
    );
    await this.updateDraft(client, id, facts, draft);
    return id;
  }

  async updateDraft(client: PoolClient, id: string, facts: BillingFacts, draft: InvoiceDraft): Promise<void> {
    await client.query(
      `update invoice set kind = $2, net_minor = $3, tax_minor = $4, total_minor = $5, prepaid_minor = $6, usage_nano = $7,
         legal_entity_id = $8, net_days = $9, period_end_nano = $10 where id = $1 and status = 'draft'`,
      [
        id,
        draft.kind,
        draft.netMinor,
        draft.taxMinor,
        draft.totalMinor,
        draft.prepaidMinor,
        draft.usageNano,
        facts.legalEntityId,
        facts.netDays,
        draft.periodEndNano,
      ],
    );
  }

  /**
   * The next number of a series. Others wait for this transaction's end, and get the same number when it rolls back:
   * no number is left out, and numbers follow the order in which documents were issued.
   */
  async takeNumber(client: PoolClient, legalEntityId: string, kind: SeriesKind): Promise<TakenNumber> {
    await client.query(
      `insert into invoice_series (id, legal_entity_id, kind, prefix)
       select $1, e.id, $3, e.number_prefix || $4 from legal_entity e where e.id = $2 on conflict do nothing`,
      [uuidv7(), legalEntityId, kind, SERIES_PREFIX[kind]],
    );
    const { rows } = await client.query<{ id: string; number: string; prefix: string; at: Date }>(
      `update invoice_series set next_no = next_no + 1 where legal_entity_id = $1 and kind = $2
       returning id, next_no - 1 as number, prefix, date_trunc('milliseconds', billing_now()) as at`,
      [legalEntityId, kind],
    );
    const [row] = rows;
    if (!row) throw new Error(`legal entity ${legalEntityId} has no series of ${kind}`);
    const number = BigInt(row.number);
    return { seriesId: row.id, number, text: numberText(row.prefix, number), at: row.at };
  }

  /** Issues a draft: number, document, due date. From here on the database lets nobody rewrite it. */
  async issue(
    client: PoolClient,
    id: string,
    issued: { taken: TakenNumber; document: string; sha256: string; dueAt: Date; openUsageNano: bigint },
  ): Promise<void> {
    const { taken, document, sha256, dueAt, openUsageNano } = issued;
    await client.query(
      `update invoice set status = 'finalized', series_id = $2, number = $3, number_text = $4, finalized_at = $5, document = $6,
         content_sha256 = $7, due_at = $8, open_usage_nano = $9 where id = $1`,
      [id, taken.seriesId, taken.number, taken.text, taken.at, document, sha256, dueAt, openUsageNano],
    );
  }

  /** Changes what may change of an issued invoice. */
  async change(client: PoolClient, id: string, change: InvoiceChange): Promise<void> {
    const { status, appliedMinor, paidMinor, openUsageNano, collectionTries, collectAt, dunning } = change;
    await client.query(
      `update invoice set status = coalesce($2, status), applied_minor = coalesce($3, applied_minor),
         paid_minor = coalesce($4, paid_minor), open_usage_nano = coalesce($5, open_usage_nano),
         collection_tries = coalesce($6, collection_tries), collect_at = case when $7 then $8 else collect_at end,
         dunning = coalesce($9, dunning), paid_at = case when $2 = 'paid' then billing_now() else paid_at end,
         written_off_at = case when $2 = 'uncollectible' then billing_now() else written_off_at end,
         voided_at = case when $2 = 'void' then billing_now() else voided_at end
       where id = $1`,
      [
        id,
        status ?? null,
        appliedMinor ?? null,
        paidMinor ?? null,
        openUsageNano ?? null,
        collectionTries ?? null,
        collectAt !== undefined,
        collectAt ?? null,
        dunning ?? null,
      ],
    );
  }

  /** Drafts whose legal entity finalises by itself, and which have waited long enough; oldest first. */
  async listDraftsDue(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `select i.id from invoice i join legal_entity e on e.id = i.legal_entity_id
       where i.status = 'draft' and e.auto_finalize_minutes is not null
         and i.created_at + make_interval(mins => e.auto_finalize_minutes) <= billing_now()
       order by i.created_at, i.id limit $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }
}

const toInvoice = (row: Row): Invoice => ({
  ...row,
  netMinor: BigInt(row.netMinor),
  taxMinor: BigInt(row.taxMinor),
  totalMinor: BigInt(row.totalMinor),
  prepaidMinor: BigInt(row.prepaidMinor),
  appliedMinor: BigInt(row.appliedMinor),
  paidMinor: BigInt(row.paidMinor),
  usageNano: BigInt(row.usageNano),
  periodEndNano: BigInt(row.periodEndNano),
  openUsageNano: BigInt(row.openUsageNano),
});
