import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrateDatabase } from '../../../src/platform/database/migrate.js';
import { type TestDatabase, createEmptyDatabase, runSql } from '../../support/database.js';

describe('the migration runner', () => {
  let database: TestDatabase;
  let folder: string;

  beforeEach(async () => {
    database = await createEmptyDatabase();
    folder = await mkdtemp(path.join(tmpdir(), 'faregate-migrations-'));
    await write('1_first', 'create table first (id int); insert into first values (1);');
    await write(
      '2_second',
      `create function two() returns int language plpgsql as $$ begin return 2; end $$;`,
    );
  });

  afterEach(async () => {
    await database.drop();
    await rm(folder, { recursive: true });
  });

  async function write(name: string, sql: string): Promise<void> {
    await mkdir(path.join(folder, name), { recursive: true });
    await writeFile(path.join(folder, name, 'migration.sql'), sql);
  }
  const migrate = (): Promise<string[]> => migrateDatabase(database.url, folder);

  it('applies what is pending, in order, once', async () => {
    expect(await migrate()).toEqual(['1_first', '2_second']);
    expect(await migrate()).toEqual([]);
    expect(await runSql(database.url, 'select id, two() from first')).toEqual([{ id: 1, two: 2 }]);
  });

  it('applies each migration once when two processes migrate at the same time', async () => {
    const applied = await Promise.all([migrate(), migrate(), migrate()]);
    expect(applied.flat().sort()).toEqual(['1_first', '2_second']);
  });

  it('leaves nothing of a failed migration, keeps those before it, and can be run again', async () => {
    await write('3_third', 'create table third (id int); select 1 / 0;');
    await expect(migrate()).rejects.toThrow('migration 3_third: division by zero');
    expect(
      await runSql(database.url, `select to_regclass('third') as third, to_regclass('first') as first`),
    ).toEqual([{ third: null, first: 'first' }]);
    await write('3_third', 'create table third (id int);');
    expect(await migrate()).toEqual(['3_third']);
  });

  it('refuses a migration that was changed after it was applied', async () => {
    await migrate();
    await write('1_first', 'create table first (id bigint);');
    await expect(migrate()).rejects.toThrow('migration 1_first was changed after it was applied');
  });

  it('refuses to go on after one that the Prisma CLI left half done, until that is resolved', async () => {
    await migrate();
    await runSql(
      database.url,
      `update _prisma_migrations set finished_at = null where migration_name = '2_second'`,
    );
    await expect(migrate()).rejects.toThrow('migration 2_second was left half done');
    await runSql(
      database.url,
      `update _prisma_migrations set rolled_back_at = now() where migration_name = '2_second'`,
    );
    await runSql(database.url, 'drop function two()');
    expect(await migrate()).toEqual(['2_second']);
  });
});
