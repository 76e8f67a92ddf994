import { createTestDatabase, runSql } from '../../support/database.js';

describe('the databases of a test run', () => {
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
});
