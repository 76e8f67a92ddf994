import { Logger } from '@nestjs/common';
import { AppConfig } from '../../../src/platform/config/app-config.js';
import { SingleInstance } from '../../../src/platform/database/single-instance.service.js';
import { testEnvironment } from '../../support/billing.js';
import { until } from '../../support/calls.js';
import { createTestDatabase, runSql, type TestDatabase } from '../../support/database.js';
import { createWorld, type GatewayWorld } from '../../support/gateway.js';
import { startApiProcess, type ApiProcess } from '../../support/processes.js';
import { createTestRedis } from '../../support/redis.js';

beforeAll(() => Logger.overrideLogger(false));

const REFUSAL = /Another API process uses this database without REDIS_URL\. Set REDIS_URL to run several\./;

describe('several API processes on one database', () => {
  let world: GatewayWorld;
  let running: ApiProcess[] = [];
  beforeAll(async () => {
    world = await createWorld();
  });
  afterEach(async () => {
    await Promise.all(running.map((api) => api.kill()));
    running = [];
  });
  afterAll(() => world.close());

  const start = async (env: Record<string, string> = {}): Promise<ApiProcess> => {
    const api = await startApiProcess(world, env);
    running.push(api);
    return api;
  };

  it('without Redis are refused with a message, until the first is gone, even by SIGKILL', async () => {
    const first = await start();
    expect(first.output()).toMatch(/limits are counted in this process, only one API process may run/);
    await expect(startApiProcess(world)).rejects.toThrow(REFUSAL);
    expect((await fetch(`${first.url}/livez`)).status).toBe(200);
    await first.kill();
    const second = await start();
    expect((await fetch(`${second.url}/livez`)).status).toBe(200);
    second.signal('SIGTERM');
    expect(await second.exited).toMatchObject({ code: 0 });
    await start();
  }, 60_000);

  it('with Redis run side by side', async () => {
    const redis = createTestRedis();
    const env = { REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix };
    await Promise.all([start(env), start(env)]);
    await redis.drop();
  }, 60_000);
});

describe('the lock of a single API process', () => {
  let database: TestDatabase;
  let held: SingleInstance[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    await Promise.all(held.map((instance) => instance.onApplicationShutdown()));
    held = [];
  });
  afterAll(() => database.drop());

  const instance = (url = database.url): SingleInstance => {
    const made = new SingleInstance(new AppConfig(testEnvironment(url)));
    held.push(made);
    return made;
  };
  const sessions = () =>
    runSql(
      database.url,
      `select pid from pg_locks join pg_stat_activity using (pid)
       where locktype = 'advisory' and granted and datname = current_database()
         and application_name = 'faregate-single-instance'`,
    );

  it('is handed over by a predecessor that goes within three seconds', async () => {
    const going = instance();
    await going.claim();
    const coming = instance().claim();
    setTimeout(() => void going.onApplicationShutdown(), 500);
    await coming;
    expect(await sessions()).toHaveLength(1);
  });

  it('is taken again when its connection was lost', async () => {
    await instance().claim();
    const [before] = await sessions();
    await runSql(database.url, 'select pg_terminate_backend($1)', [before?.['pid']]);
    const after = await until(sessions, (rows) => rows.length === 1 && rows[0]?.['pid'] !== before?.['pid']);
    expect(after).toHaveLength(1);
    await expect(instance().claim()).rejects.toThrow(REFUSAL);
  });

  it('is not shared with another database of the same server', async () => {
    const other = await createTestDatabase();
    try {
      await instance().claim();
      const elsewhere = instance(other.url);
      await elsewhere.claim();
      await elsewhere.onApplicationShutdown();
    } finally {
      await other.drop();
    }
  });
});
