import type { Pool } from 'pg';
import { ExportsService } from '../../src/billing/exports/exports.service.js';
import { ReportsRepository } from '../../src/billing/exports/reports.repository.js';
import type { FinanceReport, FinanceReportName } from '../../src/billing/exports/reports/finance-report.js';
import { parseNano } from '../../src/core/money.js';
import { AppConfig } from '../../src/platform/config/app-config.js';
import { Snapshot } from '../../src/platform/database/snapshot.service.js';
import { testEnvironment } from './billing.js';

/** A row of a report: decimals and texts as they are written, null for none. */
export type ReportRow = Record<string, string | null>;

const EVER = { from: new Date('2000-01-01T00:00:00Z'), to: new Date('2100-01-01T00:00:00Z') };

/** The rows of a finance report of everybody and of all time, unless said otherwise. */
export async function financeReport(
  url: string,
  report: FinanceReportName,
  over: Partial<FinanceReport> = {},
): Promise<ReportRow[]> {
  const service = new ExportsService(
    new ReportsRepository(new Snapshot(new AppConfig(testEnvironment(url)))),
  );
  const pieces: Buffer[] = [];
  for await (const piece of service.write({ ...EVER, format: 'jsonl', ...over, report })) pieces.push(piece);
  const text = Buffer.concat(pieces).toString();
  // Money has 9 decimals everywhere, and nothing is rounded to get there.
  expect(text).not.toMatch(/"-?\d+\.\d{10,}"/);
  const lines = text.split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as ReportRow);
}

/** Columns of money added up by a key, nano; sums of 0 are left out. */
export function sumBy(
  rows: readonly ReportRow[],
  keyOf: (row: ReportRow) => string,
  columns: readonly string[],
): Record<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const row of rows)
    for (const column of columns)
      sums.set(keyOf(row), (sums.get(keyOf(row)) ?? 0n) + parseNano(row[column] ?? '0'));
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0n));
}

const owner = (row: ReportRow): string => `${row['legal_entity']} ${row['currency']}`;

/** What the ledger's own entries say of some accounts, by legal entity and currency; credits above zero when `sign` is -1. */
async function ledgerSums(
  pool: Pool,
  {
    accounts,
    sign = 1,
    before,
    kinds,
  }: { accounts: string[]; sign?: 1 | -1; before?: Date; kinds?: string[] },
): Promise<Record<string, bigint>> {
  const { rows } = await pool.query<{ owner: string; nano: string }>(
    `select l.name || ' ' || a.currency as owner, sum(e.amount_nano)::text as nano
     from ledger_entry e join ledger_account a on a.id = e.account_id join legal_entity l on l.id = a.legal_entity_id
     join ledger_transaction t on t.id = e.transaction_id
     where a.kind = any ($1) and t.effective_at < $2 and ($3::text[] is null or t.kind = any ($3))
     group by 1 having sum(e.amount_nano) <> 0`,
    [accounts, before ?? EVER.to, kinds ?? null],
  );
  return Object.fromEntries(rows.map((row) => [row.owner, BigInt(sign) * BigInt(row.nano)]));
}

/** Instants at which the books are looked at: every month there was a posting, and behind the last. */
async function monthsOf(pool: Pool): Promise<Date[]> {
  const { rows } = await pool.query<{ at: Date }>(
    `select distinct date_trunc('month', effective_at, 'UTC') as at from ledger_transaction order by 1`,
  );
  return [...rows.map(({ at }) => at), EVER.to];
}

/**
 * Every finance report adds up to the ledger, to the nano-unit, whatever happened: margin to revenue and every cost of providers, the
 * roll-forward to deferred revenue month by month, receivables at the end of every month, register and tax to what documents
 * posted, and the journal to every account.
 */
export async function expectFinanceReportsAgree({ url, pool }: { url: string; pool: Pool }): Promise<void> {
  await expectMarginAgrees(url, pool);
  const months = await monthsOf(pool);
  for (const [index, to] of months.entries()) {
    const from = months[index - 1] ?? EVER.from;
    await expectLiabilityAgrees(url, pool, { from, to });
    const receivables = await financeReport(url, 'aged-receivables', { from: to, to });
    expect([to, sumBy(receivables, owner, ['open'])]).toEqual([
      to,
      await ledgerSums(pool, { accounts: ['receivable', 'receivable_usage'], before: to }),
    ]);
    const buckets = ['current', 'days_1_30', 'days_31_60', 'days_61_90', 'days_over_90'];
    expect(sumBy(receivables, owner, buckets)).toEqual(sumBy(receivables, owner, ['open']));
  }
  await expectDocumentsAgree(url, pool);
  await expectJournalAgrees(url, pool);
}

