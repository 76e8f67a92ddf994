import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withFileLock } from '../../src/embedded/file-lock.js';

/** Where clients are installed, outside version control; a second run finds them there. */
const FOLDER = path.join(import.meta.dirname, '../../.faregate/clients');
const INSTALL_TIMEOUT_MS = 570_000;
const TURN_TIMEOUT_MS = 120_000;

/** How a run of a program ended. */
export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A program of somebody else, as its maker publishes it on the npm registry. */
export interface PublishedClient {
  package: string;
  version: string;
  /** Name of its command. */
  command: string;
  /** The package's own script that puts its program in place; npm is told to run none. Absent: none is needed. */
  setup?: string;
}

/**
 * Path of the client's command, installed first when it is not there yet. Throws with npm's own words when the
 * registry cannot be reached: a test without its client must not pass.
 */
export async function installClient(client: PublishedClient): Promise<string> {
  const home = path.join(FOLDER, `${path.basename(client.package)}-${client.version}`);
  const command = path.join(home, 'node_modules/.bin', client.command);
  await mkdir(home, { recursive: true });
  return withFileLock(path.join(home, '.lock'), async () => {
    if (existsSync(path.join(home, 'installed'))) return command;
    await writeFile(path.join(home, 'package.json'), '{ "private": true }\n');
    const wanted = `${client.package}@${client.version}`;
    // Node 20 serves: both clients bring a program of their own, and ask for a later Node only out of caution.
    const npm = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--engine-strict=false', wanted];
    const { code, stderr } = await run('npm', npm, { cwd: home, timeoutMs: INSTALL_TIMEOUT_MS });
    if (code !== 0) throw new Error(`npm could not install ${wanted}: ${stderr.slice(-2_000)}`);
    if (client.setup !== undefined) {
      const script = path.join(home, 'node_modules', client.package, client.setup);
      const placed = await run(process.execPath, [script], { cwd: home, timeoutMs: INSTALL_TIMEOUT_MS });
      if (placed.code !== 0)
        throw new Error(`${wanted} could not be put in place: ${placed.stderr.slice(-2_000)}`);
    }
    await writeFile(path.join(home, 'installed'), `${wanted}\n`);
    return command;
  });
}

/** An empty home and an empty working folder, so that a client meets no settings of the machine's owner. */
export interface ClientHome {
  home: string;
  work: string;
  remove(): Promise<void>;
}

export async function createHome(): Promise<ClientHome> {
  const root = await mkdtemp(path.join(tmpdir(), 'faregate-client-'));
  const [home, work] = [path.join(root, 'home'), path.join(root, 'work')];
  await Promise.all([mkdir(home), mkdir(work)]);
  return { home, work, remove: () => rm(root, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Runs a client's command to its end, with nothing of this process's environment but the search path. */
export function runClient(
  command: string,
  args: readonly string[],
  { home, work }: ClientHome,
  env: Record<string, string>,
): Promise<Run> {
  const own = { PATH: process.env['PATH'] ?? '', HOME: home, TERM: 'dumb', ...env };
  return run(command, args, { cwd: work, env: own, timeoutMs: TURN_TIMEOUT_MS });
}

interface RunOptions {
  cwd: string;
  env?: Record<string, string>;
  timeoutMs: number;
}

function run(command: string, args: readonly string[], { cwd, env, timeoutMs }: RunOptions): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const said: Run = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (data: Buffer) => (said.stdout += data.toString('utf8')));
    child.stderr.on('data', (data: Buffer) => (said.stderr += data.toString('utf8')));
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...said, code }));
  });
}
