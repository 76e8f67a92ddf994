/** Starts the bench's processes on their cores, talks to them, and leaves none behind. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
export const repositoryRoot = path.resolve(import.meta.dirname, '..');

const cores = os.availableParallelism();
/** Without `taskset`, or on one core, everything runs where the system puts it, and the report says so. */
export const pinned = cores > 1 && spawnSync('taskset', ['-c', '1', 'true']).status === 0;
/** Contenders have core 0 for themselves; clients and vendor share core 1; the rest stays off core 0. */
export const CORE = { contender: '0', load: '1', rest: cores > 2 ? `1-${cores - 1}` : '1' };
const running = new Set();

/** Keeps this process, and what it starts without a core of its own, off the contenders' core. */
export function pinSelf() {
  if (pinned) spawnSync('taskset', ['-a', '-c', '-p', CORE.rest, String(process.pid)]);
}

/**
 * @typedef {object} Program
 * @property {string} script relative to the repository
 * @property {string} core
 * @property {Record<string, string | undefined>} [env] added to this process's own
 * @property {string[]} [nodeFlags]
 * @property {string} [logFile] takes stdout and stderr; without it they go to this terminal
 * @property {boolean} [ipc]
 */

/** Starts a Node program. @param {Program} program */
export function startNode({ script, core, env = {}, nodeFlags = [], logFile, ipc = false }) {
  const command = [...(pinned ? ['taskset', '-c', core] : []), process.execPath, ...nodeFlags, script];
  const log = logFile === undefined ? 'inherit' : openSync(logFile, 'a');
  const child = spawn(command[0], command.slice(1), {
    cwd: repositoryRoot,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log, ...(ipc ? ['ipc'] : [])],
  });
  if (typeof log === 'number') closeSync(log);
  child.logFile = logFile;
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Starts a bench program and waits for its `{ready: true, …}` message, which is answered. */
export async function startBenchProgram(program) {
  const child = startNode({ ...program, ipc: true });
  const ready = await Promise.race([
    once(child, 'message').then(([message]) => message),
    once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`${program.script} ended with code ${code}`)),
    ),
  ]);
  return { child, ready };
}

/** Waits until `url` answers 200; fails with the end of the program's log if it never does. */
export async function untilReady(child, url) {
  const untilMs = performance.now() + START_TIMEOUT_MS;
  let last = 'nothing';
  while (performance.now() < untilMs && child.exitCode === null) {
    try {
      const response = await fetch(url);
      last = `${response.status} ${(await response.text()).slice(0, 500)}`;
      if (response.status === 200) return;
    } catch (error) {
      last = error.cause?.message ?? error.message;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} did not answer 200 (last: ${last}).\n${logEnd(child)}`);
}

/** The last lines a program wrote to its log file. */
export function logEnd(child) {
  if (child.logFile === undefined) return '';
  return `End of ${child.logFile}:\n${readFileSync(child.logFile, 'utf8').slice(-3000)}`;
}

/** Asks the process to end, and makes it end if it does not. */
export async function stopProcess(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(force);
}

export async function stopAllProcesses() {
  await Promise.all([...running].map(stopProcess));
}

/** Runs a command of the product to its end and answers what it printed. */
export function runCli(args, env) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli.js', ...args], {
    cwd: repositoryRoot,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { status, stdout, stderr };
}

/** The load process as a function: one order at a time. */
export async function startLoad() {
  const { child } = await startBenchProgram({ script: 'bench/load.mjs', core: CORE.load });
  let lastId = 0;
  const waiting = new Map();
  child.on('message', ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error));
  });
  child.once('exit', () => waiting.forEach(({ reject }) => reject(new Error('the load process ended'))));
  return (mode, order = {}) =>
    new Promise((resolve, reject) => {
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      child.send({ id: lastId, mode, order });
    });
}
