import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { LocalRateLimits } from '../../../src/admission/local-rate-limit.store.js';
import type { LimitScope, RateLimitPort, ScopedLimits } from '../../../src/admission/rate-limit-port.js';
import { RedisRateLimits } from '../../../src/admission/redis-rate-limit.store.js';
import type { RateLimits } from '../../../src/core/rate-limits.js';
import { uuidv7 } from '../../../src/core/ids.js';
import { AppConfig } from '../../../src/platform/config/app-config.js';
import { RedisConnection } from '../../../src/platform/redis/redis-connection.service.js';
import { testEnvironment } from '../../support/billing.js';
import { until } from '../../support/calls.js';
import { createTestRedis, type TestRedis } from '../../support/redis.js';
import { startTcpProxy, through, type TcpProxy } from '../../support/tcp-proxy.js';

/** Long enough for a Redis that shares its machine with a whole test run. */
const PATIENT_MS = 5_000;

let redis: TestRedis;
let proxy: TcpProxy;
let opened: RedisRateLimits[] = [];
let connections: RedisConnection[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  redis = createTestRedis();
  const { hostname, port } = new URL(redis.url);
  proxy = await startTcpProxy({ host: hostname, port: Number(port || 6379) });
});
afterEach(() => {
  proxy.set('pass');
  for (const store of opened) store.onApplicationShutdown();
  for (const connection of connections) connection.onApplicationShutdown();
  opened = [];
  connections = [];
});
afterAll(async () => {
  await proxy.close();
  await redis.drop();
});

/** The limits of one API process on the shared Redis. */
async function openShared(options: { url?: string; deadlineMs?: number; leaseMs?: number } = {}) {
  const { url = redis.url, deadlineMs = PATIENT_MS, leaseMs } = options;
  const environment = { REDIS_URL: url, REDIS_PREFIX: redis.prefix };
  const config = new AppConfig(testEnvironment('postgresql://nowhere', environment));
  const connection = new RedisConnection(config, deadlineMs);
  await connection.onModuleInit();
  const store = new RedisRateLimits(connection, new LocalRateLimits(), leaseMs);
  opened.push(store);
  connections.push(connection);
  return store;
}

interface Ask {
  keyId?: string;
  limits?: RateLimits;
  tokens?: number;
}
/** Calls of keys that are limited themselves, all of one organization. */
const asking =
  (store: RateLimitPort, common: Ask) =>
  (more: Ask = {}) => {
    const { keyId: id = 'key', limits = {}, tokens = 0 } = { ...common, ...more };
    const scopes: ScopedLimits[] = [{ scope: 'key', id, limits }];
    return store.take({ requestId: uuidv7(), organizationId: 'org', scopes, tokens });
  };
