/** One PostgreSQL server process: made, started, looked at and stopped. Decides nothing about who owns it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { monotonicMs } from '../core/clock.js';
import { isAlive } from './file-lock.js';
import type { Account } from './postgres-binaries.js';

const run = promisify(execFile);

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/** Where one server keeps its things. `data` belongs to the account, the rest to us. */
export interface ServerFolder {
  dir: string;
  account: Account;
  /** The folder with `bin/`. */
  native: string;
  password: string;
  /** False for a test's throw-away server: nothing needs to survive a power cut, so nothing is synced. */
  persistent: boolean;
}

const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=128MB',
  'log_checkpoints=off',
];
const THROW_AWAY_SETTINGS = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off'];

export const dataFolder = (folder: Pick<ServerFolder, 'dir'>): string => path.join(folder.dir, 'data');
const logFile = (folder: ServerFolder): string => path.join(folder.dir, 'postgres.log');

export const serverUrl = (folder: Pick<ServerFolder, 'password'>, port: number, database: string): string =>
  `postgresql://faregate:${folder.password}@127.0.0.1:${port}/${database}`;

/** Runs initdb beside the final place and moves the result in, so that an interrupted one leaves no half cluster. */
export async function createCluster(folder: ServerFolder): Promise<void> {
  const { dir, account, native } = folder;
  const unfinished = path.join(dir, 'data.unfinished');
  const passwordFile = path.join(dir, 'initdb-password');
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, `${folder.password}\n`, { mode: 0o600, flag: 'wx' });
  try {
    for (const target of [unfinished, passwordFile]) await giveTo(account, target);
    const options = [
      '-U',
      'faregate',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '-E',
      'UTF8',
      '--locale=C',
    ];
    if (!folder.persistent) options.push('--no-sync');
    await run(path.join(native, 'bin/initdb'), ['-D', unfinished, ...options], spawnOptions(folder));
    await rename(unfinished, dataFolder(folder));
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Starts the server on a free loopback port and resolves when it accepts connections. */
export async function startServer(folder: ServerFolder): Promise<{ child: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort();
    const child = await spawnServer(folder, port);
    const failure = await waitUntilReady(folder, child);
    if (failure === null) return { child, port };
    // Someone may have taken the port between our look and PostgreSQL's.
    if (attempt < 3 && failure.includes('could not create any TCP/IP sockets')) continue;
    throw new Error(`embedded PostgreSQL did not start:\n${failure}`);
  }
}

async function spawnServer(folder: ServerFolder, port: number): Promise<ChildProcess> {
  const settings = folder.persistent ? SETTINGS : [...SETTINGS, ...THROW_AWAY_SETTINGS];
  const log = await open(logFile(folder), 'w', 0o600);
  try {
    const child = spawn(
      path.join(folder.native, 'bin/postgres'),
      ['-D', dataFolder(folder), '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      // Detached: Ctrl-C must reach us first, so that the application lets go of its connections before.
      { ...spawnOptions(folder), stdio: ['ignore', log.fd, log.fd], detached: true },
    );
    child.on('error', () => undefined); // seen as an exit below
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** Null once the server is ready; the end of its log when it is not going to be. */
async function waitUntilReady(folder: ServerFolder, child: ChildProcess): Promise<string | null> {
  const deadline = monotonicMs() + START_TIMEOUT_MS;
  const exited = (): boolean =>
    child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  while (!exited() && monotonicMs() < deadline) {
    const running = await readRunningServer(folder);
    if (running && running.ready && running.pid === child.pid) return null;
    await delay(POLL_MS);
  }
  if (!exited()) child.kill('SIGQUIT');
  return (await readFile(logFile(folder), 'utf8').catch(() => '')).slice(-4_000) || 'no output';
}

/** What PostgreSQL itself writes about its running process; null when it does not run or left a stale file. */
export async function readRunningServer(
  folder: Pick<ServerFolder, 'dir'>,
): Promise<{ pid: number; port: number; ready: boolean } | null> {
  const text = await readFile(path.join(dataFolder(folder), 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!(pid > 0) || !isAlive(pid)) return null;
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/** True when the server on this port takes our password and serves our data folder, not somebody else's. */
export async function isOurServer(folder: ServerFolder, port: number): Promise<boolean> {
  const url = serverUrl(folder, port, 'postgres');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory === dataFolder(folder);
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Ends a server by number: rolls back what is open and writes a checkpoint; a throw-away one just ends. Harder signals follow. */
export async function stopServer(folder: ServerFolder, pid: number): Promise<void> {
  for (const name of folder.persistent ? (['SIGINT', 'SIGQUIT'] as const) : (['SIGQUIT'] as const)) {
    signal(pid, name);
    const deadline = monotonicMs() + STOP_TIMEOUT_MS;
    while (isAlive(pid) && monotonicMs() < deadline) await delay(POLL_MS);
    if (!isAlive(pid)) return;
  }
  signal(pid, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // gone already
  }
}

async function giveTo(account: Account, target: string): Promise<void> {
  if (account.uid !== undefined && account.gid !== undefined) await chown(target, account.uid, account.gid);
}

function spawnOptions(folder: ServerFolder): Account & { cwd: string; env: NodeJS.ProcessEnv } {
  // Only what a server needs: the parent's environment may hold secrets, and PG* variables would mislead it.
  const inherited = ['PATH', 'SystemRoot', 'TEMP', 'TMP'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...folder.account,
    cwd: folder.dir,
    env: { ...Object.fromEntries(inherited), LC_ALL: 'C', TZ: 'UTC' },
  };
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
