import { setTimeout as pause } from 'node:timers/promises';
import { FinalizationService } from '../../../src/billing/invoicing/finalization.service.js';
import type { PeriodsService } from '../../../src/billing/invoicing/periods/periods.service.js';
import { systemActor } from '../../../src/platform/audit/audit-log.repository.js';
import { runCall } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';
import { until } from '../../support/calls.js';
import { travelTo } from '../../support/clock.js';
import { closeNow, createInvoicing, type InvoicingWorld } from '../../support/invoicing.js';

interface PeriodRow {
  id: string;
  status: string;
  starts: string;
  ends: string;
}

describe('closing billing periods', () => {
  let world: InvoicingWorld;
  let periods: PeriodsService;
  let model: TestModel;

  beforeAll(async () => {
    world = await createInvoicing({ DATABASE_POOL: '16' });
    periods = world.periods;
    model = await createModel(world.pool);
  });
  afterAll(() => world.drop());

  const tenantIn = (timezone = 'UTC') =>
    createTenant(world.pool, { timezone, overdraftNano: 1_000_000_000_000n });
  const call = (tenant: Tenant, input = 1_000) =>
    runCall(world.pool, tenant, { model, quantities: { input } });
  const periodsOf = async ({ organizationId }: Tenant): Promise<PeriodRow[]> => {
    const { rows } = await world.pool.query<PeriodRow>(
      `select id, status, to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as starts,
              to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as ends
       from billing_period where organization_id = $1 order by starts_at`,
      [organizationId],
    );
    return rows;
  };
  const open = async (tenant: Tenant): Promise<string> =>
    (await periodsOf(tenant)).find(({ status }) => status === 'open')?.id ?? '';
  it('115 closes under load leave no late event: every call is in the period that was open when it settled', async () => {
    const tenant = await tenantIn();
    await call(tenant);
    let closing = true;
    let calls = 1;
    const load = Array.from({ length: 4 }, async () => {
      while (closing) {
        await call(tenant);
        calls += 1;
      }
    });
    try {
      for (let closes = 0; closes < 115; closes++) {
        await pause(5);
        // A period opens with the first call in it, which a busy machine may have yet to settle.
        const id = await until(
          () => open(tenant),
          (found) => found !== '',
        );
        await periods.close(tenant.organizationId, id, { early: true });
      }
    } finally {
      closing = false;
      await Promise.all(load);
    }
    await world.rollup.drain();
    const { rows } = await world.pool.query(
      `select count(*)::int as events,
              count(*) filter (where e.recorded_at >= p.closing_at)::int as late,
              count(distinct p.id) filter (where p.status = 'closed')::int as closed,
              count(*) filter (where e.recorded_at < p.starts_at or e.recorded_at >= p.ends_at)::int as misplaced
       from usage_event e join billing_period p on p.id = e.period_id where e.organization_id = $1`,
      [tenant.organizationId],
    );
    expect(rows[0]).toMatchObject({ events: calls, late: 0, misplaced: 0 });
    expect((await periodsOf(tenant)).filter(({ status }) => status === 'closed')).toHaveLength(115);
    expect(calls).toBeGreaterThan(115);
    expect(await world.violations()).toEqual([]);
  }, 60_000);

  it('months follow the time zone of the account, half-open, over the end of summer time', async () => {
    const tenant = await tenantIn('Europe/Berlin');
    await travelTo(world.pool, '2026-10-31T22:59:00Z');
    await call(tenant);
    await travelTo(world.pool, '2026-10-31T23:00:30Z');
    await call(tenant);
    expect(await periodsOf(tenant)).toMatchObject([
      { starts: '2026-09-30 22:00', ends: '2026-10-31 23:00', status: 'open' },
      { starts: '2026-10-31 23:00', ends: '2026-11-30 23:00', status: 'open' },
    ]);
    expect(await periods.closeDue()).toBeGreaterThanOrEqual(1);
    expect((await periodsOf(tenant)).map(({ status }) => status)).toEqual(['closed', 'open']);
  });

  it('an organization whose time zone PostgreSQL does not know is charged all the same, in months of UTC', async () => {
    const tenant = await tenantIn('AET');
    await travelTo(world.pool, '2026-10-31T23:00:30Z');
    await call(tenant);
    expect(await periodsOf(tenant)).toMatchObject([{ starts: '2026-10-01 00:00', ends: '2026-11-01 00:00' }]);
    const id = await closeNow(world, tenant);
    await world.get(FinalizationService).finalize(id, systemActor('test'));
    const { rows } = await world.pool.query(
      'select document::json ->> $2 as zone from invoice where id = $1',
      [id, 'time_zone'],
    );
    expect(rows).toEqual([{ zone: 'UTC' }]);
    expect(await world.violations()).toMatchObject([{ id: 'F39', sample: [tenant.organizationId] }]);
    await world.pool.query(`update organization set timezone = 'UTC' where id = $1`, [tenant.organizationId]);
  });

  it('refuses to close what has not ended, unless it is to be cut short', async () => {
    const tenant = await tenantIn();
    await call(tenant);
    const id = await open(tenant);
    await expect(periods.close(tenant.organizationId, id)).rejects.toMatchObject({
      kind: 'conflict',
      details: { code: 'period_not_ended' },
    });
    const closed = await periods.close(tenant.organizationId, id, { early: true });
    expect(closed.status).toBe('closed');
    expect(closed.endsAt.getTime()).toBeLessThanOrEqual(closed.closedAt?.getTime() ?? 0);
    expect(await periods.close(tenant.organizationId, id)).toEqual(closed);
  });

  it('knows no period of another organization', async () => {
    const [one, other] = [await tenantIn(), await tenantIn()];
    await call(one);
    await expect(periods.close(other.organizationId, await open(one))).rejects.toMatchObject({
      kind: 'not_found',
    });
  });

  it('a period that is closing before its end stops no settlement: usage falls into the next one', async () => {
    const tenant = await tenantIn();
    await travelTo(world.pool, '2026-11-10T12:00:00Z');
    await call(tenant);
    await world.pool.query(
      `update billing_period set status = 'closing', closing_at = billing_now() where organization_id = $1`,
      [tenant.organizationId],
    );
    await call(tenant);
    await call(tenant);
    expect(await periodsOf(tenant)).toMatchObject([
      { starts: '2026-11-01 00:00', ends: '2026-12-01 00:00', status: 'closing' },
      { starts: '2026-12-01 00:00', ends: '2027-01-01 00:00', status: 'open' },
    ]);
    await periods.closeDue();
    expect((await periodsOf(tenant)).map(({ status }) => status)).toEqual(['closed', 'open']);
    expect(await world.violations()).toEqual([]);
  });

  it('goes on with a close whose process died before the usage was posted', async () => {
    const tenant = await tenantIn();
    await call(tenant);
    const id = await open(tenant);
    await world.pool.query('select begin_closing($1, true)', [id]);
    await periods.closeDue();
    expect(await periods.get(tenant.organizationId, id)).toMatchObject({ status: 'closed' });
    const { rows } = await world.pool.query('select postpaid_nano from period_funding where period_id = $1', [
      id,
    ]);
    expect(rows).toEqual([{ postpaid_nano: '3000000' }]);
  });
});
