import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../../platform/database/database.service.js';
import type { Tax, TaxCategory } from '../tax/tax-decision.js';
import type { TaxGroup } from '../minor-shares.js';
import type { Application, OpenNote } from './credit-balance.js';
import type { CreditNote, CreditNoteDraft, CreditableLine } from './credit-note.js';

type Amounts = 'netMinor' | 'taxMinor' | 'totalMinor' | 'appliedMinor' | 'usageNano' | 'periodEndNano';
type Row = Omit<CreditNote, Amounts> & Record<Amounts, string>;

const APPLIED = `coalesce((select sum(a.amount_minor) from credit_application a where a.credit_note_id = c.id), 0)`;
const COLUMNS = `c.id, c.invoice_id as "invoiceId", c.organization_id as "organizationId", c.wallet_id as "walletId",
  c.number_text as "numberText", c.reason, c.memo, c.correction_id as "correctionId", c.claw_back_id as "clawBackId", c.currency, c.net_minor as "netMinor",
  c.tax_minor as "taxMinor", c.total_minor as "totalMinor", ${APPLIED} as "appliedMinor", c.usage_nano as "usageNano",
  c.period_end_nano as "periodEndNano", c.document,
  c.content_sha256 as "contentSha256", c.issued_at as "issuedAt"`;

/** What is written of a new credit note besides its draft. */
export interface IssuedNote {
  id: string;
  invoiceId: string;
  organizationId: string;
  walletId: string;
  seriesId: string;
  number: bigint;
  numberText: string;
  currency: string;
  minorExp: number;
  document: string;
  sha256: string;
  issuedAt: Date;
  createdBy: string;
  idempotencyKey: string;
  correctionId: string | null;
  clawBackId: string | null;
}

/** Credit notes, their lines, and which invoices they paid. */
@Injectable()
export class CreditNotesRepository {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<CreditNote | null> {
    const rows = await this.database.query<Row>(`select ${COLUMNS} from credit_note c where c.id = $1`, [id]);
    return rows[0] ? toNote(rows[0]) : null;
  }

  async findByKey(client: PoolClient, idempotencyKey: string): Promise<CreditNote | null> {
    const { rows } = await client.query<Row>(
      `select ${COLUMNS} from credit_note c where c.idempotency_key = $1`,
      [idempotencyKey],
    );
    return rows[0] ? toNote(rows[0]) : null;
  }

