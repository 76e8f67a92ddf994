import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { monotonicMs } from '../core/clock.js';

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

/** Starts `dist/<script>` with the environment given on top of this one. */
export function startChild(name: string, script: string, env: Record<string, string>): Child {
  const child = spawn(process.execPath, [...NODE_FLAGS, path.join(import.meta.dirname, '..', script)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
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

/** Waits until the API answers. Throws when it ends first or takes too long. */
export async function untilServing(url: string, api: Child): Promise<void> {
  const deadline = monotonicMs() + 60_000;
  let over: string | undefined;
  void api.exited.then((how) => (over = how));
  while (monotonicMs() < deadline) {
    if (over !== undefined) throw new Error(`the ${api.name} process ended (${over}) before it answered`);
    const isUp = await fetch(`${url}/livez`).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the ${api.name} process did not answer at ${url}`);
}
