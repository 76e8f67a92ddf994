/** A PostgreSQL database for one run of the bench, as durable as in production, gone afterwards. */
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from './processes.mjs';

/**
 * On the server of BENCH_DATABASE_URL when that is set, else on the embedded PostgreSQL with fsync on.
 *
 * @returns {Promise<{url: string, server: string, remove: () => Promise<void>}>}
 */
export async function createFreshDatabase() {
  const serverUrl = process.env.BENCH_DATABASE_URL;
  return serverUrl ? createOnServer(serverUrl) : startEmbedded();
}

async function createOnServer(serverUrl) {
  const { default: pg } = await import('pg');
  const name = `faregate_bench_${process.pid}`;
  const run = async (sql) => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    try {
      return (await client.query(sql)).rows[0];
    } finally {
      await client.end();
    }
  };
  await run(`create database ${name}`);
  const settings = await run(
    `select current_setting('server_version') version, current_setting('fsync') fsync,
            current_setting('synchronous_commit') commit`,
  );
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    server: `PostgreSQL ${settings.version}, fsync ${settings.fsync}, synchronous_commit ${settings.commit}`,
    remove: () => run(`drop database if exists ${name} with (force)`),
  };
}

async function startEmbedded() {
  const module = pathToFileURL(path.join(repositoryRoot, 'dist/embedded/postgres.js')).href;
  const { startEmbeddedPostgres } = await import(module);
  const parent = path.join(repositoryRoot, '.faregate');
  await mkdir(parent, { recursive: true });
  const dir = await mkdtemp(path.join(parent, 'bench-'));
  const server = await startEmbeddedPostgres({ dir, persistent: true, log: (line) => console.error(line) });
  const remove = async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
    if (server.dir) await rm(server.dir, { recursive: true, force: true });
  };
  return { url: server.url, server: 'embedded PostgreSQL, fsync on, synchronous_commit on', remove };
}
