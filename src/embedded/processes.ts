import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { within } from '../core/within.js';

/** One of the product's processes, started by `npm start`. */
export interface Child {
  name: string;
  process: ChildProcess;
  /** Resolves with the exit code, or with the signal's name. */
  exited: Promise<string>;
}

/** Longer than any grace period that is set by default; then the process is killed. */
const STOP_TIMEOUT_MS = 45_000;

/** As in the image: fewer collections of the young generation, and nothing new in the old one (docs/performance.md). */
const NODE_FLAGS = ['--enable-source-maps', '--max-semi-space-size=128', '--no-allocation-site-pretenuring'];

/** However `npm start` ends, its processes do not outlive it. */
const WITH_PARENT = pathToFileURL(path.join(import.meta.dirname, 'end-with-parent.js')).href;

const START_TIMEOUT_MS = 60_000;

/** Starts `dist/<script>` with the environment given on top of this one. */
export function startChild(name: string, script: string, env: Record<string, string>): Child {
  const program = path.join(import.meta.dirname, '..', script);
  const child = spawn(process.execPath, [...NODE_FLAGS, `--import=${WITH_PARENT}`, program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? String(code)));
  });
  return { name, process: child, exited };
}

/** Asks the process to end and waits until it has. */
export async function stopChild({ process: child, exited }: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

/** The address at which the API listens, said by that very process. Throws when it ends first or takes too long. */
export async function untilServing({ name, process: child, exited }: Child): Promise<string> {
  const listening = new Promise<string>((resolve) => {
    child.once('message', (message: { url: string }) => resolve(message.url));
  });
  const ended = exited.then((how): never => {
    throw new Error(`the ${name} process ended (${how}) before it answered`);
  });
  return within(START_TIMEOUT_MS, Promise.race([listening, ended]));
}
