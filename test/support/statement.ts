import type { Pool } from 'pg';
import { ExportsService } from '../../src/billing/exports/exports.service.js';
import { ReportsRepository } from '../../src/billing/exports/reports.repository.js';
import { Snapshot } from '../../src/platform/database/snapshot.service.js';
import { parseNano } from '../../src/core/money.js';
import { AppConfig } from '../../src/platform/config/app-config.js';
import { testEnvironment } from './billing.js';
import { expectFinanceReportsAgree } from './finance-reports.js';
import { billedByInvoice, focusFile, focusViolations } from './focus/focus-rules.js';
import type { Tenant } from './builders/tenant.builder.js';
import type { InvoicingWorld } from './invoicing.js';

type Whose = Pick<Tenant, 'organizationId'>;

/** Sums of a customer's ledger entries by account, without accounts at zero; debits above zero, nano as digits. */
export async function ledgerOf(pool: Pool, { organizationId }: Whose): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ kind: string; nano: string }>(
    `select a.kind, sum(e.amount_nano) as nano from ledger_entry e join ledger_account a on a.id = e.account_id
     join ledger_transaction t on t.id = e.transaction_id where t.organization_id = $1
     group by 1 having sum(e.amount_nano) <> 0 order by 1`,
    [organizationId],
  );
  return Object.fromEntries(rows.map((row) => [row.kind, row.nano]));
}

/** What the usage report says a customer was charged: in all, and of that what no credit and what a present paid. */
async function reportOf({ url }: Pick<InvoicingWorld, 'url'>, { organizationId }: Whose) {
  const service = new ExportsService(
    new ReportsRepository(new Snapshot(new AppConfig(testEnvironment(url)))),
  );
  const sum = { chargedNano: 0n, postpaidNano: 0n, promoNano: 0n };
  const span = { from: new Date('2000-01-01T00:00:00Z'), to: new Date('2100-01-01T00:00:00Z') };
  const pieces: Buffer[] = [];
  for await (const piece of service.write({
    ...span,
    organizationId,
    granularity: 'request',
    format: 'jsonl',
  })) {
    pieces.push(piece);
  }
  for (const text of Buffer.concat(pieces).toString().split('\n').filter(Boolean)) {
    const line = JSON.parse(text) as { amount: string; funding: string | null };
    sum.chargedNano += parseNano(line.amount);
    if (line.funding === 'postpaid') sum.postpaidNano += parseNano(line.amount);
    if (line.funding === 'prepaid_promo') sum.promoNano += parseNano(line.amount);
  }
  return sum;
}

/**
 * The FOCUS files of everything a customer ever did break no rule of the specification, and bill each invoice and
 * credit note to its exact payable sum.
 */
async function expectFocusAgrees(
  { url, pool }: Pick<InvoicingWorld, 'url' | 'pool'>,
  { organizationId }: Whose,
): Promise<void> {
  const { rows: documents } = await pool.query<{ number: string; payable: string }>(
    `select number_text as number, ((total_minor - prepaid_minor) * power(10::numeric, 18 - minor_exp))::numeric(60, 0)::text as payable
     from invoice where organization_id = $1 and status in ('finalized', 'paid')
     union all
     select number_text, (-total_minor * power(10::numeric, 18 - minor_exp))::numeric(60, 0)::text from credit_note
     where organization_id = $1`,
    [organizationId],
  );
  const service = new ExportsService(
    new ReportsRepository(new Snapshot(new AppConfig(testEnvironment(url)))),
  );
  const span = { from: new Date('2000-01-01T00:00:00Z'), to: new Date('2100-01-01T00:00:00Z') };
  for (const [version, granularity] of [
    ['1.4', 'request'],
    ['1.2', 'day'],
    ['1.4', 'month'],
  ] as const) {
    const pieces: Buffer[] = [];
    const report = { ...span, organizationId, granularity, format: `focus-${version}` as const };
    for await (const piece of service.write(report)) pieces.push(piece);
    const file = focusFile(version, Buffer.concat(pieces).toString());
    expect(focusViolations(file)).toEqual([]);
    const billed = billedByInvoice(file);
    for (const { number, payable } of documents)
      expect([number, billed.get(number) ?? 0n]).toEqual([number, BigInt(payable)]);
  }
}

/**
 * The end of every money story: no check of the books finds anything, every finance report adds up to the ledger, and for each customer the usage report, the
 * invoices less the credit notes of corrections, and the ledger tell the same sum, to the nano-unit. All of the
 * customer's usage must have been invoiced.
 */
export async function expectBooksAgree(
  world: Pick<InvoicingWorld, 'url' | 'pool'> & { violations: () => Promise<unknown[]> },
  customers: Whose[],
): Promise<void> {
  expect(await world.violations()).toEqual([]);
  await expectFinanceReportsAgree(world);
  for (const customer of customers) {
    await expectFocusAgrees(world, customer);
    const report = await reportOf(world, customer);
    const { rows } = await world.pool.query<{
      billed: string;
      credited: string;
      lines: string;
      goodwill: string;
      added: string;
    }>(
      `select (select coalesce(sum(usage_nano), 0) from invoice where organization_id = $1 and status in ('finalized', 'paid')) as billed,
         (select coalesce(sum(r.amount_nano), 0) from credited_reversal r join credit_note c on c.id = r.credit_note_id
          where c.organization_id = $1) as credited,
         (select coalesce(sum(l.amount_nano), 0) from invoice_line l join invoice i on i.id = l.invoice_id
          where i.organization_id = $1 and i.status in ('finalized', 'paid') and l.kind = 'usage') as lines,
         (select coalesce(sum(usage_nano + period_end_nano), 0) from credit_note where organization_id = $1 and correction_id is null
           and claw_back_id is null) as goodwill,
         (select coalesce(sum(period_end_nano), 0) from invoice where organization_id = $1
          and status in ('finalized', 'paid', 'uncollectible')) as added`,
      [customer.organizationId],
    );
    const [sums] = rows;
    if (!sums) throw new Error('no sums');
    expect(BigInt(sums.billed) - BigInt(sums.credited)).toBe(report.postpaidNano);
    expect(BigInt(sums.lines)).toBe(report.chargedNano);
    const ledger = await ledgerOf(world.pool, customer);
    expect(BigInt(ledger['contract_asset'] ?? 0)).toBe(0n);
    // Presents are no revenue; all else that was charged is, and what invoices ask for beside usage.
    expect(-BigInt(ledger['revenue'] ?? 0)).toBe(report.chargedNano + BigInt(sums.added) - report.promoNano);
    expect(BigInt(ledger['revenue_reduction'] ?? 0)).toBe(BigInt(sums.goodwill));
  }
}
