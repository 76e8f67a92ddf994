/**
 * Brings a database up to date. Prisma's own `migrate deploy` needs its CLI and a downloaded engine; this
 * applies the same folders, under the same advisory lock, into the same ledger table, so that the Prisma CLI
 * agrees with what it finds and either may follow the other.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { runMigrations } from 'bullmq';
import pg from 'pg';

/** The advisory lock Prisma Migrate takes. A session lock: connect directly, not through a transaction pooler. */
const PRISMA_LOCK = 72707369;
const CONNECT_MS = 10_000;
/** How long to wait for another migrator to finish. */
const WAIT_FOR_TURN_MS = 120_000;
/** How long a statement may queue for a table; waiting longer would hold up every request behind it. */
const WAIT_FOR_TABLE_MS = 10_000;
/** How long one statement of a migration may run. */
const STATEMENT_MS = 15 * 60_000;

/** The repository's migrations, found alike from src/ and from dist/. */
export const MIGRATIONS_FOLDER = path.join(import.meta.dirname, '../../../prisma/migrations');

const LEDGER_TABLE = `create table if not exists _prisma_migrations (
  id varchar(36) primary key,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`;

interface LedgerRow {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
}

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

/**
 * Applies every pending migration, each in one transaction, and returns their names in order.
 * Throws, leaving the database as it was before the migration at fault, when one fails, when an applied one
 * was edited since, or when the Prisma CLI left one half done.
 */
export async function migrateDatabase(url: string, folder = MIGRATIONS_FOLDER): Promise<string[]> {
  return withConnection(url, async (client) => {
    await client.query(`set lock_timeout = ${WAIT_FOR_TURN_MS}`);
    await client.query('select pg_advisory_lock($1)', [PRISMA_LOCK]);
    await client.query(`set lock_timeout = ${WAIT_FOR_TABLE_MS}`);
    await client.query(`set statement_timeout = ${STATEMENT_MS}`);
    await client.query(LEDGER_TABLE);
    const pending = findPending(await readMigrations(folder), await readLedger(client));
    for (const migration of pending) await apply(client, migration);
    return pending.map((migration) => migration.name);
  });
}

/** Creates or upgrades BullMQ's own schema `bullmq`; needed only where the queue runs on PostgreSQL. */
export async function migrateQueue(url: string): Promise<void> {
  // BullMQ asks for its own structural client type, which pg's overloads satisfy only at run time.
  await withConnection(url, (client) =>
    runMigrations(client as unknown as Parameters<typeof runMigrations>[0]),
  );
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.sql);
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       values ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback').catch(() => undefined);
    throw new Error(`migration ${migration.name}: ${(cause as Error).message}`, { cause });
  }
}

/** What is on disk and not in the ledger; throws on a ledger row that forbids going on. */
function findPending(migrations: Migration[], ledger: LedgerRow[]): Migration[] {
  const known = new Map(ledger.map((row) => [row.migration_name, row]));
  return migrations.filter(({ name, checksum }) => {
    const row = known.get(name);
    if (!row) return true;
    if (!row.finished_at) {
      throw new Error(`migration ${name} was left half done; mend it, then run "prisma migrate resolve"`);
    }
    if (row.checksum !== checksum) throw new Error(`migration ${name} was changed after it was applied`);
    return false;
  });
}

async function readLedger(client: pg.Client): Promise<LedgerRow[]> {
  const { rows } = await client.query<LedgerRow>(
    'select migration_name, checksum, finished_at from _prisma_migrations where rolled_back_at is null',
  );
  return rows;
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(path.join(folder, name, 'migration.sql'));
      return { name, sql: sql.toString('utf8'), checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function withConnection<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    application_name: 'faregate-migrate',
  });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