const burst = <Result>(count: number, ask: () => Promise<Result>) =>
  Promise.all(Array.from({ length: count }, () => ask()));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.each([
  ['in the process', () => Promise.resolve<RateLimitPort>(new LocalRateLimits())],
  ['on Redis', () => openShared()],
])('limits counted %s', (_, open) => {
  it('admit exactly the allowance of 200 calls that come at once', async () => {
    const take = asking(await open(), { keyId: uuidv7(), limits: { requestsPerMinute: 5 } });
    const answers = await burst(200, take);
    expect(answers.filter(({ refusedBy }) => refusedBy === undefined)).toHaveLength(5);
    const refused = answers.filter(({ refusedBy }) => refusedBy?.name === 'requests');
    expect(refused).toHaveLength(195);
    for (const { retryAfterMs, requests } of refused) {
      expect(retryAfterMs).toBeGreaterThan(0);
      expect(retryAfterMs).toBeLessThanOrEqual(12_000);
      expect(requests).toMatchObject({ limit: 5, remaining: 0 });
    }
  });

  it('admit again after exactly the time they named', async () => {
    const take = asking(await open(), { keyId: uuidv7(), limits: { tokensPerMinute: 60_000 } });
    await take({ tokens: 60_000 });
    const refused = await take({ tokens: 400 });
    expect(refused.refusedBy?.name).toBe('tokens');
    expect(refused.retryAfterMs).toBeGreaterThan(0);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(400);
    await pause(refused.retryAfterMs + 10);
    expect(await take({ tokens: 400 })).toMatchObject({ refusedBy: undefined });
  });

  it('free tokens that were reserved and not used, and no slot or token twice', async () => {
    const take = asking(await open(), { keyId: uuidv7(), limits: { tokensPerMinute: 1_000 } });
    const first = await take({ tokens: 900 });
    expect(first.tokens).toMatchObject({ limit: 1_000, remaining: 100 });
    expect((await take({ tokens: 300 })).refusedBy?.name).toBe('tokens');
    first.end(100);
    first.end(0);
    const second = await take({ tokens: 300 });
    expect(second.refusedBy).toBeUndefined();
    expect(second.tokens?.remaining).toBeGreaterThanOrEqual(600);
    expect(second.tokens?.remaining).toBeLessThanOrEqual(650);
  });

  it('make later calls wait for tokens that were used beyond the reservation', async () => {
    const take = asking(await open(), { keyId: uuidv7(), limits: { tokensPerMinute: 1_000 } });
    (await take({ tokens: 500 })).end(3_000);
    const refused = await take({ tokens: 1 });
    expect(refused).toMatchObject({ refusedBy: { name: 'tokens' }, tokens: { remaining: 0 } });
    expect(refused.retryAfterMs).toBeGreaterThan(115_000);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(120_060);
  });

  it('let as many calls run at once as allowed, and another when one has ended', async () => {
    const take = asking(await open(), { keyId: uuidv7(), limits: { concurrency: 3 } });
    const answers = await burst(10, take);
    const running = answers.filter(({ refusedBy }) => refusedBy === undefined);
    expect(running).toHaveLength(3);
    expect(answers.filter(({ refusedBy }) => refusedBy?.name === 'concurrency')).toHaveLength(7);
    for (const answer of answers) if (answer.refusedBy) answer.end(0);
    expect((await take()).refusedBy?.name).toBe('concurrency');
    running[0]?.end(0);
    running[0]?.end(0);
    const next = await burst(2, take);
    expect(new Set(next.map(({ refusedBy }) => refusedBy?.name))).toEqual(
      new Set(['concurrency', undefined]),
    );
  });

  it('take nothing of any limit for a call that one of them refuses', async () => {
    const limits = { requestsPerMinute: 5, tokensPerMinute: 100, concurrency: 2 };
    const take = asking(await open(), { keyId: uuidv7(), limits });
    await take({ tokens: 100 });
    for (let time = 0; time < 9; time++) {
      const refused = await take({ tokens: 50 });
      expect(refused).toMatchObject({ refusedBy: { name: 'tokens' }, requests: { limit: 5, remaining: 4 } });
    }
    expect((await take({ tokens: 0 })).requests?.remaining).toBe(3);
    expect((await take({ tokens: 0 })).refusedBy?.name).toBe('concurrency');
  });

  it('are counted for each key by itself, and follow a limit that was changed', async () => {
    const store = await open();
    const [one, other] = [uuidv7(), uuidv7()];
    const take = asking(store, { limits: { requestsPerMinute: 1 } });
    expect((await take({ keyId: one })).refusedBy).toBeUndefined();
    expect((await take({ keyId: one })).refusedBy?.name).toBe('requests');
    expect((await take({ keyId: other })).refusedBy).toBeUndefined();
    const raised = { keyId: one, limits: { requestsPerMinute: 3 } };
    expect((await take(raised)).requests).toMatchObject({ limit: 3, remaining: 1 });
  });

  it('say when the whole allowance will be back', async () => {
    const take = asking(await open(), { keyId: uuidv7(), limits: { requestsPerMinute: 60 } });
    const { requests } = await take();
    expect(requests).toEqual({ limit: 60, remaining: 59, resetMs: 1_000 });
  });
});

const layered = (limits: Partial<Record<LimitScope, RateLimits>>, id = uuidv7()): ScopedLimits[] =>
  Object.entries(limits).map(([scope, own]) => ({ scope: scope as LimitScope, id, limits: own }));

