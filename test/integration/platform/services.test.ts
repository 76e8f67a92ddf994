import { Redis } from 'ioredis';
import { createTestDatabase, runSql } from '../../support/database.js';
import { createTestRedis } from '../../support/redis.js';

describe('the services of a test run', () => {
  it('gives every caller its own migrated database, with the queue schema in it', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    try {
      await runSql(one.url, 'create table mark (id int)');
      expect(await runSql(other.url, `select to_regclass('mark') as mark`)).toEqual([{ mark: null }]);
      const [found] = await runSql(other.url, `select count(*)::int as applied from _prisma_migrations`);
      expect(found?.['applied']).toBeGreaterThan(0);
      const queue = await runSql(other.url, `select 1 from pg_namespace where nspname = 'bullmq'`);
      expect(queue).toHaveLength(1);
    } finally {
      await Promise.all([one.drop(), other.drop()]);
    }
  });

  it('keeps the keys of two test files apart and removes its own', async () => {
    const [one, other] = [createTestRedis(), createTestRedis()];
    const client = new Redis(one.url);
    await client.set(`${one.prefix}:a`, '1');
    await client.set(`${other.prefix}:a`, '2');
    await one.drop();
    expect(await client.mget(`${one.prefix}:a`, `${other.prefix}:a`)).toEqual([null, '2']);
    await other.drop();
    client.disconnect();
  });
});
