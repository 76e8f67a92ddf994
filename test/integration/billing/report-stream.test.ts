import { AppConfig } from '../../../src/platform/config/app-config.js';
import { Snapshot } from '../../../src/platform/database/snapshot.service.js';
import { ExportsService } from '../../../src/billing/exports/exports.service.js';
import type { UsageReport } from '../../../src/billing/exports/report-plan.js';
import { ReportsRepository } from '../../../src/billing/exports/reports.repository.js';
import { CleanupRepository } from '../../../src/billing/cleanup/cleanup.repository.js';
import { CleanupService } from '../../../src/billing/cleanup/cleanup.service.js';
import { createBilling, testEnvironment } from '../../support/billing.js';
import { placeHolds, runCall, settleCalls, settlementOf } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';
import { waitUntil } from '../../support/worker.js';

type Billing = Awaited<ReturnType<typeof createBilling>>;

const REPORT: UsageReport = {
  from: new Date('2020-01-01T00:00:00Z'),
  to: new Date('2099-01-01T00:00:00Z'),
  granularity: 'request',
  format: 'csv',
};
const EVENTS = 5_000;

describe('a report longer than one page', () => {
  let billing: Billing;
  let exports: ExportsService;
  let tenant: Tenant;
  let model: TestModel;

  beforeAll(async () => {
    billing = await createBilling();
    exports = new ExportsService(new ReportsRepository(new Snapshot(billing.config)));
    tenant = await createTenant(billing.pool, { overdraftNano: 10n ** 15n });
    model = await createModel(billing.pool);
    for (let batch = 0; batch < EVENTS / 500; batch++) {
      const requests = Array.from({ length: 500 }, () => ({
        keyId: tenant.keyId,
        model,
        amountNano: 10_000n,
      }));
      const placed = await placeHolds(billing.pool, requests);
      await settleCalls(
        billing.pool,
        placed.map(({ hold }) => settlementOf(hold, model, { input: 2 })),
      );
    }
    await billing.rollup.drain();
  });
  afterAll(() => billing.drop());

  const snapshots = async (): Promise<number> => {
    const { rows } = await billing.pool.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where datname = current_database() and application_name = 'faregate-snapshot'`,
    );
    return rows[0]?.n ?? 0;
  };

  it('has every event once, and shows the state of its first moment whatever happens while it is read', async () => {
    const pieces: string[] = [];
    for await (const piece of exports.write(REPORT)) {
      if (pieces.length === 0) await runCall(billing.pool, tenant, { model, quantities: { input: 3 } });
      pieces.push(piece.toString());
    }
    const rows = pieces.join('').split('\r\n').slice(1, -1);
    const events = rows.map((row) => row.split(',')[2]);
    expect(rows).toHaveLength(EVENTS);
    expect(new Set(events).size).toBe(EVENTS);
    expect(pieces.length).toBeGreaterThan(2);
    expect(await snapshots()).toBe(0);
  });

  it('reads no further than its reader, and lets its snapshot go when the reader leaves', async () => {
    const report = exports.write(REPORT);
    await report.next();
    expect(await snapshots()).toBe(1);
    await report.return(undefined);
    await waitUntil(async () => (await snapshots()) === 0, 2_000);
  });

  it('is refused while too many others are being read', async () => {
    const others = Array.from({ length: 4 }, () => exports.write(REPORT));
    for (const other of others) await other.next();
    await expect(exports.write(REPORT).next()).rejects.toMatchObject({ kind: 'rate_limit' });
    for (const other of others) await other.return(undefined);
    expect((await exports.write({ ...REPORT, granularity: 'month' }).next()).done).toBe(false);
  });

  it('tells of a database that is away before it says anything else', async () => {
    const away = new AppConfig(testEnvironment('postgresql://nobody@127.0.0.1:9/none'));
    const service = new ExportsService(new ReportsRepository(new Snapshot(away)));
    await expect(service.write(REPORT).next()).rejects.toThrow();
  });

  it('is not what the clean-up removes: only old answers and processes without open calls go', async () => {
    await billing.pool.query(
      `insert into idempotency_key (scope, key, body_hash, created_at) values ('s', 'old', 'h', now() - interval '3 days'), ('s', 'new', 'h', now())`,
    );
    const gone = '00000000-0000-7000-8000-00000000000a';
    const busy = '00000000-0000-7000-8000-00000000000b';
    await billing.pool.query(
      `insert into gateway_process (id, host, seen_at) values ($1, 'h', now() - interval '8 days'), ($2, 'h', now() - interval '8 days')`,
      [gone, busy],
    );
    await placeHolds(billing.pool, [{ keyId: tenant.keyId, model, amountNano: 1n }], { processId: busy });
    await new CleanupService(new CleanupRepository(billing.database)).run();
    expect((await billing.pool.query('select key from idempotency_key')).rows).toEqual([{ key: 'new' }]);
    expect((await billing.pool.query('select id from gateway_process')).rows).toEqual([{ id: busy }]);
    expect((await billing.pool.query('select count(*)::int as n from usage_event')).rows).toEqual([
      { n: EVENTS + 1 },
    ]);
  });
});
