import { parquetMetadata } from 'hyparquet';
import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { ExportsService } from '../../../src/billing/exports/exports.service.js';
import { FINANCE_REPORTS } from '../../../src/billing/exports/reports/finance-report.js';
import { FinalizationService } from '../../../src/billing/invoicing/finalization.service.js';
import { InvoicingModule } from '../../../src/billing/invoicing/invoicing.module.js';
import { InvoiceEndingService } from '../../../src/billing/invoicing/invoice-ending.service.js';
import { publicId, uuidv7 } from '../../../src/core/ids.js';
import { systemActor } from '../../../src/platform/audit/audit-log.repository.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { runCall } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import type { Tenant } from '../../support/builders/tenant.builder.js';
import { travelTo } from '../../support/clock.js';
import { expectFinanceReportsAgree, financeReport } from '../../support/finance-reports.js';
import { readCsvObjects } from '../../support/focus/read-csv.js';
import { readXlsx } from '../../support/read-xlsx.js';
import { runCommand } from '../../support/run-command.js';
import {
  createCustomer,
  createLegalEntity,
  startInvoicing,
  type InvoicingWorld,
} from '../../support/invoicing.js';

const REPORTS = '/finance/v1/reports';
const SPAN = 'from=2026-11-01T00:00:00Z&to=2027-06-01T00:00:00Z';

