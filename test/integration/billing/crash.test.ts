import { Logger } from '@nestjs/common';
import { createBilling, BillingServices } from '../../support/billing.js';
import { placeHolds, settleCalls, settlementOf } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';

type Billing = Awaited<ReturnType<typeof createBilling>>;

describe('posting usage', () => {
  let billing: Billing;
  let model: TestModel;
  let tenants: Tenant[];

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    billing = await createBilling({ ROLLUP_BATCH: '25' });
    model = await createModel(billing.pool);
    tenants = [];
    for (let count = 0; count < 4; count++) {
      const tenant = await createTenant(billing.pool, { overdraftNano: 10n ** 12n });
      tenants.push(tenant);
      await settle(tenant, 60);
    }
  });
  afterEach(() => billing.drop());

  const settle = async (tenant: Tenant, calls: number): Promise<void> => {
    const asked = Array.from({ length: calls }, () => ({
      keyId: tenant.keyId,
      model,
      amountNano: 1_000_000n,
    }));
    const placed = await placeHolds(billing.pool, asked);
    await settleCalls(
      billing.pool,
      placed.map(({ hold }, index) => settlementOf(hold, model, { input: 1 + index, output: 2 })),
    );
  };
  const count = async (table: string): Promise<number> =>
    Number((await billing.pool.query<{ n: string }>(`select count(*) as n from ${table}`)).rows[0]?.n);
  const violations = async () => (await billing.audit.run()).filter((check) => check.violations > 0);

  it('leaves nothing behind when its worker is killed in the middle of a batch, and then posts it once', async () => {
    const blocker = await billing.pool.connect();
    await blocker.query('begin');
    await billing.ledger.lockLots(
      blocker,
      tenants.map((tenant) => tenant.walletId),
    );
    // The batch has claimed its events and now waits for the lots.
    const victim = billing.rollup.runBatch();
    const failed = expect(victim).rejects.toThrow();
    const kill = async (): Promise<number> => {
      const { rowCount } = await billing.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`,
      );
      return rowCount ?? 0;
    };
    while ((await kill()) === 0);
    await failed;
    await blocker.query('rollback');
    blocker.release();
    expect(await count('usage_pending')).toBe(240);
    expect(await count('usage_rollup')).toBe(0);
    expect(await billing.rollup.drain()).toBe(240);
    expect(await violations()).toEqual([]);
  });

  it('counts every event once when several workers run at the same time', async () => {
    const others = [1, 2, 3].map(() => new BillingServices(billing.test.url, { ROLLUP_BATCH: '7' }));
    try {
      const posted = await Promise.all([billing, ...others].map(({ rollup }) => rollup.drain()));
      expect(posted.reduce((sum, events) => sum + events, 0)).toBe(240);
      expect(await count('usage_pending')).toBe(0);
      expect(await violations()).toEqual([]);
    } finally {
      await Promise.all(others.map((other) => other.close()));
    }
  });

  it('crash point C6: a hundred settlements of one hold at once make one charge, of the first that came', async () => {
    const [tenant] = tenants;
    if (!tenant) throw new Error('no tenant');
    const model = await createModel(billing.pool);
    const [placed] = await placeHolds(billing.pool, [{ keyId: tenant.keyId, model, amountNano: 1_000_000n }]);
    const before = await count('usage_event');
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        settleCalls(billing.pool, [settlementOf(placed?.hold ?? '', model, { input: 1 + index })]),
      ),
    );
    expect(await count('usage_event')).toBe(before + 1);
    expect(await count(`hold where state = 'open'`)).toBe(0);
    await billing.rollup.drain();
    expect(await violations()).toEqual([]);
  });

  it('never posts an event a second time, and goes on with the others when one cannot be posted', async () => {
    await billing.rollup.runBatch();
    const { rows } = await billing.pool.query<{ id: string }>(
      'insert into usage_pending select min(event_id::text)::uuid from usage_funding returning event_id as id',
    );
    expect(await billing.rollup.drain()).toBe(215);
    expect((await billing.pool.query('select event_id as id from usage_pending')).rows).toEqual(rows);
    const posted = await count('ledger_transaction');
    const restarted = new BillingServices(billing.test.url);
    await restarted.rollup.drain();
    await restarted.close();
    expect(await count('ledger_transaction')).toBe(posted);
    await billing.pool.query('delete from usage_pending');
    expect(await violations()).toEqual([]);
  });

  it('goes on with everybody else when no event of one customer can be posted, however many there are', async () => {
    const [bad] = tenants as [Tenant];
    await settle(bad, 60);
    await billing.pool.query(
      `create function refuse_usage() returns trigger language plpgsql as $$ begin
         if new.organization_id = '${bad.organizationId}' then raise exception 'not this one'; end if; return new; end $$;
       create trigger refuse before insert on ledger_transaction for each row execute function refuse_usage()`,
    );
    expect(await billing.rollup.drain()).toBe(180);
    expect(await billing.rollup.drain()).toBe(0);
    const others = `usage_pending p join usage_event e on e.id = p.event_id where e.wallet_id <> '${bad.walletId}'`;
    expect([await count('usage_pending'), await count(others)]).toEqual([120, 0]);
    await billing.pool.query('drop trigger refuse on ledger_transaction');
    const restarted = new BillingServices(billing.test.url);
    expect(await restarted.rollup.drain()).toBe(120);
    await restarted.close();
    expect(await violations()).toEqual([]);
  });

  it('does nothing more once its process is asked to stop', async () => {
    billing.rollup.beforeApplicationShutdown();
    expect(await billing.rollup.drain()).toBe(0);
    expect(await count('usage_pending')).toBe(240);
  });
});
