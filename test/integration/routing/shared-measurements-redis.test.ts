import { AppConfig } from '../../../src/platform/config/app-config.js';
import { RedisConnection } from '../../../src/platform/redis/redis-connection.service.js';
import { MeasurementsStore } from '../../../src/routing/measurements.store.js';
import { until } from '../../support/calls.js';
import { Redis } from 'ioredis';
import { createTestRedis } from '../../support/redis.js';

const redis = createTestRedis();
const client = new Redis(redis.url);
const open: { connection: RedisConnection; store: MeasurementsStore }[] = [];

async function startStore(url: string | undefined): Promise<MeasurementsStore> {
  const config = { redisUrl: url, redisPrefix: redis.prefix } as AppConfig;
  const connection = new RedisConnection(config);
  await connection.onModuleInit();
  const store = new MeasurementsStore(connection);
  store.onModuleInit();
  open.push({ connection, store });
  return store;
}
afterAll(async () => {
  for (const { connection, store } of open) {
    store.onApplicationShutdown();
    connection.onApplicationShutdown();
  }
  client.disconnect();
  await redis.drop();
});
const answer = (firstTokenMs: number) => ({ failed: false, firstTokenMs, outputTokens: 50, outputMs: 500 });

describe('the measurements that processes share', () => {
  it('two processes know the same of a deployment, whoever of them used it', async () => {
    const [one, other] = [await startStore(redis.url), await startStore(redis.url)];
    for (let call = 0; call < 5; call++) one.record('shared', answer(200));
    for (let call = 0; call < 3; call++) other.record('shared', { failed: true });
    other.record('elsewhere', answer(900));
    const both = await until(
      () =>
        Promise.resolve([one.of('shared'), other.of('shared'), one.of('elsewhere'), other.of('elsewhere')]),
      ([a, b, c, d]) => a?.errorRate === b?.errorRate && c?.firstTokenMs !== undefined && d !== undefined,
    );
    expect(both[0]).toEqual(both[1]);
    expect(both[2]).toEqual(both[3]);
    expect(both[0]?.firstTokenMs).toBeCloseTo(200);
    expect(both[0]?.tokensPerSecond).toBeCloseTo(100);
    expect(both[0]?.errorRate).toBeGreaterThan(0.2);
  });

  it('what is written by somebody else does no harm', async () => {
    const store = await startStore(redis.url);
    await client.hset(`${redis.prefix}:measurements`, 'odd-1', 'no json', 'odd-2', '{"atMs":"x","sums":[]}');
    const sums = { strange: { errors: { sum: -1, weight: null }, firstTokenMs: 7 } };
    await client.hset(`${redis.prefix}:measurements`, 'odd-3', JSON.stringify({ atMs: Date.now(), sums }));
    await until(
      () => client.hget(`${redis.prefix}:measurements`, 'odd-1'),
      (left) => left === null,
    );
    expect(store.of('strange')).toEqual({ errorRate: 0, cacheShare: 0 });
  });

  it.each([undefined, 'redis://127.0.0.1:1'])('a process goes by its own without Redis (%s)', async (url) => {
    const alone = await startStore(url);
    alone.record('mine', answer(300));
    expect(alone.of('mine').firstTokenMs).toBe(300);
  });
});