describe('reports for finance', () => {
  let api: AdminApi;
  let pool: InvoicingWorld['pool'];
  let world: InvoicingWorld;
  let exports: ExportsService;
  let entity: string;
  let model: TestModel;
  let home: Tenant;
  let abroad: Tenant;

  beforeAll(async () => {
    api = await startAdminApi([BillingApiModule, InvoicingModule]);
    world = await startInvoicing(api.databaseUrl);
    pool = world.pool;
    exports = api.app.get(ExportsService, { strict: false });
    await travelTo(pool, '2026-11-03T10:00:00Z');
    entity = await createLegalEntity(pool, { country: 'DE', prefix: 'DE', rates: { DE: 190_000 } });
    const terms = { currency: 'EUR', legalEntityId: entity, netDays: 14 };
    home = await createCustomer(pool, { ...terms, country: 'DE', name: '=HYPERLINK("x")' });
    abroad = await createCustomer(pool, { ...terms, country: 'AT', vatId: 'ATU13585627', name: '@SUM(1)' });
    model = await createModel(pool, { currency: 'EUR', prices: [['input', 3_000_000n, 2_000_000n]] });
    for (const tenant of [home, abroad])
      await runCall(pool, tenant, { model, quantities: { input: 1_000_333 } });
    await endMonth('2026-12-01T00:05:00Z');
    await runCall(pool, home, { model, quantities: { input: 500_000 } });
    await endMonth('2027-01-01T00:05:00Z');
  }, 60_000);
  afterAll(async () => {
    await world.drop();
    await api.close();
  });

  const endMonth = async (instant: string): Promise<void> => {
    await travelTo(pool, instant);
    await world.periods.closeDue();
    await travelTo(pool, new Date(Date.parse(instant) + 61 * 60_000).toISOString());
    await world.get(FinalizationService).finalizeDue();
  };
  const csv = async (report: string, query = SPAN) => {
    const answer = await api.get(`${REPORTS}/${report}?${query}`, 'auditor');
    expect([answer.status, answer.headers['content-type']]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
    ]);
    return readCsvObjects(answer.text);
  };

  it('ages what is owed by days past due, and follows it back in time', async () => {
    // Issued on 1 December and 1 January at 01:06, due 14 days later.
    const openAt = async (at: string) =>
      (await csv('aged-receivables', `at=${at}`)).map((row) => [
        row['number'],
        row['days_overdue'],
        ...['open', 'current', 'days_1_30', 'days_31_60', 'days_61_90', 'days_over_90'].map(
          (name) => row[name] ?? '',
        ),
      ]);
    expect(await openAt('2026-12-01T00:00:00Z')).toEqual([]);
    const first = '3.570000000';
    const [number] = (await openAt('2026-12-10T00:00:00Z')).find((row) => row[2] === first) ?? [];
    const of = async (at: string) => (await openAt(at)).find((row) => row[0] === number)?.slice(1);
    expect(await of('2026-12-15T00:00:00Z')).toEqual(['0', first, first, '', '', '', '']);
    expect(await of('2026-12-15T02:00:00Z')).toEqual(['1', first, '', first, '', '', '']);
    expect(await of('2027-01-14T01:00:00Z')).toEqual(['30', first, '', first, '', '', '']);
    expect(await of('2027-01-14T02:00:00Z')).toEqual(['31', first, '', '', first, '', '']);
    expect(await of('2027-03-01T00:00:00Z')).toEqual(['76', first, '', '', '', first, '']);
    expect(await of('2027-06-01T00:00:00Z')).toEqual(['168', first, '', '', '', '', first]);
    expect(await openAt('2027-06-01T00:00:00Z')).toHaveLength(3);
  });

  it('lists every number of the register, and a hole where one is missing', async () => {
    const rows = await csv('invoice-register');
    expect(rows.map((row) => [row['number'], row['numbers_missing']])).toEqual([
      ['1', '0'],
      ['2', '0'],
      ['3', '0'],
    ]);
    // As nothing in the product can do: two numbers are skipped.
    await pool.query(`update invoice_series set next_no = next_no + 2 where prefix = 'DEINV-'`);
    const broken = await csv('invoice-register');
    expect(broken.filter((row) => row['document'] === 'gap')).toMatchObject([
      { series: 'DEINV-', number: '4', numbers_missing: '2' },
    ]);
    expect(
      await csv('invoice-register', `${SPAN}&organization=${publicId('organization', home.organizationId)}`),
    ).toHaveLength(2);
    await pool.query(`update invoice_series set next_no = next_no - 2 where prefix = 'DEINV-'`);
  });

  it('takes a void off where it happened, in register, tax and receivables', async () => {
    await travelTo(pool, '2027-02-10T10:00:00Z');
    const { rows } = await pool.query<{ id: string }>(
      `select id from invoice where organization_id = $1 and status = 'finalized'`,
      [abroad.organizationId],
    );
    await world.get(InvoiceEndingService).void(rows[0]?.id ?? '', systemActor('finance'));
    const february = 'from=2027-02-01T00:00:00Z&to=2027-03-01T00:00:00Z';
    expect(await csv('invoice-register', february)).toMatchObject([
      { document: 'void', net: '-3.000000000', tax: '0.000000000', status: 'void' },
    ]);
    expect(await csv('tax', february)).toMatchObject([
      {
        jurisdiction: 'AT',
        category: 'AE',
        regime: 'reverse charge',
        voids: '1',
        base: '-3.000000000',
        tax: '0.000000000',
      },
    ]);
    await expectFinanceReportsAgree(world);
  });

  it('tells tax by country, regime and rate', async () => {
    const rows = await csv('tax', 'from=2026-12-01T00:00:00Z&to=2027-01-01T00:00:00Z');
    const told = rows.map((row) => [
      row['jurisdiction'],
      row['category'],
      row['rate_percent'],
      row['base'],
      row['tax'],
    ]);
    expect(told).toEqual([
      ['AT', 'AE', '0.0000', '3.000000000', '0.000000000'],
      ['DE', 'S', '19.0000', '3.000000000', '0.570000000'],
    ]);
  });

  it('disarms what customers chose in CSV, and never a negative amount; other formats have it as it is', async () => {
    const names = (await csv('margin')).map((row) => row['org_name']);
    expect(new Set(names)).toEqual(new Set([`'=HYPERLINK("x")`, `'@SUM(1)`]));
    const register = await csv('invoice-register');
    expect(register.map((row) => row['customer'])).toContain(`'@SUM(1)`);
    expect(register.map((row) => row['net'])).toContain('-3.000000000');
    const answer = await api.get(`${REPORTS}/margin?${SPAN}&format=jsonl`, 'finance');
    expect(answer.text).toContain('"org_name":"@SUM(1)"');
  });

  it('gives the journal the codes of the accounting system, balanced in each transaction', async () => {
    const path = `/finance/v1/legal-entities/${publicId('legalEntity', entity)}/account-codes`;
    const codes = [
      { account: 'revenue', code: '08400', name: '=Sales' },
      { account: 'receivable_usage', code: '1400' },
    ];
    const put = (body: unknown, role: 'finance' | 'auditor' = 'finance') =>
      api.call({ method: 'put', path, body, role });
    expect((await put({ codes }, 'auditor')).status).toBe(403);
    expect((await put({ codes: [{ account: 'cash', code: '1' }] })).body.error.param).toBe('codes.0.account');
    expect((await put({ codes: [codes[0], codes[0]] })).body.error.param).toBe('codes');
    expect((await put({ codes })).body).toEqual({
      object: 'account_codes',
      legal_entity: publicId('legalEntity', entity),
      codes: [
        { account: 'receivable_usage', code: '1400', name: '' },
        { account: 'revenue', code: '08400', name: '=Sales' },
      ],
    });
    expect((await api.get(path)).body.codes).toHaveLength(2);
    const journal = await csv('journal');
    const revenue = journal.find((row) => row['account'] === 'revenue');
    expect(revenue).toMatchObject({ account_code: '08400', account_name: `'=Sales`, debit: '' });
    expect(journal.find((row) => row['account'] === 'vat_payable')?.['account_code']).toBe('');
    const { rows } = await pool.query(
      `select count(*)::int as n from audit_log where action = 'account_codes.replace'`,
    );
    expect(rows).toEqual([{ n: 1 }]);
    const atOnce = await Promise.all(Array.from({ length: 6 }, () => put({ codes })));
    expect(atOnce.map(({ status }) => status)).toEqual(atOnce.map(() => 200));
  });

  it('stands in every format, each with the same rows', async () => {
    for (const report of FINANCE_REPORTS) {
      const query = report === 'aged-receivables' ? 'at=2027-06-01T00:00:00Z' : SPAN;
      const rows = (await csv(report, query)).length;
      expect([report, rows]).toEqual([report, expect.any(Number)]);
      for (const format of ['jsonl', 'parquet', 'xlsx'] as const) {
        const pieces: Buffer[] = [];
        const span = { from: new Date('2026-11-01T00:00:00Z'), to: new Date('2027-06-01T00:00:00Z') };
        for await (const piece of exports.write({ ...span, report, format })) pieces.push(piece);
        const file = Buffer.concat(pieces);
        const counts = {
          jsonl: () => file.toString().split('\n').filter(Boolean).length,
          parquet: () => Number(parquetMetadata(new Uint8Array(file).buffer).num_rows),
          xlsx: () => readXlsx(file).length - 1,
        };
        expect([report, format, counts[format]()]).toEqual([report, format, rows]);
      }
    }
    const rows = await financeReport(api.databaseUrl, 'tax');
    expect(rows[0]).toMatchObject({ legal_entity: 'Faregate GmbH', currency: 'EUR' });
  });

  it.each([
    ['margin', 'from=2026-11-01T00:00:00Z', 'to'],
    ['tax', 'from=2026-12-01T00:00:00Z&to=2026-11-01T00:00:00Z', 'to'],
    ['journal', `${SPAN}&format=focus-1.4`, 'format'],
    ['aged-receivables', SPAN, 'from'],
    ['aged-receivables', '', 'at'],
    ['margin', `${SPAN}&project=proj_00000000000070008000000000000001`, 'project'],
    ['tax', `${SPAN}&organization=acme`, 'organization'],
    ['tax', `${SPAN}&separator=semicolon&format=jsonl`, 'separator'],
  ])('%s refuses %s by its field', async (report, query, param) => {
    const { status, body } = await api.get(`${REPORTS}/${report}?${query}`, 'finance');
    expect([status, body.error.param]).toEqual([400, param]);
  });

  it('refuses what is not there, and who may not read', async () => {
    const { status, body } = await api.get(
      `${REPORTS}/tax?${SPAN}&legal_entity=${publicId('legalEntity', uuidv7())}`,
    );
    expect([status, body.error.param]).toEqual([404, 'legal_entity']);
    expect((await api.get(`${REPORTS}/tax?${SPAN}`, 'support')).status).toBe(403);
  });

  it('can be had on the command line too', async () => {
    const run = (...args: string[]) => runCommand(['export', ...args], api.databaseUrl);
    const span = ['--from', '2026-11-01T00:00:00Z', '--to', '2027-06-01T00:00:00Z'];
    const organization = publicId('organization', home.organizationId);
    const { code, output } = await run('journal', ...span, '--organization', organization);
    const { text } = await api.get(`${REPORTS}/journal?${SPAN}&organization=${organization}`);
    expect([code, output]).toEqual([0, text]);
    expect(await run('aged-receivables', ...span)).toMatchObject({ code: 2 });
    expect(await run('secrets', ...span)).toMatchObject({ code: 2 });
    expect(await run('tax', ...span, '--organization', 'acme')).toMatchObject({ code: 2 });
  });
});
