import pg from 'pg';

/** A migrated, empty database of one test file. */
export interface TestDatabase {
  /** Connection string, for pools and for `DATABASE_URL` of a started process. */
  url: string;
  /** Removes it, also when connections are still open. */
  drop: () => Promise<void>;
}

let created = 0;

/** Copies the run's template database (schema and queue, no rows): about a tenth of a second. */
export function createTestDatabase(): Promise<TestDatabase> {
  return create(`${fromSetup('FAREGATE_TEST_RUN')}_template`);
}

/** A database without anything in it, for tests of the migrations themselves. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return create('template0');
}

async function create(template: string): Promise<TestDatabase> {
  const server = fromSetup('FAREGATE_TEST_SERVER_URL');
  const unique = `${process.pid}_${++created}_${process.hrtime.bigint().toString(36)}`;
  const name = `${fromSetup('FAREGATE_TEST_RUN')}_${unique}`;
  await runSql(server, `create database ${name} template ${template}`);
  return {
    url: inDatabase(server, name),
    drop: async () => {
      await runSql(server, `drop database if exists ${name} with (force)`);
    },
  };
}

/** The same server and account, another database. */
export function inDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** One statement on a connection of its own. */
export async function runSql(
  url: string,
  sql: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

function fromSetup(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(`${name} is not set: this test file belongs under test/, where the services are started`);
  return value;
}
