import { Logger } from '@nestjs/common';
import { HoldsRepository } from '../../../src/billing/holds/holds.repository.js';
import { SweepService } from '../../../src/billing/holds/sweep.service.js';
import { uuidv7 } from '../../../src/core/ids.js';
import { systemActor } from '../../../src/platform/audit/audit-log.repository.js';
import { BillingServices, createBilling } from '../../support/billing.js';
import { placeHolds, settleCalls, settlementOf } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';

type Billing = Awaited<ReturnType<typeof createBilling>>;

describe('the sweep of calls whose process died', () => {
  let billing: Billing;
  let tenant: Tenant;
  let model: TestModel;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    billing = await createBilling();
    tenant = await createTenant(billing.pool);
    model = await createModel(billing.pool);
    const order = {
      organizationId: tenant.organizationId,
      kind: 'paid' as const,
      currency: 'USD',
      reason: 'test',
    };
    const identity = { idempotencyKey: uuidv7(), createdBy: 'test' };
    await billing.credits.grant({ ...order, amountNano: 10n ** 9n, ...identity }, systemActor('test'));
  });
  afterAll(() => billing.drop());

  const sweeper = async (quietMs = 0, services: BillingServices = billing): Promise<SweepService> => {
    const sweep = new SweepService(new HoldsRepository(services.database), quietMs);
    await sweep.watch();
    return sweep;
  };
  const place = async (ttl: string, processId?: string): Promise<string> => {
    const request = { keyId: tenant.keyId, model, amountNano: 100_000n };
    const [placed] = await placeHolds(billing.pool, [request], {
      ttl,
      ...(processId !== undefined && { processId }),
    });
    return placed?.hold ?? '';
  };
  const stateOf = async (hold: string) => {
    const { rows } = await billing.pool.query<{ state: string; settled_nano: string | null }>(
      'select state, settled_nano from hold where id = $1',
      [hold],
    );
    return [rows[0]?.state, rows[0]?.settled_nano];
  };
  const checkpoint = (hold: string, input: number, ttl: string) =>
    billing.pool.query('select checkpoint_holds($1::interval, $2::jsonb)', [
      ttl,
      JSON.stringify([{ hold, progress: settlementOf(hold, model, { input }, { estimated: true }) }]),
    ]);
  const violations = async () => (await billing.audit.run()).filter((check) => check.violations > 0);

  it('settles at the last checkpoint, releases what has none, and leaves the rest alone', async () => {
    const [streaming, silent, running] = [
      await place('-1 second'),
      await place('-1 second'),
      await place('1 hour'),
    ];
    await checkpoint(streaming, 5, '1 hour');
    await checkpoint(streaming, 7, '-1 second');
    expect(await (await sweeper()).run()).toEqual({ settled: 1, released: 1, chargedNano: 21_000n });
    expect(await stateOf(streaming)).toEqual(['settled', '21000']);
    expect(await stateOf(silent)).toEqual(['released', null]);
    expect(await stateOf(running)).toEqual(['open', null]);
    await billing.rollup.drain();
    expect(await violations()).toEqual([]);
  });

  it('leaves the calls of a process that was seen just now to it', async () => {
    const processId = uuidv7();
    await billing.pool.query(`insert into gateway_process (id, host) values ($1, 'here')`, [processId]);
    const hold = await place('-1 second', processId);
    expect(await (await sweeper()).run()).toEqual({ settled: 0, released: 0, chargedNano: 0n });
    await billing.pool.query(
      `update gateway_process set seen_at = now() - interval '1 minute' where id = $1`,
      [processId],
    );
    expect(await (await sweeper()).run()).toMatchObject({ released: 1 });
    expect(await stateOf(hold)).toEqual(['released', null]);
  });

  it('releases what a living process never learnt that it holds, once it owes no settlement', async () => {
    const processId = uuidv7();
    const beat = (pending: number) =>
      billing.pool.query(
        `insert into gateway_process (id, host, journal_pending) values ($1, 'here', $2)
         on conflict (id) do update set journal_pending = excluded.journal_pending, seen_at = now()`,
        [processId, pending],
      );
    await beat(1);
    const hold = await place('-2 minutes', processId);
    expect(await (await sweeper()).run()).toMatchObject({ released: 0 });
    await beat(0);
    expect(await (await sweeper()).run()).toMatchObject({ released: 1 });
    expect(await stateOf(hold)).toEqual(['released', null]);
  });

  it('changes nothing for a late settlement of a swept call, nor the other way round', async () => {
    const hold = await place('-1 second');
    await (await sweeper()).run();
    expect(await settleCalls(billing.pool, [settlementOf(hold, model, { input: 9 })])).toMatchObject([
      { outcome: 'already_closed', charged: 0n },
    ]);
    const settled = await place('-1 second');
    await settleCalls(billing.pool, [settlementOf(settled, model, { input: 9 })]);
    expect(await (await sweeper()).run()).toMatchObject({ settled: 0, released: 0 });
    expect(await violations()).toEqual([]);
  });

  it('ends each call once when many workers sweep at the same time', async () => {
    for (let count = 0; count < 30; count++) await place('-1 second');
    const sweeps = await Promise.all([1, 2, 3, 4].map(async () => (await sweeper()).run()));
    expect(sweeps.reduce((sum, swept) => sum + (swept?.released ?? 0), 0)).toBe(30);
    expect(await violations()).toEqual([]);
  });

  it('ends every other call when the database refuses one, and that one once it does not', async () => {
    const [bad, charged, silent] = [
      await place('-1 second'),
      await place('-1 second'),
      await place('-1 second'),
    ];
    await checkpoint(bad, 5, '-1 second');
    await checkpoint(charged, 7, '-1 second');
    const progress = await billing.pool.query('select progress from hold where id = $1', [bad]);
    await billing.pool.query(
      `update hold set progress = jsonb_set(progress, '{amount}', '"much"') where id = $1`,
      [bad],
    );
    const sweep = await sweeper();
    expect(await sweep.run()).toEqual({ settled: 1, released: 1, chargedNano: 21_000n });
    expect([await stateOf(bad), await stateOf(charged), await stateOf(silent)]).toEqual([
      ['open', null],
      ['settled', '21000'],
      ['released', null],
    ]);
    const later = await place('-1 second');
    expect(await sweep.run()).toMatchObject({ settled: 0, released: 1 });
    expect(await stateOf(later)).toEqual(['released', null]);
    await billing.pool.query('update hold set progress = $2 where id = $1', [
      bad,
      progress.rows[0]?.progress,
    ]);
    expect(await sweep.run()).toMatchObject({ settled: 1, released: 0, chargedNano: 15_000n });
    expect(await violations()).toEqual([]);
  });

  it('waits until the database has answered for a while, so that journals are written first', async () => {
    const hold = await place('-1 second');
    expect(await (await sweeper(60_000)).run()).toBeNull();
    const away = new BillingServices('postgresql://nobody@127.0.0.1:9/none');
    expect(await (await sweeper(0, away)).run()).toBeNull();
    await away.close();
    expect(await stateOf(hold)).toEqual(['open', null]);
  });

  it('starts to wait anew after a sweep that failed', async () => {
    const services = new BillingServices(billing.test.url);
    const sweep = await sweeper(0, services);
    await services.close();
    await expect(sweep.run()).rejects.toThrow();
    expect(await sweep.run()).toBeNull();
  });
});
