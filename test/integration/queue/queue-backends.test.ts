import { getQueueToken } from '@nestjs/bullmq';
import type { INestApplicationContext } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { BillingSchedules } from '../../../src/billing/billing-schedules.service.js';
import { BILLING_QUEUES, BILLING_SCHEDULES } from '../../../src/billing/billing.queues.js';
import { RollupNudge } from '../../../src/billing/holds/rollup-nudge.service.js';
import { createBilling } from '../../support/billing.js';
import { placeHolds, settleCalls, settlementOf } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';
import { runSql } from '../../support/database.js';
import { createTestRedis, type TestRedis } from '../../support/redis.js';
import { startNudger, startWorker, waitUntil } from '../../support/worker.js';

type Billing = Awaited<ReturnType<typeof createBilling>>;

describe.each(['PostgreSQL', 'Redis'])('the queue on %s', (backend) => {
  let billing: Billing;
  let redis: TestRedis;
  let environment: Record<string, string>;
  let tenant: Tenant;
  let model: TestModel;
  let running: INestApplicationContext[] = [];

  beforeAll(async () => {
    billing = await createBilling({ ROLLUP_BATCH: '20' });
    redis = createTestRedis();
    const onRedis = { REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix };
    environment = { ROLLUP_BATCH: '20', ...(backend === 'Redis' && onRedis) };
    tenant = await createTenant(billing.pool, { overdraftNano: 10n ** 15n });
    model = await createModel(billing.pool);
  });
  afterEach(async () => {
    await Promise.all(running.map((app) => app.close()));
    running = [];
  });
  afterAll(async () => {
    await redis.drop();
    await billing.drop();
  });

  const worker = async () => {
    const app = await startWorker(billing.test.url, environment);
    running.push(app);
    return app;
  };
  const useSome = async (calls: number): Promise<void> => {
    const placed = await placeHolds(
      billing.pool,
      Array.from({ length: calls }, () => ({ keyId: tenant.keyId, model, amountNano: 1_000_000n })),
    );
    await settleCalls(
      billing.pool,
      placed.map(({ hold }, index) => settlementOf(hold, model, { input: 7 + index, output: 11 })),
    );
  };
  const count = async (sql: string): Promise<number> =>
    Number((await billing.pool.query<{ n: string }>(`select count(*) as n from ${sql}`)).rows[0]?.n);
  const allPosted = () => waitUntil(async () => (await count('usage_pending')) === 0);
  const violations = async () => (await billing.audit.run()).filter((check) => check.violations > 0);
  const loseQueue = async (): Promise<void> => {
    if (backend === 'Redis') return redis.drop();
    const tables = await runSql(
      billing.test.url,
      `select tablename from pg_tables where schemaname = 'bullmq' and tablename not like '%migration%'`,
    );
    const names = tables.map(({ tablename }) => `bullmq."${String(tablename)}"`).join(', ');
    await runSql(billing.test.url, `truncate ${names} cascade`);
  };

  it('posts usage although nobody asks, and a schedule set up twice stays one', async () => {
    await useSome(45);
    const app = await worker();
    await allPosted();
    expect(await violations()).toEqual([]);
    await app.get(BillingSchedules).ensure();
    await app.get(BillingSchedules).ensure();
    for (const { queue } of BILLING_SCHEDULES) {
      const found = await app.get<Queue>(getQueueToken(queue), { strict: false }).getJobSchedulers();
      expect(found).toHaveLength(1);
    }
  });

  it('loses no figure when it loses every job, and sets its schedules up again', async () => {
    const app = await worker();
    await useSome(60);
    await loseQueue();
    await useSome(30);
    await app.get(BillingSchedules).ensure();
    await allPosted();
    expect(await violations()).toEqual([]);
    const queue = app.get<Queue>(getQueueToken(BILLING_QUEUES.rollup), { strict: false });
    expect(await queue.getJobSchedulers()).toHaveLength(1);
  });

  it('crash point C12: counts every event once with two workers and doubled jobs', async () => {
    const [one] = await Promise.all([worker(), worker()]);
    const queue = one.get<Queue>(getQueueToken(BILLING_QUEUES.rollup), { strict: false });
    for (let round = 0; round < 5; round++) {
      await useSome(40);
      await queue.addBulk(Array.from({ length: 6 }, () => ({ name: 'again', data: {} })));
    }
    await allPosted();
    expect(await violations()).toEqual([]);
    const events = await count('usage_event');
    const { rows } = await billing.pool.query<{ n: string }>(
      `select sum(lines) as n from usage_rollup where token_class = 'input'`,
    );
    expect(Number(rows[0]?.n)).toBe(events);
  });

  it('adds at most one job a second however often it is nudged', async () => {
    const app = await startNudger(billing.test.url, environment);
    running.push(app);
    const queue = app.get<Queue>(getQueueToken(BILLING_QUEUES.rollup), { strict: false });
    await queue.waitUntilReady();
    await loseQueue();
    const nudge = app.get(RollupNudge);
    const waiting = async () => (await queue.getJobCounts('waiting'))['waiting'] ?? 0;
    for (let call = 0; call < 1_000; call++) nudge.nudge();
    await waitUntil(async () => (await waiting()) > 0, 3_000);
    for (let call = 0; call < 1_000; call++) nudge.nudge();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await waiting()).toBe(1);
  });

  it('never keeps a caller waiting while it is away', async () => {
    const away = { ...environment, ...(backend === 'Redis' && { REDIS_URL: 'redis://127.0.0.1:9' }) };
    const databaseUrl = backend === 'Redis' ? billing.test.url : 'postgresql://nobody@127.0.0.1:9/none';
    const app = await startNudger(databaseUrl, away);
    running.push(app);
    const started = performance.now();
    for (let call = 0; call < 100; call++) app.get(RollupNudge).nudge();
    expect(performance.now() - started).toBeLessThan(50);
  });
});
