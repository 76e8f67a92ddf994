import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Pool } from 'pg';
import { BackgroundExportsRepository } from '../../../src/billing/exports/background/background-exports.repository.js';
import { ExportFiles } from '../../../src/billing/exports/background/export-files.store.js';
import { ExportRuns } from '../../../src/billing/exports/background/export-runs.service.js';
import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { InvoicingModule } from '../../../src/billing/invoicing/invoicing.module.js';
import { parseNano } from '../../../src/core/money.js';
import { publicId, uuidv7 } from '../../../src/core/ids.js';
import { startAdminApi, type AdminAnswer, type AdminApi } from '../../support/admin-api.js';
import { createModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';
import { travelTo } from '../../support/clock.js';
import { readCsvObjects } from '../../support/focus/read-csv.js';
import { insertUsage } from '../../support/usage-at-size.js';

const EVENTS = 3_000;
const SPAN = { from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z' };
const EXPORTS = '/finance/v1/exports';

describe('an export in the background', () => {
  let api: AdminApi;
  let pool: Pool;
  let dir: string;
  let tenant: Tenant;
  let other: Tenant;
  let runs: ExportRuns;

  beforeAll(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'faregate-exports-'));
    api = await startAdminApi([BillingApiModule, InvoicingModule], { EXPORT_DIR: dir });
    pool = new Pool({ connectionString: api.databaseUrl });
    runs = api.app.get(ExportRuns, { strict: false });
    tenant = await createTenant(pool, { overdraftNano: 10n ** 12n, name: '=Acme' });
    other = await createTenant(pool, { overdraftNano: 10n ** 12n });
    const model = await createModel(pool, {
      prices: [
        ['input', 3_000_333n, 2_000_000n],
        ['output', 15_000_000n, 10_000_000n],
      ],
    });
    await insertUsage(pool, { tenant, model, events: EVENTS, from: SPAN.from });
  }, 120_000);
  afterAll(async () => {
    await pool.end();
    await api.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const order = (body: object, role: 'finance' | 'support' = 'finance', key?: string): Promise<AdminAnswer> =>
    api.call({
      method: 'post',
      path: EXPORTS,
      body,
      role,
      headers: key === undefined ? {} : { 'idempotency-key': key },
    });
  const show = async (id: string) => (await api.get(`${EXPORTS}/${id}`, 'finance')).body;
  const files = () => readdirSync(dir, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
  const finished = async (body: object) => {
    const { status, body: made } = await order(body);
    expect(status).toBe(202);
    await runs.runDue();
    return show(made.id);
  };
  const amountOf = async (organizationId: string): Promise<bigint> => {
    const { rows } = await pool.query<{ sum: string }>(
      'select coalesce(sum(amount_nano), 0)::text as sum from usage_event where organization_id = $1',
      [organizationId],
    );
    return BigInt(rows[0]?.sum ?? 0);
  };

  it('is ordered, shows how far it is, and ends as a file whose manifest says rows, sums, hash and snapshot', async () => {
    const organization = publicId('organization', tenant.organizationId);
    const { status, body: made } = await order({ ...SPAN, organization });
    expect(status).toBe(202);
    expect(made).toMatchObject({
      object: 'export',
      id: expect.stringMatching(/^exp_[0-9a-f]{32}$/),
      report: 'usage',
      format: 'csv',
      organization,
      parameters: { ...SPAN, organization },
      status: 'queued',
      progress: { rows: 0, expected_rows: null, percent: null },
      manifest: null,
      download_url: null,
    });
    expect((await api.get(`${EXPORTS}/${made.id}/download`, 'finance')).body.error).toMatchObject({
      code: 'export_not_ready',
    });
    expect(await runs.runDue()).toBe(1);
    const done = await show(made.id);
    const downloaded = await api.get(`${EXPORTS}/${made.id}/download`, 'finance');
    expect(downloaded.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="usage-2026-10-01-2026-11-01.csv"',
      'content-length': String(done.manifest.files[0].bytes),
      etag: `"${done.manifest.files[0].sha256}"`,
    });
    expect(createHash('sha256').update(downloaded.text).digest('hex')).toBe(done.manifest.files[0].sha256);
    const rows = readCsvObjects(downloaded.text);
    expect(done).toMatchObject({
      status: 'ready',
      error: null,
      progress: { rows: rows.length, expected_rows: rows.length, percent: 100 },
      manifest: { schema_version: '1', report: 'usage', rows: rows.length },
    });
    const amount = rows.reduce((sum, row) => sum + parseNano(row['amount'] ?? ''), 0n);
    expect(amount).toBe(await amountOf(tenant.organizationId));
    for (const { column, currency, sum } of done.manifest.sums) {
      const places = column.endsWith('_amount') ? 12 : 9;
      const units = (text: string) => BigInt(text.replace('.', ''));
      const ofColumn = rows.reduce((total, row) => total + units(row[column] ?? '0'), 0n);
      expect([column, currency, sum.split('.')[1]?.length]).toEqual([column, tenant.currency, places]);
      expect([column, units(sum)]).toEqual([column, ofColumn]);
    }
    expect(done.manifest.sums.map(({ column }: { column: string }) => column)).toEqual([
      'amount',
      'list_amount',
      'margin',
      'provider_cost',
      'rated_amount',
    ]);
    expect(rows[0]?.['org_name']).toBe(`'=Acme`);
  }, 60_000);

  it.each(['jsonl', 'parquet', 'xlsx', 'focus-1.4', 'focus-1.2'])(
    'holds what the same report streamed as %s holds',
    async (format) => {
      const span = { from: SPAN.from, to: '2026-10-01T00:10:00Z' };
      const done = await finished({ ...span, format });
      expect(done).toMatchObject({ status: 'ready', error: null });
      const file = readFileOf(dir, done);
      expect(createHash('sha256').update(file).digest('hex')).toBe(done.manifest.files[0].sha256);
      const query = new URLSearchParams({ ...span, format }).toString();
      const streamed = await api.get(`/finance/v1/reports/usage?${query}`, 'finance');
      if (format !== 'parquet' && format !== 'xlsx') expect(file.toString()).toBe(streamed.text);
      if (!format.startsWith('focus')) return;
      expect(done.manifest.schema_version).toMatch(/^[0-9a-f-]{36}$/);
      const rows = readCsvObjects(file.toString());
      const sums = done.manifest.sums as { column: string; currency: string; sum: string }[];
      expect(sums.map(({ column }) => column)).toEqual([
        'BilledCost',
        'ContractedCost',
        'EffectiveCost',
        'ListCost',
      ]);
      for (const { column, sum } of sums) {
        const units = (text: string) => BigInt(text.replace('.', ''));
        expect(units(sum)).toBe(rows.reduce((total, row) => total + units(row[column] ?? ''), 0n));
      }
    },
    60_000,
  );

  it('has only rows of the organization it names, and is refused for ids of another customer by the field', async () => {
    const done = await finished({
      ...SPAN,
      organization: publicId('organization', other.organizationId),
      format: 'jsonl',
    });
    expect(done).toMatchObject({ status: 'ready', manifest: { rows: 0, sums: [] } });
    const foreign = await order({
      ...SPAN,
      organization: publicId('organization', other.organizationId),
      project: publicId('project', tenant.projectId),
    });
    expect([foreign.status, foreign.body.error.param]).toEqual([404, 'project']);
    const nobody = await order({ ...SPAN, organization: publicId('organization', uuidv7()) });
    expect([nobody.status, nobody.body.error.param]).toEqual([404, 'organization']);
    const mine = await api.get(
      `${EXPORTS}?organization=${publicId('organization', other.organizationId)}&status=ready`,
      'auditor',
    );
    expect(mine.body.data.map(({ id }: { id: string }) => id)).toEqual([done.id]);
  });

  it.each([
    [{}, 'from'],
    [{ from: SPAN.to, to: SPAN.from }, 'to'],
    [{ ...SPAN, format: 'pdf' }, 'format'],
    [{ ...SPAN, report: 'secrets' }, 'report'],
    [{ ...SPAN, report: 'tax', format: 'focus-1.4' }, 'format'],
    [{ ...SPAN, report: 'tax', granularity: 'day' }, 'granularity'],
    [{ ...SPAN, report: 'aged-receivables' }, 'from'],
    [{ report: 'aged-receivables' }, 'at'],
    [{ ...SPAN, legal_entity: 'le_00000000000070008000000000000001' }, 'legal_entity'],
    [{ ...SPAN, format: 'jsonl', bom: true }, 'bom'],
    [{ ...SPAN, format: 'jsonl', separator: 'semicolon' }, 'separator'],
    [{ ...SPAN, bom: 'yes' }, 'bom'],
    [{ ...SPAN, organization: 'org_1' }, 'organization'],
    [{ ...SPAN, from: '2026-10-01' }, 'from'],
    [{ ...SPAN, password: 'x' }, 'password'],
  ])('is refused for %j, and nothing is written', async (body, param) => {
    const before = await pool.query('select count(*)::int as n from export');
    const { status, body: answer } = await order(body);
    expect([status, answer.error.param]).toEqual([400, param]);
    expect((await pool.query('select count(*)::int as n from export')).rows).toEqual(before.rows);
  });

  it('is for finance and auditors, not for support', async () => {
    expect((await order({ ...SPAN }, 'support')).status).toBe(403);
    expect((await api.get(EXPORTS, 'support')).status).toBe(403);
    const done = await finished({ ...SPAN, report: 'tax' });
    expect((await api.get(`${EXPORTS}/${done.id}/download`, 'support')).status).toBe(403);
  });

  it('is made once for an idempotency key, and another order under the key is a conflict', async () => {
    const [first, again] = [
      await order({ ...SPAN, report: 'journal' }, 'finance', 'once'),
      await order({ ...SPAN, report: 'journal' }, 'finance', 'once'),
    ];
    expect(again.body.id).toBe(first.body.id);
    expect((await order({ ...SPAN, report: 'margin' }, 'finance', 'once')).status).toBe(409);
    // The same after the stored answer is gone: the table itself knows the key.
    await pool.query(`delete from idempotency_key where key = 'once'`);
    expect((await order({ ...SPAN, report: 'journal' }, 'finance', 'once')).body.id).toBe(first.body.id);
    await pool.query(`delete from idempotency_key where key = 'once'`);
    const other = await order({ ...SPAN, report: 'margin' }, 'finance', 'once');
    expect([other.status, other.body.error.code]).toEqual([409, 'idempotency_key_reused']);
    await runs.runDue();
  });

  it('can be fetched by its signed link until that ends, is changed, or its admin key is revoked', async () => {
    const done = await finished({ ...SPAN, report: 'journal', format: 'jsonl' });
    const open = (url: string) =>
      api.call({ method: 'get', path: url, headers: { authorization: '' } }).then(({ status }) => status);
    expect(done.download_url).toMatch(/^\/finance\/v1\/downloads\/[0-9a-f]{72,76}\.[\w-]{43}$/);
    expect(await open(done.download_url)).toBe(200);
    const changed = done.download_url.replace(/.$/, (char: string) => (char === 'A' ? 'B' : 'A'));
    expect(await open(changed)).toBe(403);
    expect(await open('/finance/v1/downloads/x')).toBe(403);
    await pool.query(`update admin_key set status = 'revoked' where role = 'finance'`);
    expect(await open(done.download_url)).toBe(403);
    await pool.query(`update admin_key set status = 'active' where role = 'finance'`);
    expect(await open(done.download_url)).toBe(200);
  });

  it('leaves who ordered and who fetched it in the audit log', async () => {
    const done = await finished({ ...SPAN, report: 'margin' });
    await api.get(`${EXPORTS}/${done.id}/download`, 'auditor');
    await api.call({ method: 'get', path: done.download_url, headers: { authorization: '' } });
    const { rows } = await pool.query(
      `select action, detail ->> 'via' as via, actor = $2 as finance from audit_log where target_id = $1 order by id`,
      [done.id, done.created_by],
    );
    expect(rows).toEqual([
      { action: 'export.create', via: null, finance: true },
      { action: 'export.download', via: 'key', finance: false },
      { action: 'export.download', via: 'link', finance: true },
    ]);
  });

  it('fails at once, in words for the admin, when what it asks for cannot be written', async () => {
    const { body: made } = await order({ ...SPAN, report: 'journal' });
    // As an older version may have left it: a field that the report does not know.
    await pool.query(`update export set parameters = parameters || '{"granularity": "day"}' where id = $1`, [
      made.id.slice(4),
    ]);
    expect(await runs.runDue()).toBe(0);
    expect(await show(made.id)).toMatchObject({
      status: 'failed',
      error: { code: 'invalid_request', message: 'report journal has no field granularity' },
    });
  });

  it('is tried again after a fault of the storage, and fails with words for the admin when that does not end', async () => {
    const { body: made } = await order({ ...SPAN, report: 'journal' });
    const id = made.id.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    // A file where the folder of the export would be.
    writeFileSync(path.join(dir, id), '');
    for (let tries = 1; tries <= 4; tries++) {
      expect(await runs.runDue()).toBe(0);
      const error = { code: 'storage', message: expect.stringContaining('EXPORT_DIR') };
      expect(await show(made.id)).toMatchObject({ status: tries === 4 ? 'failed' : 'queued', error });
      await pool.query(`update export set not_before = billing_now() where status = 'queued'`);
    }
    rmSync(path.join(dir, id));
    const refused = await api.get(`${EXPORTS}/${made.id}/download`, 'finance');
    expect([refused.status, refused.body.error.code]).toEqual([409, 'export_failed']);
  });

  it('is written once by two workers at once, and a worker that lost its lease finishes nothing', async () => {
    const ids = [];
    for (let n = 0; n < 4; n++)
      ids.push((await order({ ...SPAN, format: n % 2 ? 'jsonl' : 'csv' })).body.id as string);
    const finishedBy = await Promise.all([runs.runDue(), runs.runDue(), runs.runDue()]);
    expect(finishedBy.reduce((sum, n) => sum + n, 0)).toBe(4);
    for (const id of ids) expect(await show(id)).toMatchObject({ status: 'ready' });
    const { rows } = await pool.query(
      `select count(*)::int as n, sum(tries)::int as tries from export where id = any ($1::uuid[])`,
      [ids.map((id) => id.slice(4))],
    );
    expect(rows).toEqual([{ n: 4, tries: 4 }]);

    const { body: made } = await order({ ...SPAN, format: 'csv' });
    const exports = api.app.get(BackgroundExportsRepository, { strict: false });
    const stalled = await exports.claim(uuidv7(), 30);
    await pool.query(`update export set leased_until = billing_now() - interval '1 second' where id = $1`, [
      made.id.slice(4),
    ]);
    expect(await runs.runDue()).toBe(1);
    const done = await show(made.id);
    if (!stalled) throw new Error('nothing was claimed');
    expect(await exports.renew(stalled, { rows: 1, expected: 1 }, 30)).toBe(false);
    expect(
      await exports.finish(stalled, {
        storageKey: 'x',
        manifest: { ...done.manifest, rows: 1 },
        keepHours: 1,
      }),
    ).toBe(false);
    await exports.fail(stalled, { code: 'x', message: 'x' });
    expect(await show(made.id)).toMatchObject({ status: 'ready', manifest: done.manifest });
  }, 60_000);

  it('goes when its time is over, with its file and with what dead workers left behind', async () => {
    const done = await finished({ ...SPAN, report: 'journal' });
    const abandoned = api.app.get(ExportFiles, { strict: false });
    await abandoned.write(
      `${uuidv7()}/${uuidv7()}`,
      (async function* () {
        yield Buffer.from('x');
      })(),
    );
    await runs.sweep();
    const { rows } = await pool.query(`select count(*)::int as n from export where status = 'ready'`);
    expect(files()).toHaveLength(rows[0].n);
    await travelTo(pool, new Date(Date.parse(done.expires_at) + 1_000).toISOString());
    try {
      await runs.runDue();
      expect(files()).toEqual([]);
      expect(readdirSync(dir)).toEqual([]);
      expect(await show(done.id)).toMatchObject({
        status: 'expired',
        manifest: { rows: done.manifest.rows },
        download_url: null,
      });
      const gone = await api.get(`${EXPORTS}/${done.id}/download`, 'finance');
      expect([gone.status, gone.body.error.code]).toEqual([409, 'export_expired']);
    } finally {
      await travelTo(pool, new Date().toISOString());
    }
  });
});

function readFileOf(dir: string, shown: { id: string }): Buffer {
  const hex = shown.id.slice(4);
  const folder = readdirSync(dir).find((name) => name.replaceAll('-', '') === hex) ?? '';
  const [name = ''] = readdirSync(path.join(dir, folder));
  return readFileSync(path.join(dir, folder, name));
}