  /** Newest first. */
  async list(filter: {
    organizationId?: string | undefined;
    invoiceId?: string | undefined;
    beforeId?: string | undefined;
    limit: number;
  }): Promise<CreditNote[]> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from credit_note c
       where ($1::uuid is null or c.organization_id = $1) and ($2::uuid is null or c.invoice_id = $2)
         and ($3::uuid is null or c.id < $3) order by c.id desc limit $4`,
      [filter.organizationId ?? null, filter.invoiceId ?? null, filter.beforeId ?? null, filter.limit],
    );
    return rows.map(toNote);
  }

  /** The lines of an invoice with what earlier notes have left of each. */
  async listLines(client: PoolClient, invoiceId: string): Promise<CreditableLine[]> {
    const { rows } = await client.query<
      Record<string, string | null> & { seq: number; tax_rate_ppm: number }
    >(
      `select l.seq, l.kind, l.description, l.model_id, l.token_class, l.price_version_id, l.amount_nano, l.amount_minor,
              l.tax_category, l.tax_rate_ppm,
              coalesce((select sum(n.amount_nano) from credit_note_line n
                        where n.invoice_id = l.invoice_id and n.invoice_seq = l.seq), 0) as credited_nano
       from invoice_line l where l.invoice_id = $1 order by l.seq`,
      [invoiceId],
    );
    return rows.map((row) => ({
      seq: row.seq,
      kind: row['kind'] as CreditableLine['kind'],
      description: row['description'] ?? '',
      modelId: row['model_id'] ?? null,
      tokenClass: row['token_class'] ?? null,
      priceVersionId: row['price_version_id'] ?? null,
      amountNano: BigInt(row['amount_nano'] ?? 0),
      amountMinor: BigInt(row['amount_minor'] ?? 0),
      creditedNano: BigInt(row['credited_nano'] ?? 0),
      tax: { category: row['tax_category'] as TaxCategory, ratePpm: row.tax_rate_ppm },
    }));
  }

  /** What earlier notes have left of each tax group of an invoice. */
  async listGroups(client: PoolClient, invoiceId: string): Promise<TaxGroup[]> {
    const { rows } = await client.query<{ category: TaxCategory; rate: number; base: string; tax: string }>(
      `select t.tax_category as category, t.tax_rate_ppm as rate,
              t.base_minor - coalesce(sum(g.base_minor), 0) as base, t.tax_minor - coalesce(sum(g.tax_minor), 0) as tax
       from invoice_tax t
       left join credit_note c on c.invoice_id = t.invoice_id
       left join credit_note_tax g on g.credit_note_id = c.id and g.tax_category = t.tax_category and g.tax_rate_ppm = t.tax_rate_ppm
       where t.invoice_id = $1 group by t.invoice_id, t.tax_category, t.tax_rate_ppm, t.base_minor, t.tax_minor`,
      [invoiceId],
    );
    return rows.map((row) => ({
      category: row.category,
      ratePpm: row.rate,
      baseMinor: BigInt(row.base),
      taxMinor: BigInt(row.tax),
    }));
  }

  async insert(client: PoolClient, note: IssuedNote, draft: CreditNoteDraft): Promise<void> {
    await client.query(
      `insert into credit_note (id, invoice_id, organization_id, wallet_id, series_id, number, number_text, reason, memo,
         correction_id, currency, minor_exp, net_minor, tax_minor, total_minor, usage_nano, document, content_sha256, issued_at,
         created_by, idempotency_key, period_end_nano, claw_back_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`,
      [
        note.id,
        note.invoiceId,
        note.organizationId,
        note.walletId,
        note.seriesId,
        note.number,
        note.numberText,
        draft.reason,
        draft.memo,
        note.correctionId,
        note.currency,
        note.minorExp,
        draft.netMinor,
        draft.taxMinor,
        draft.totalMinor,
        draft.usageNano,
        note.document,
        note.sha256,
        note.issuedAt,
        note.createdBy,
        note.idempotencyKey,
        draft.periodEndNano,
        note.clawBackId,
      ],
    );
    await this.insertParts(client, note, draft);
  }

  /** Notes of a wallet that can still pay something, oldest first. */
  async listOpen(client: PoolClient, walletId: string): Promise<OpenNote[]> {
    const { rows } = await client.query<Record<string, string>>(
      `select c.id, c.number_text, c.total_minor, c.usage_nano, coalesce(sum(a.amount_minor), 0) as applied_minor,
              coalesce(sum(a.usage_nano), 0) as applied_usage_nano
       from credit_note c left join credit_application a on a.credit_note_id = c.id
       where c.wallet_id = $1 and c.claw_back_id is null group by c.id having c.total_minor > coalesce(sum(a.amount_minor), 0)
       order by c.issued_at, c.number`,
      [walletId],
    );
    return rows.map((row) => ({
      id: row['id'] ?? '',
      numberText: row['number_text'] ?? '',
      totalMinor: BigInt(row['total_minor'] ?? 0),
      usageNano: BigInt(row['usage_nano'] ?? 0),
      appliedMinor: BigInt(row['applied_minor'] ?? 0),
      appliedUsageNano: BigInt(row['applied_usage_nano'] ?? 0),
    }));
  }

  async recordApplications(
    client: PoolClient,
    invoiceId: string,
    applications: readonly Application[],
  ): Promise<void> {
    if (applications.length === 0) return;
    await client.query(
      `insert into credit_application (credit_note_id, invoice_id, amount_minor, usage_nano)
       select note, $1, minor, nano from unnest($2::uuid[], $3::bigint[], $4::bigint[]) as a(note, minor, nano)`,
      [
        invoiceId,
        applications.map(({ noteId }) => noteId),
        applications.map(({ amountMinor }) => amountMinor),
        applications.map(({ usageNano }) => usageNano),
      ],
    );
  }

  /** Gives back what notes paid of an invoice that is voided. */
  async undoApplications(client: PoolClient, invoiceId: string): Promise<void> {
    await client.query(
      `insert into credit_application (credit_note_id, invoice_id, amount_minor, usage_nano)
       select credit_note_id, invoice_id, -sum(amount_minor), -sum(usage_nano) from credit_application
       where invoice_id = $1 group by 1, 2 having sum(amount_minor) <> 0`,
      [invoiceId],
    );
  }

  async countOfInvoice(client: PoolClient, invoiceId: string): Promise<number> {
    const { rows } = await client.query<{ n: number }>(
      'select count(*)::int as n from credit_note where invoice_id = $1',
      [invoiceId],
    );
    return rows[0]?.n ?? 0;
  }

  private async insertParts(client: PoolClient, note: IssuedNote, draft: CreditNoteDraft): Promise<void> {
    const { lines, groups } = draft;
    const taxes = (pick: (tax: Tax) => unknown) => lines.map(({ tax }) => pick(tax));
    await client.query(
      `insert into credit_note_line (credit_note_id, seq, invoice_id, invoice_seq, description, amount_nano, amount_minor,
         tax_category, tax_rate_ppm)
       select $1, row_number() over (), $2, * from unnest($3::integer[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::integer[])`,
      [
        note.id,
        note.invoiceId,
        lines.map((line) => line.invoiceSeq),
        lines.map((line) => line.description),
        lines.map((line) => line.amountNano),
        lines.map((line) => line.amountMinor),
        taxes(({ category }) => category),
        taxes(({ ratePpm }) => ratePpm),
      ],
    );
    await client.query(
      `insert into credit_note_tax (credit_note_id, tax_category, tax_rate_ppm, base_minor, tax_minor)
       select $1, * from unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[])`,
      [
        note.id,
        groups.map((group) => group.category),
        groups.map((group) => group.ratePpm),
        groups.map((group) => group.baseMinor),
        groups.map((group) => group.taxMinor),
      ],
    );
  }
}

const toNote = (row: Row): CreditNote => ({
  ...row,
  netMinor: BigInt(row.netMinor),
  taxMinor: BigInt(row.taxMinor),
  totalMinor: BigInt(row.totalMinor),
  appliedMinor: BigInt(row.appliedMinor),
  usageNano: BigInt(row.usageNano),
  periodEndNano: BigInt(row.periodEndNano),
});
