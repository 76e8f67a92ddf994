/**
 * What a whole test run shares: one PostgreSQL server with one migrated template database, and one Redis.
 * `TEST_DATABASE_URL` and `TEST_REDIS_URL` choose servers that exist; without them the ones from npm are
 * started. A service that cannot be had fails the run: no test is ever skipped for the lack of one.
 */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { nowMs } from '../../src/core/clock.js';
import { isAlive } from '../../src/embedded/file-lock.js';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.js';
import { migrateDatabase, migrateQueue } from '../../src/platform/database/migrate.js';
import { inDatabase, runSql } from './database.js';

const FOLDER_PREFIX = 'faregate-test-';
const STARTING_MS = 5 * 60_000;

interface Service {
  url: string;
  stop: () => Promise<void>;
}

/** Starts the shared services, tells the tests through the environment, and returns what ends them all. */
export async function startServices(): Promise<() => Promise<void>> {
  const [server, redis] = await startBoth(startDatabaseServer(), startRedis());
  const run = `faregate_test_${randomBytes(4).toString('hex')}`;
  const stop = async (): Promise<void> => {
    try {
      await dropDatabases(server.url, run);
    } finally {
      await Promise.all([server.stop(), redis.stop()]);
    }
  };
  try {
    await createTemplate(server.url, `${run}_template`);
  } catch (error) {
    await stop();
    throw error;
  }
  process.env['FAREGATE_TEST_SERVER_URL'] = server.url;
  process.env['FAREGATE_TEST_RUN'] = run;
  process.env['FAREGATE_TEST_REDIS_URL'] = redis.url;
  return stop;
}

/** Both, or neither: when one cannot start, the other does not stay behind. */
async function startBoth(...starting: [Promise<Service>, Promise<Service>]): Promise<[Service, Service]> {
  try {
    return await Promise.all(starting);
  } catch (error) {
    for (const started of await Promise.allSettled(starting)) {
      if (started.status === 'fulfilled') await started.value.stop();
    }
    throw error;
  }
}

async function startDatabaseServer(): Promise<Service> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given) {
    await runSql(given, 'select 1').catch((cause: unknown) => {
      throw new Error('TEST_DATABASE_URL does not answer', { cause });
    });
    return { url: given, stop: async () => undefined };
  }
  await removeAbandonedServers();
  const dir = await mkdtemp(path.join(tmpdir(), FOLDER_PREFIX));
  return startEmbeddedPostgres({ dir, persistent: false });
}

/** Ends servers of test runs that were killed before they could, and removes what those left in the temporary folder. */
async function removeAbandonedServers(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(FOLDER_PREFIX));
  for (const dir of names.map((name) => path.join(tmpdir(), name))) {
    const found = await stat(dir).catch(() => null);
    if (found?.uid !== process.getuid?.()) continue;
    const state = await readFile(path.join(dir, 'state.json'), 'utf8').catch(() => null);
    if (state === null) {
      // Still starting, or it never got so far.
      if (found && nowMs() - found.mtimeMs > STARTING_MS) await rm(dir, { recursive: true, force: true });
      continue;
    }
    const { pid, ownerPid } = JSON.parse(state) as { pid: number; ownerPid: number };
    if (isAlive(ownerPid)) continue;
    const running = await readFile(path.join(dir, 'data/postmaster.pid'), 'utf8').catch(() => '');
    if (running.startsWith(`${pid}\n`) && isAlive(pid)) process.kill(pid, 'SIGQUIT');
    await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

async function createTemplate(serverUrl: string, template: string): Promise<void> {
  await runSql(serverUrl, `create database ${template}`);
  const url = inDatabase(serverUrl, template);
  await migrateDatabase(url);
  await migrateQueue(url);
}

async function dropDatabases(serverUrl: string, run: string): Promise<void> {
  const names = await runSql(serverUrl, 'select datname from pg_database where starts_with(datname, $1)', [
    run,
  ]);
  for (const { datname } of names) await runSql(serverUrl, `drop database if exists ${datname} with (force)`);
}

async function startRedis(): Promise<Service> {
  const given = process.env['TEST_REDIS_URL'];
  const redis = given ? { url: given, stop: async () => undefined } : await startValkey();
  // Valkey says it is ready a moment before it listens.
  const retryStrategy = (times: number): number | null => (times <= 40 ? 50 : null);
  const client = new Redis(redis.url, { maxRetriesPerRequest: null, retryStrategy });
  client.on('error', () => undefined); // the command below reports it
  try {
    await client.ping();
  } catch (cause) {
    await redis.stop();
    throw new Error(`${given ? 'TEST_REDIS_URL' : 'the embedded Valkey'} does not answer`, { cause });
  } finally {
    client.disconnect();
  }
  return redis;
}

async function startValkey(): Promise<Service> {
  const child = fork(path.join(import.meta.dirname, 'valkey.mjs'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'], // its log goes to standard output, past Node
  });
  const exited = once(child, 'exit');
  const ready = once(child, 'message') as Promise<[{ url: string }]>;
  const [{ url }] = await Promise.race([
    ready,
    exited.then(() => Promise.reject(new Error('the embedded Valkey did not start'))),
  ]);
  const stop = async (): Promise<void> => {
    child.disconnect();
    await exited;
  };
  return { url, stop };
}