async function expectMarginAgrees(url: string, pool: Pool): Promise<void> {
  const rows = await financeReport(url, 'margin');
  expect(sumBy(rows, owner, ['revenue'])).toEqual(
    await ledgerSums(pool, { accounts: ['revenue'], sign: -1 }),
  );
  const costs = sumBy(rows, (row) => `${row['legal_entity']} ${row['cost_currency']}`, [
    'provider_cost',
    'absorbed_cost',
  ]);
  expect(costs).toEqual(await ledgerSums(pool, { accounts: ['cost_of_sales'], kinds: ['usage'] }));
  // Attempts are a cost of sales, the house's test calls an expense of its own.
  expect(sumBy(rows, owner, ['unbilled_attempt_cost'])).toEqual(
    await ledgerSums(pool, {
      accounts: ['cost_of_sales', 'house_expense'],
      kinds: ['attempt_cost', 'upstream_probe'],
    }),
  );
  expect(sumBy(rows, owner, ['unposted'])).toEqual({});
}

async function expectLiabilityAgrees(url: string, pool: Pool, span: { from: Date; to: Date }): Promise<void> {
  const rows = await financeReport(url, 'contract-liability', span);
  const accounts = ['deferred_revenue'];
  expect([span, sumBy(rows, owner, ['closing'])]).toEqual([
    span,
    await ledgerSums(pool, { accounts, sign: -1, before: span.to }),
  ]);
  expect(sumBy(rows, owner, ['opening'])).toEqual(
    await ledgerSums(pool, { accounts, sign: -1, before: span.from }),
  );
  for (const row of rows) {
    const { opening, closing, ...rest } = row;
    const movements = Object.entries(rest).filter(([, value]) => /^-?\d+\.\d{9}$/.test(value ?? ''));
    const sum = movements.reduce((total, [, value]) => total + parseNano(value ?? ''), 0n);
    expect(parseNano(opening ?? '') + sum).toBe(parseNano(closing ?? ''));
    expect(row['other']).toBe('0.000000000');
  }
  if (span.to < EVER.to) return;
  const { rows: lots } = await pool.query<{ owner: string; nano: string }>(
    `select l.name || ' ' || w.currency as owner, sum(b.remaining_nano)::text as nano from grant_balance b
     join credit_grant g on g.id = b.grant_id join wallet w on w.id = b.wallet_id
     join billing_account a on a.organization_id = g.organization_id join legal_entity l on l.id = a.legal_entity_id
     where g.kind <> 'promo' group by 1 having sum(b.remaining_nano) <> 0`,
  );
  expect(sumBy(rows, owner, ['closing'])).toEqual(
    Object.fromEntries(lots.map((lot) => [lot.owner, BigInt(lot.nano)])),
  );
}

async function expectDocumentsAgree(url: string, pool: Pool): Promise<void> {
  const register = await financeReport(url, 'invoice-register');
  expect(register.filter((row) => row['document'] === 'gap')).toEqual([]);
  const kinds = ['invoice', 'invoice_void', 'credit_note'];
  // Receipts are paid when they are issued: neither they nor the notes that refund them are ever owed.
  const receipts = new Set(
    register.filter((row) => row['document'] === 'receipt').map((row) => row['number_text']),
  );
  const owed = register.filter(
    (row) => !receipts.has(row['number_text'] ?? null) && !receipts.has(row['original_number'] ?? null),
  );
  const asked = sumBy(owed, owner, ['total']);
  for (const [key, prepaid] of Object.entries(sumBy(owed, owner, ['prepaid'])))
    asked[key] = (asked[key] ?? 0n) - prepaid;
  expect(Object.fromEntries(Object.entries(asked).filter(([, sum]) => sum !== 0n))).toEqual(
    await ledgerSums(pool, { accounts: ['receivable', 'receivable_usage'], kinds }),
  );
  const tax = await financeReport(url, 'tax');
  const vat = await ledgerSums(pool, { accounts: ['vat_payable'], sign: -1 });
  expect(sumBy(tax, owner, ['tax'])).toEqual(vat);
  expect(sumBy(register, owner, ['tax'])).toEqual(vat);
  expect(sumBy(tax, owner, ['base'])).toEqual(sumBy(register, owner, ['net']));
}

async function expectJournalAgrees(url: string, pool: Pool): Promise<void> {
  const journal = await financeReport(url, 'journal');
  const sides = (row: ReportRow) => parseNano(row['debit'] ?? '0') - parseNano(row['credit'] ?? '0');
  const byTransaction = new Map<string, bigint>();
  const byAccount = new Map<string, bigint>();
  for (const row of journal) {
    const id = row['transaction_id'] ?? '';
    byTransaction.set(id, (byTransaction.get(id) ?? 0n) + sides(row));
    const account = `${row['account']} ${row['currency']}`;
    byAccount.set(account, (byAccount.get(account) ?? 0n) + sides(row));
    expect((row['debit'] === null) !== (row['credit'] === null)).toBe(true);
  }
  expect([...byTransaction].filter(([, sum]) => sum !== 0n)).toEqual([]);
  const { rows } = await pool.query<{ account: string; nano: string }>(
    `select a.kind || ' ' || a.currency as account, sum(e.amount_nano)::text as nano from ledger_entry e
     join ledger_account a on a.id = e.account_id group by 1`,
  );
  expect(Object.fromEntries(byAccount)).toEqual(
    Object.fromEntries(rows.map((row) => [row.account, BigInt(row.nano)])),
  );
}
