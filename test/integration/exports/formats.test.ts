import { parquetReadObjects } from 'hyparquet';
import { ExportsService } from '../../../src/billing/exports/exports.service.js';
import type { UsageReport } from '../../../src/billing/exports/report-plan.js';
import { ReportsRepository } from '../../../src/billing/exports/reports.repository.js';
import { parseNano } from '../../../src/core/money.js';
import { Snapshot } from '../../../src/platform/database/snapshot.service.js';
import { createBilling } from '../../support/billing.js';
import { runCall } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';
import { focusFile, focusViolations } from '../../support/focus/focus-rules.js';
import { readCsvObjects } from '../../support/focus/read-csv.js';
import { readXlsx } from '../../support/read-xlsx.js';
import { insertUsage } from '../../support/usage-at-size.js';

const EVENTS = 10_000;
const SPAN = { from: new Date('2026-10-01T00:00:00Z'), to: new Date('2026-10-03T00:00:00Z') };

interface Sums {
  rows: number;
  amount: bigint;
  cost: bigint;
  quantity: bigint;
}

describe('a usage report of twenty thousand lines', () => {
  let billing: Awaited<ReturnType<typeof createBilling>>;
  let exports: ExportsService;
  let tenant: Tenant;
  let model: TestModel;
  let expected: Omit<Sums, 'rows'>;

  beforeAll(async () => {
    billing = await createBilling();
    exports = new ExportsService(new ReportsRepository(new Snapshot(billing.config)));
    tenant = await createTenant(billing.pool, { overdraftNano: 10n ** 12n, name: '=cmd|"x", Ltd' });
    model = await createModel(billing.pool, {
      prices: [
        ['input', 3_000_333n, 2_000_000n],
        ['output', 15_000_000n, 10_000_000n],
      ],
    });
    await insertUsage(billing.pool, { tenant, model, events: EVENTS, from: '2026-10-01T00:00:00Z' });
    const { rows } = await billing.pool.query<Record<string, string>>(
      `select (select sum(amount_nano) from usage_event)::text as amount, (select sum(cost_nano) from usage_event)::text as cost,
         (select sum(quantity) from usage_event_line)::text as quantity`,
    );
    const of = (name: string) => BigInt(rows[0]?.[name] ?? 0);
    expected = { amount: of('amount'), cost: of('cost'), quantity: of('quantity') };
  }, 120_000);
  afterAll(() => billing.drop());

  const file = async (over: Partial<UsageReport>): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for await (const piece of exports.write({ ...SPAN, granularity: 'request', format: 'csv', ...over }))
      pieces.push(piece);
    return Buffer.concat(pieces);
  };
  const sumOf = (rows: { amount: string; provider_cost: string; quantity: string }[]): Sums => ({
    rows: rows.length,
    amount: rows.reduce((sum, { amount }) => sum + parseNano(amount), 0n),
    cost: rows.reduce((sum, { provider_cost: cost }) => sum + parseNano(cost), 0n),
    quantity: rows.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n),
  });
  type Row = { amount: string; provider_cost: string; quantity: string; org_name: string };

  it('adds up to the events in CSV, JSONL and Parquet, in each with the same rows', async () => {
    const csv = sumOf(readCsvObjects((await file({ format: 'csv' })).toString()) as unknown as Row[]);
    expect(csv).toMatchObject(expected);
    expect(csv.rows).toBeGreaterThan(2 * EVENTS);
    const lines = (await file({ format: 'jsonl' })).toString().split('\n').filter(Boolean);
    expect(sumOf(lines.map((line) => JSON.parse(line) as Row))).toEqual(csv);
    const parquet = await file({ format: 'parquet' });
    const buffer = new Uint8Array(parquet).buffer;
    const columns = ['amount', 'provider_cost', 'quantity'];
    const rows = (await parquetReadObjects({ file: buffer, columns })) as Record<string, number | bigint>[];
    const text = (value: number | bigint | undefined) => Number(value).toFixed(9);
    expect(
      sumOf(
        rows.map((row) => ({
          amount: text(row['amount']),
          provider_cost: text(row['provider_cost']),
          quantity: String(row['quantity']),
        })),
      ),
    ).toEqual(csv);
  }, 120_000);

  it('adds up in a spreadsheet, whose numbers are numbers and whose texts are texts', async () => {
    const to = new Date('2026-10-01T02:00:00Z');
    const csv = readCsvObjects((await file({ to })).toString()) as unknown as Row[];
    const [header = [], ...rows] = readXlsx(await file({ to, format: 'xlsx' }));
    const names = header.map((cell) => cell?.value ?? '');
    const cell = (row: (typeof rows)[number], name: string) => row[names.indexOf(name)];
    expect(cell(rows[0] ?? [], 'org_name')).toEqual({ value: '=cmd|"x", Ltd', text: true });
    expect(cell(rows[0] ?? [], 'amount')?.text).toBe(false);
    const asText = (row: (typeof rows)[number], name: string) => Number(cell(row, name)?.value).toFixed(9);
    const sheet = rows.map((row) => ({
      amount: asText(row, 'amount'),
      provider_cost: asText(row, 'provider_cost'),
      quantity: cell(row, 'quantity')?.value ?? '',
    }));
    expect(sumOf(sheet)).toEqual(sumOf(csv));
  }, 60_000);

  it('adds up to the same when summed by day, and in FOCUS, whose file breaks no rule', async () => {
    const day = readCsvObjects((await file({ granularity: 'day' })).toString()) as unknown as Row[];
    expect(sumOf(day)).toMatchObject(expected);
    expect(day.length).toBeLessThan(20);
    for (const version of ['1.4', '1.2'] as const) {
      const focus = focusFile(
        version,
        (await file({ format: `focus-${version}`, granularity: 'day' })).toString(),
      );
      expect(focusViolations(focus)).toEqual([]);
      const effective = focus.rows.reduce((sum, row) => sum + parseNano(row['EffectiveCost'] ?? ''), 0n);
      const promo = focus.rows.filter((row) => row['x_FundingSource'] === 'prepaid_promo');
      const free = day.filter((row) => (row as unknown as { funding: string }).funding === 'prepaid_promo');
      expect(promo).toHaveLength(free.length);
      expect(effective + sumOf(free).amount).toBe(expected.amount);
    }
  }, 60_000);

  const nameWritten = async (name: string): Promise<string | undefined> => {
    await billing.pool.query('update organization set name = $2 where id = $1', [
      tenant.organizationId,
      name,
    ]);
    const [row] = readCsvObjects((await file({ to: new Date('2026-10-01T00:00:02Z') })).toString());
    return row?.['org_name'];
  };

  it('disarms what a spreadsheet would run in columns of text, and never a negative amount', async () => {
    const [row] = readCsvObjects((await file({ to: new Date('2026-10-01T00:00:05Z') })).toString());
    expect(row?.['org_name']).toBe(`'=cmd|"x", Ltd`);
    const signs = ['=1+1', '+1', '-1', '@SUM(A1)', '＝1', '＋1', '－1', '＠x'];
    const edges = ['\tx', '\rx', '\nx', '  =1', '\u00a0=1', '\u3000=1', '\ufeff=1', ' ＝1'];
    for (const name of [...signs, ...edges]) expect(await nameWritten(name)).toBe(`'${name}`);
    await nameWritten('Acme');
  });

  it('is read back as it was written by a reader that knows RFC 4180', async () => {
    for (const name of ['plain', 'with, comma', 'a "quote"', 'two\r\nlines', ' edge ', '"', "it's"])
      expect(await nameWritten(name)).toBe(name);
    await nameWritten('Acme');
  });

  it('has a variant with semicolons and decimal commas, and one with a byte order mark', async () => {
    const to = new Date('2026-10-01T00:00:05Z');
    const plain = readCsvObjects((await file({ to })).toString());
    const german = readCsvObjects((await file({ to, semicolon: true })).toString(), ';');
    expect(german.map((row) => row['amount'])).toEqual(plain.map((row) => row['amount']?.replace('.', ',')));
    const marked = await file({ to, bom: true });
    expect(marked.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(marked.toString().slice(1)).toBe((await file({ to })).toString());
  });

  it('shows one state while calls settle, whatever the format', async () => {
    const span = { from: new Date('2026-10-01T00:00:00Z'), to: new Date('2099-01-01T00:00:00Z') };
    const pieces: Buffer[] = [];
    for await (const piece of exports.write({ ...span, granularity: 'request', format: 'csv' })) {
      if (pieces.length < 3) await runCall(billing.pool, tenant, { model, quantities: { input: 5 } });
      pieces.push(piece);
    }
    expect(sumOf(readCsvObjects(Buffer.concat(pieces).toString()) as unknown as Row[])).toMatchObject(
      expected,
    );
  }, 60_000);
});