describe.each([
  ['in the process', () => Promise.resolve<RateLimitPort>(new LocalRateLimits())],
  ['on Redis', () => openShared()],
])('limits of key, project, organization and model, counted %s', (_, open) => {
  const call = (store: RateLimitPort, scopes: ScopedLimits[], tokens = 0, organizationId = 'org') =>
    store.take({ requestId: uuidv7(), organizationId, scopes, tokens });

  it('statement 47: the lower of key and model wins, and the answer says whose it was', async () => {
    const store = await open();
    const lowKey = layered({ key: { requestsPerMinute: 2 }, model: { requestsPerMinute: 300 } });
    const lowModel = layered({ key: { requestsPerMinute: 300 }, model: { requestsPerMinute: 3 } });
    for (const [scopes, scope, limit] of [
      [lowKey, 'key', 2],
      [lowModel, 'model', 3],
    ] as const) {
      const answers = await burst(10, () => call(store, [...scopes]));
      expect(answers.filter(({ refusedBy }) => refusedBy === undefined)).toHaveLength(limit);
      expect(answers.at(-1)).toMatchObject({
        refusedBy: { scope, name: 'requests', limit },
        requests: { limit, remaining: 0 },
      });
    }
  });

  it('take nothing of any scope for a call that another scope refuses', async () => {
    const store = await open();
    const scopes = layered({
      key: { requestsPerMinute: 100, tokensPerMinute: 1_000 },
      project: { concurrency: 1 },
      organization: { requestsPerMinute: 50 },
    });
    const first = await call(store, scopes, 100);
    for (let time = 0; time < 5; time++) {
      const refused = await call(store, scopes, 100);
      expect(refused.refusedBy).toEqual({ scope: 'project', name: 'concurrency', limit: 1 });
      expect(refused.requests).toMatchObject({ limit: 50, remaining: 49 });
      expect(refused.tokens?.remaining).toBeGreaterThanOrEqual(900);
    }
    first.end(300);
    const next = await call(store, scopes, 100);
    expect(next.refusedBy).toBeUndefined();
    expect(next.tokens?.remaining).toBeGreaterThanOrEqual(600);
    expect(next.tokens?.remaining).toBeLessThan(660);
  });

  it('count what keys of one project use together, and each organization by itself at one model', async () => {
    const store = await open();
    const [project, model] = [uuidv7(), uuidv7()];
    const under = (key: string): ScopedLimits[] => [
      { scope: 'key', id: key, limits: { requestsPerMinute: 100 } },
      { scope: 'project', id: project, limits: { requestsPerMinute: 4 } },
    ];
    for (const key of ['a', 'b', 'a', 'b']) expect((await call(store, under(key))).refusedBy).toBeUndefined();
    expect((await call(store, under('a'))).refusedBy).toMatchObject({ scope: 'project' });
    const ofModel = layered({ model: { requestsPerMinute: 1 } }, model);
    expect((await call(store, ofModel, 0, 'one')).refusedBy).toBeUndefined();
    expect((await call(store, ofModel, 0, 'one')).refusedBy).toMatchObject({ scope: 'model' });
    expect((await call(store, ofModel, 0, 'other')).refusedBy).toBeUndefined();
  });

  it('reserve of a small limit no more than the whole of it, of a large one what the call may take', async () => {
    const store = await open();
    const scopes = layered({ key: { tokensPerMinute: 500 }, organization: { tokensPerMinute: 100_000 } });
    const first = await call(store, scopes, 4_000);
    expect(first.tokens).toMatchObject({ limit: 500, remaining: 0 });
    first.end(100);
    const second = await call(store, scopes, 300);
    expect(second.refusedBy).toBeUndefined();
    expect(second.tokens?.remaining).toBeGreaterThanOrEqual(100);
  });
});

describe('limits counted in the process', () => {
  it('are an Nth of the whole for one of N processes, and never nothing', async () => {
    const store = new LocalRateLimits(() => 4);
    const of = (perMinute: number) =>
      asking(store, { keyId: uuidv7(), limits: { requestsPerMinute: perMinute } });
    const admitted = async (perMinute: number) =>
      (await burst(50, of(perMinute))).filter(({ refusedBy }) => refusedBy === undefined).length;
    expect(await admitted(40)).toBe(10);
    expect(await admitted(2)).toBe(1);
  });

  it('remember a bounded number of keys', async () => {
    const take = asking(new LocalRateLimits(() => 1, 2), { limits: { requestsPerMinute: 1 } });
    for (const keyId of ['a', 'b', 'a', 'c']) await take({ keyId });
    expect((await take({ keyId: 'a' })).refusedBy?.name).toBe('requests');
    expect((await take({ keyId: 'b' })).refusedBy).toBeUndefined();
  });
});

