import { LocalRateLimits } from '../../src/admission/local-rate-limit.store.js';
import { RedisRateLimits } from '../../src/admission/redis-rate-limit.store.js';
import { uuidv7 } from '../../src/core/ids.js';
import { AppConfig } from '../../src/platform/config/app-config.js';
import { RedisConnection } from '../../src/platform/redis/redis-connection.service.js';
import { createKey } from '../support/builders/tenant.builder.js';
import { chatBody, post } from '../support/calls.js';
import { CHAT_MODEL, createSecret, createWorld, type GatewayWorld } from '../support/gateway.js';
import { startApiProcess, type ApiProcess } from '../support/processes.js';
import { createTestRedis, type TestRedis } from '../support/redis.js';

/** Seconds measured; a part of the minute shows the same arithmetic. */
const SECONDS = Number(process.env['LIMIT_SECONDS'] ?? 60);
const PER_MINUTE = 600;
const KEYS = 5;
/** Lanes a key and process; together they ask three times as often as the limit lets in. */
const LANES = 2;
const REST_MS = 100;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('two API processes and five keys that have used up their minute', () => {
  let redis: TestRedis;
  let world: GatewayWorld;
  let processes: ApiProcess[] = [];

  beforeAll(async () => {
    redis = createTestRedis();
    world = await createWorld({ env: { REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix } });
    processes = await Promise.all([startApiProcess(world), startApiProcess(world)]);
  }, 90_000);
  afterAll(async () => {
    await Promise.all(processes.map((process) => process.kill()));
    await world.close();
    await redis.drop();
  });

  /** Uses up a key's allowance on the counters that the processes share; answers with the moment it was gone. */
  const exhaust = async (store: RedisRateLimits, id: string): Promise<number> => {
    const limits = { requestsPerMinute: PER_MINUTE };
    const { organizationId } = world.tenant;
    for (;;) {
      const take = () =>
        store.take({
          requestId: uuidv7(),
          organizationId,
          scopes: [{ scope: 'key', id, limits }],
          tokens: 0,
        });
      const answers = await Promise.all(Array.from({ length: 100 }, take));
      if (answers.some(({ refusedBy }) => refusedBy !== undefined)) return performance.now();
    }
  };

  it(
    'admit what the limit allows for the time, to 2 %',
    async () => {
      const connection = new RedisConnection(new AppConfig(world.env), 5_000);
      await connection.onModuleInit();
      const store = new RedisRateLimits(connection, new LocalRateLimits());
      const keys = await Promise.all(
        Array.from({ length: KEYS }, async () => {
          const id = await createKey(world.pool, world.tenant);
          const limits = { requests_per_minute: PER_MINUTE };
          await world.pool.query('update api_key set rate_limits = $2 where id = $1', [id, limits]);
          return {
            id,
            secret: await createSecret(world.pool, id),
            admitted: 0,
            lastAt: 0,
            statuses: new Set<number>(),
          };
        }),
      );
      const measured = keys.map(async (key) => {
        const startedAt = await exhaust(store, key.id);
        const endsAt = startedAt + SECONDS * 1_000;
        const press = async (url: string): Promise<void> => {
          while (performance.now() < endsAt) {
            const answer = await post(
              { url, secret: key.secret },
              '/v1/chat/completions',
              chatBody(CHAT_MODEL),
            );
            await answer.arrayBuffer();
            key.statuses.add(answer.status);
            if (answer.status === 200) {
              key.admitted += 1;
              key.lastAt = performance.now();
            } else await pause(REST_MS);
          }
        };
        await Promise.all(processes.flatMap(({ url }) => Array.from({ length: LANES }, () => press(url))));
        // What a key was allowed until its last call was let in: later allowances nobody asked for.
        return (key.lastAt - startedAt) / 1_000;
      });
      const seconds = await Promise.all(measured);
      store.onApplicationShutdown();
      connection.onApplicationShutdown();
      for (const [index, key] of keys.entries()) {
        const allowed = ((seconds[index] ?? 0) * PER_MINUTE) / 60;
        console.info(`key ${index + 1}: ${key.admitted} admitted, ${allowed.toFixed(1)} allowed`);
        expect(key.statuses).toEqual(new Set([200, 429]));
        expect(Math.abs(key.admitted - allowed) / allowed).toBeLessThanOrEqual(0.02);
      }
    },
    SECONDS * 1_000 + 60_000,
  );
});
