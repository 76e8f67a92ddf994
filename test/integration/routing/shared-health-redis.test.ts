import { Redis } from 'ioredis';
import { FaregateError } from '../../../src/core/errors.js';
import { AppConfig } from '../../../src/platform/config/app-config.js';
import { RedisConnection } from '../../../src/platform/redis/redis-connection.service.js';
import { failureOf } from '../../../src/providers/upstream-failure.js';
import { standingAt } from '../../../src/routing/deployment-health.js';
import { HealthStore } from '../../../src/routing/health.store.js';
import { createTestRedis } from '../../support/redis.js';

const redis = createTestRedis();
const fault = failureOf('fault', new FaregateError('upstream', 'no'));
const open: { connection: RedisConnection; store: HealthStore }[] = [];

async function startStore(url: string | undefined): Promise<HealthStore> {
  const config = { redisUrl: url, redisPrefix: redis.prefix } as AppConfig;
  const connection = new RedisConnection(config);
  await connection.onModuleInit();
  const store = new HealthStore(connection);
  store.onModuleInit();
  open.push({ connection, store });
  return store;
}
afterAll(async () => {
  for (const { connection, store } of open) {
    store.onApplicationShutdown();
    connection.onApplicationShutdown();
  }
  await redis.drop();
});
const standing = (store: HealthStore): string => standingAt(store.of('deployment:x'), Date.now());
async function until(check: () => boolean): Promise<void> {
  for (const end = Date.now() + 5_000; !check() && Date.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

describe('the health that processes share', () => {
  it('an ejection is seen by the other process, and so is the recovery', async () => {
    const [one, other] = [await startStore(redis.url), await startStore(redis.url)];
    for (let failure = 0; failure < 5; failure++) one.failed('deployment:x', fault);
    expect(standing(one)).toBe('open');
    await until(() => standing(other) === 'open');
    expect(standing(other)).toBe('open');
    one.succeeded('deployment:x');
    await until(() => standing(other) === 'closed');
    expect(standing(other)).toBe('closed');
  });

  it('lies below the prefix and a colon, where an installation whose prefix begins alike never looks', async () => {
    const one = await startStore(redis.url);
    for (let failure = 0; failure < 5; failure++) one.failed('deployment:y', fault);
    const client = new Redis(redis.url);
    try {
      let names: string[] = [];
      for (const end = Date.now() + 5_000; names.length === 0 && Date.now() < end;)
        names = await client.keys(`${redis.prefix}*`);
      expect(names).toEqual([`${redis.prefix}:health`]);
    } finally {
      client.disconnect();
    }
  });

  it.each([undefined, 'redis://127.0.0.1:1'])('a process goes by itself without Redis (%s)', async (url) => {
    const alone = await startStore(url);
    for (let failure = 0; failure < 5; failure++) alone.failed('deployment:x', fault);
    expect(standing(alone)).toBe('open');
  });
});