describe('limits counted on Redis', () => {
  it('are one count for all processes', async () => {
    const common = { keyId: uuidv7(), limits: { requestsPerMinute: 7, concurrency: 5 } };
    const [one, other] = [asking(await openShared(), common), asking(await openShared(), common)];
    const answers = (await Promise.all([burst(100, one), burst(100, other)])).flat();
    const running = answers.filter(({ refusedBy }) => refusedBy === undefined);
    expect(running).toHaveLength(5);
    running[0]?.end(0);
    running[1]?.end(0);
    running[2]?.end(0);
    const more = (await Promise.all([burst(10, one), burst(10, other)])).flat();
    expect(more.filter(({ refusedBy }) => refusedBy === undefined)).toHaveLength(2);
    expect(more.filter(({ refusedBy }) => refusedBy?.name === 'requests')).toHaveLength(18);
  });

  it('free the slots of a process that died, and keep those of one that lives', async () => {
    const leaseMs = 600;
    const [dead, living] = [await openShared({ leaseMs }), await openShared({ leaseMs })];
    const [lost, kept] = [uuidv7(), uuidv7()];
    const limits = { concurrency: 1 };
    await asking(dead, { keyId: lost, limits })();
    dead.onApplicationShutdown();
    await asking(living, { keyId: kept, limits })();
    const take = asking(await openShared(), { limits });
    expect((await take({ keyId: lost })).refusedBy?.name).toBe('concurrency');
    await until(
      () => take({ keyId: lost }),
      ({ refusedBy }) => refusedBy === undefined,
    );
    await pause(2 * leaseMs);
    expect((await take({ keyId: kept })).refusedBy?.name).toBe('concurrency');
  });

  it('leave nothing in Redis for ever, and survive a Redis that has forgotten everything', async () => {
    const keyId = uuidv7();
    const limits = { requestsPerMinute: 5, tokensPerMinute: 100, concurrency: 2 };
    const take = asking(await openShared(), { keyId, limits, tokens: 10 });
    const running = await take();
    const client = new Redis(redis.url);
    try {
      const names = await client.keys(`${redis.prefix}:limit:{org}:key:${keyId}*`);
      expect(names).toHaveLength(2);
      for (const name of names) expect(await client.pttl(name)).toBeGreaterThan(0);
      await client.unlink(names);
      await client.call('SCRIPT', 'FLUSH', 'SYNC');
      expect(await take()).toMatchObject({ refusedBy: undefined, requests: { remaining: 4 } });
      running.end(10);
      expect((await take()).refusedBy).toBeUndefined();
    } finally {
      client.disconnect();
    }
  });

  it.each(['pause', 'reset'] as const)(
    'go on in the process, within the deadline, while Redis is away (%s), and on Redis afterwards',
    async (state) => {
      const store = await openShared({ url: through(proxy, redis.url), deadlineMs: 200 });
      const observer = await openShared();
      const limits = { requestsPerMinute: 5 };
      const keyId = uuidv7();
      const take = asking(store, { keyId, limits });
      const look = asking(observer, { limits: { requestsPerMinute: 1_000 } });
      await until(take, ({ requests }) => requests?.remaining === 0);
      proxy.set(state);
      const startedAt = performance.now();
      const answers = await burst(50, take);
      expect(performance.now() - startedAt).toBeLessThan(1_500);
      expect(answers.filter(({ refusedBy }) => refusedBy === undefined)).toHaveLength(5);
      const later = performance.now();
      for (let time = 0; time < 20; time++) expect((await take()).refusedBy?.name).toBe('requests');
      expect(performance.now() - later).toBeLessThan(1_500);
      proxy.set('pass');
      const back = uuidv7();
      await until(
        async () => {
          await asking(store, { keyId: back, limits: { requestsPerMinute: 1_000 } })();
          return look({ keyId: back });
        },
        ({ requests }) => (requests?.remaining ?? 0) < 998,
      );
    },
  );
});
