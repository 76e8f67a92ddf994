import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { TokenClass } from '../../core/token-usage.js';
import type { InvoiceDraft, UsageSum } from './draft-invoice.js';
import {
  PARTY_COLUMNS,
  PARTY_TABLES,
  partiesAt,
  toParties,
  type PartyRow,
  type TaxParties,
} from './parties/tax-parties.js';

/** All that is known about a period, its customer and who sells at this moment; of their tax, what held when the period ended. */
export interface BillingFacts extends TaxParties {
  periodId: string;
  startsAt: Date;
  endsAt: Date;
  organizationId: string;
  walletId: string;
  currency: string;
  billingMode: 'prepaid' | 'postpaid';
  paymentDetails: string;
  netDays: number;
  paidNano: bigint;
  /** Of `paidNano`: from credit that was taxed when it was sold. */
  taxedNano: bigint;
  promoNano: bigint;
  creditedNano: bigint;
}

type Row = PartyRow &
  Record<
    | 'period_id'
    | 'organization_id'
    | 'wallet_id'
    | 'currency'
    | 'billing_mode'
    | 'paid_nano'
    | 'taxed_nano'
    | 'promo_nano'
    | 'credited_nano'
    | 'payment_details',
    string
  > & { starts_at: Date; ends_at: Date; net_days: number };

const FACTS = `
  select p.id as period_id, p.starts_at, p.ends_at, o.id as organization_id, w.id as wallet_id, w.currency, o.billing_mode,
    e.payment_details, b.net_days, coalesce(f.paid_nano, 0) as paid_nano, coalesce(f.taxed_nano, 0) as taxed_nano,
    coalesce(f.promo_nano, 0) as promo_nano,
    coalesce((select sum(c.amount_nano) from credited_reversal c where c.period_id = p.id), 0) as credited_nano, ${PARTY_COLUMNS}
  from ${PARTY_TABLES}
  join billing_period p on p.organization_id = o.id
  join wallet w on w.organization_id = o.id and w.currency = o.currency
  left join period_funding f on f.period_id = p.id and f.wallet_id = w.id
  ${partiesAt(`p.ends_at - interval '1 microsecond'`)}
  where p.id = $1`;

/** What a draft is made of, and where its lines are kept. Every call belongs to the caller's transaction. */
@Injectable()
export class DraftsRepository {
  /** Null when there is no such period. */
  async findFacts(client: PoolClient, periodId: string): Promise<BillingFacts | null> {
    const { rows } = await client.query<Row>(FACTS, [periodId]);
    return rows[0] ? toFacts(rows[0]) : null;
  }

  /** Whether a correction of the organization still has to be posted and credited. */
  async hasOpenCorrection(client: PoolClient, organizationId: string): Promise<boolean> {
    const { rows } = await client.query(
      `select 1 from correction where organization_id = $1 and status = 'recorded' limit 1`,
      [organizationId],
    );
    return rows.length > 0;
  }

  /** The usage of a period, summed by model, class and price. */
  async listUsage(client: PoolClient, periodId: string, walletId: string): Promise<UsageSum[]> {
    const { rows } = await client.query<Record<string, string>>(
      `select r.model_id, r.token_class, r.price_version_id, v.unit_price_pico, sum(r.quantity) as quantity,
              sum(r.amount_nano - r.absorbed_nano) as amount_nano
       from usage_rollup r join price_version v on v.id = r.price_version_id
       where r.period_id = $1 and r.wallet_id = $2
       group by r.model_id, r.token_class, r.price_version_id, v.unit_price_pico`,
      [periodId, walletId],
    );
    return rows.map((row) => ({
      modelId: row['model_id'] ?? '',
      tokenClass: row['token_class'] as TokenClass,
      priceVersionId: row['price_version_id'] ?? '',
      unitPricePico: BigInt(row['unit_price_pico'] ?? 0),
      quantity: BigInt(row['quantity'] ?? 0),
      amountNano: BigInt(row['amount_nano'] ?? 0),
    }));
  }

  /** Puts the lines, taxes and rollups of a draft in place of those it had. */
  async replaceParts(client: PoolClient, invoiceId: string, draft: InvoiceDraft): Promise<void> {
    await client.query('delete from invoice_line_rollup where invoice_id = $1', [invoiceId]);
    await client.query('delete from invoice_line where invoice_id = $1', [invoiceId]);
    await client.query('delete from invoice_tax where invoice_id = $1', [invoiceId]);
    const { lines, groups } = draft;
    await client.query(
      `insert into invoice_line (invoice_id, seq, kind, description, model_id, token_class, price_version_id, quantity,
         unit_price_pico, amount_nano, amount_minor, tax_category, tax_rate_ppm)
       select $1, row_number() over (), * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::numeric[],
         $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::integer[])`,
      [
        invoiceId,
        lines.map((line) => line.kind),
        lines.map((line) => line.description),
        lines.map((line) => line.usage?.modelId ?? null),
        lines.map((line) => line.usage?.tokenClass ?? null),
        lines.map((line) => line.usage?.priceVersionId ?? null),
        lines.map((line) => line.usage?.quantity ?? null),
        lines.map((line) => line.usage?.unitPricePico ?? null),
        lines.map((line) => line.amountNano),
        lines.map((line) => line.amountMinor),
        lines.map((line) => line.tax.category),
        lines.map((line) => line.tax.ratePpm),
      ],
    );
    await client.query(
      `insert into invoice_tax (invoice_id, tax_category, tax_rate_ppm, base_minor, tax_minor)
       select $1, * from unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[])`,
      [
        invoiceId,
        groups.map((group) => group.category),
        groups.map((group) => group.ratePpm),
        groups.map((group) => group.baseMinor),
        groups.map((group) => group.taxMinor),
      ],
    );
  }

  /** Notes which rollups each usage line bills. A rollup that another invoice bills makes this fail. */
  async claimRollups(client: PoolClient, invoiceId: string): Promise<void> {
    await client.query(
      `insert into invoice_line_rollup (wallet_id, period_id, hour, project_id, api_key_id, provider_id, model_id, token_class,
         price_version_id, invoice_id, seq)
       select r.wallet_id, r.period_id, r.hour, r.project_id, r.api_key_id, r.provider_id, r.model_id, r.token_class,
         r.price_version_id, l.invoice_id, l.seq
       from invoice i join usage_rollup r on r.period_id = i.period_id and r.wallet_id = i.wallet_id
       join invoice_line l on l.invoice_id = i.id and l.model_id = r.model_id and l.token_class = r.token_class
         and l.price_version_id = r.price_version_id
       where i.id = $1`,
      [invoiceId],
    );
  }

  /** Lets other invoices bill what this one did. */
  async releaseRollups(client: PoolClient, invoiceId: string): Promise<void> {
    await client.query('delete from invoice_line_rollup where invoice_id = $1', [invoiceId]);
  }
}

const toFacts = (row: Row): BillingFacts => ({
  ...toParties(row),
  periodId: row.period_id,
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  organizationId: row.organization_id,
  walletId: row.wallet_id,
  currency: row.currency,
  billingMode: row.billing_mode as BillingFacts['billingMode'],
  paymentDetails: row.payment_details,
  netDays: row.net_days,
  paidNano: BigInt(row.paid_nano),
  taxedNano: BigInt(row.taxed_nano),
  promoNano: BigInt(row.promo_nano),
  creditedNano: BigInt(row.credited_nano),
});
