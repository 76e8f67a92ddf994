/**
 * PostgreSQL for a machine that has none: the binaries come with npm, the server runs on loopback as an
 * unprivileged account, and its data stays in a folder of the checkout (or is thrown away, for tests).
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { monotonicMs } from '../core/clock.js';
import { isAlive, withFileLock } from './file-lock.js';
import {
  type Account,
  canWalkTo,
  ownSharedFolder,
  postgresAccount,
  preparePostgresBinaries,
} from './postgres-binaries.js';
import {
  type ServerFolder,
  createCluster,
  dataFolder,
  isOurServer,
  readRunningServer,
  serverUrl,
  startServer,
  stopServer,
} from './postgres-process.js';

const DATABASE = 'faregate';
/** How long a server left by a killed process may take to come up (recovery) or to go away. */
const LEFTOVER_TIMEOUT_MS = 30_000;

export interface EmbeddedPostgresOptions {
  /** Folder for the data, the password and the log; created when missing. */
  dir: string;
  /** False: nothing is synced to disk, and `stop` removes the folder. */
  persistent: boolean;
  /** Told what is worth a line to a person: a moved folder, a server found running. */
  log?: ((message: string) => void) | undefined;
}

export interface EmbeddedPostgres {
  /** Connection string of a superuser, to the database `faregate`. */
  url: string;
  /** The folder in use; another than asked for when the server's account could not have reached that one. */
  dir: string;
  /** Ends the server if it is ours to end; may be called more than once. */
  stop: () => Promise<void>;
}

interface Running {
  pid: number;
  port: number;
  /** True when another living process started this server, and will stop it. */
  shared: boolean;
}

/**
 * Starts PostgreSQL on the folder, or joins the one that runs there: a server whose starter was killed is
 * taken over, one whose starter lives is shared and left alone by `stop`.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  const account = postgresAccount();
  const dir = await prepareFolder(path.resolve(options.dir), account, log);
  return withFileLock(path.join(dir, 'lock'), async () => {
    const native = await preparePostgresBinaries(account);
    const folder = { dir, account, native, persistent: options.persistent, password: await getPassword(dir) };
    const running = (await joinRunning(folder, log)) ?? (await startOwn(folder));
    await createDatabase(serverUrl(folder, running.port, 'postgres'));
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> =>
      (stopping ??= running.shared ? Promise.resolve() : end(folder, running.pid));
    return { url: serverUrl(folder, running.port, DATABASE), dir, stop };
  });
}

async function startOwn(folder: ServerFolder): Promise<Running> {
  if (!(await exists(path.join(dataFolder(folder), 'PG_VERSION')))) await createCluster(folder);
  const { child, port } = await startServer(folder);
  const pid = child.pid;
  if (pid === undefined) throw new Error('embedded PostgreSQL has no process number');
  await recordOwner(folder, { pid, port });
  return { pid, port, shared: false };
}

/** Finds a server already running on this folder; null when there is none, after waiting for one that is going. */
async function joinRunning(folder: ServerFolder, log: (message: string) => void): Promise<Running | null> {
  const deadline = monotonicMs() + LEFTOVER_TIMEOUT_MS;
  for (;;) {
    const found = await readRunningServer(folder);
    if (!found) return null;
    if (found.ready && (await isOurServer(folder, found.port))) {
      const owner = await findOwner(folder);
      const shared = owner !== null && owner !== process.pid && isAlive(owner);
      log(`${shared ? 'sharing' : 'taking over'} the embedded PostgreSQL on port ${found.port}`);
      if (!shared) await recordOwner(folder, found);
      return { pid: found.pid, port: found.port, shared };
    }
    // A stale postmaster.pid whose number now belongs to another program: PostgreSQL itself tells them apart.
    if (monotonicMs() > deadline) return null;
    await delay(100);
  }
}

async function end(folder: ServerFolder, pid: number): Promise<void> {
  await stopServer(folder, pid);
  await rm(folder.persistent ? stateFile(folder) : folder.dir, { recursive: true, force: true });
}

/** Creates the folder where asked, or, when the server's account cannot walk there, in a stable place where it can. */
async function prepareFolder(
  asked: string,
  account: Account,
  log: (message: string) => void,
): Promise<string> {
  // Plain mode on purpose: with `recursive` a 0700 would also close the parents to the server's account.
  await mkdir(asked, { recursive: true });
  if (account.uid === undefined) return asked;
  await chmod(asked, 0o711);
  if (await canWalkTo(asked, account)) return asked;
  const shared = await ownSharedFolder('/var/tmp/faregate-postgres');
  const moved = path.join(shared, asked.replaceAll('/', '_'));
  await mkdir(moved, { recursive: true });
  await chmod(moved, 0o711);
  log(`PostgreSQL may not run as root and its account cannot reach ${asked}: its data is in ${moved}`);
  return moved;
}

/** The password of this folder's server, made once and readable by us alone. */
async function getPassword(dir: string): Promise<string> {
  const file = path.join(dir, 'password');
  if (!(await exists(file))) {
    if (await exists(path.join(dir, 'data', 'PG_VERSION')))
      throw new Error(`${file} is missing, but ${dir} has data`);
    await writeFile(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  }
  return (await readFile(file, 'utf8')).trim();
}

async function createDatabase(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

const stateFile = (folder: Pick<ServerFolder, 'dir'>): string => path.join(folder.dir, 'state.json');

async function recordOwner(folder: ServerFolder, server: { pid: number; port: number }): Promise<void> {
  const state = { pid: server.pid, port: server.port, ownerPid: process.pid };
  await writeFile(stateFile(folder), JSON.stringify(state), { mode: 0o600 });
}

async function findOwner(folder: ServerFolder): Promise<number | null> {
  const text = await readFile(stateFile(folder), 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as { ownerPid: number }).ownerPid;
}

const exists = (file: string): Promise<boolean> =>
  access(file, constants.F_OK).then(
    () => true,
    () => false,
  );
