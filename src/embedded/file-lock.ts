import { readFileSync } from 'node:fs';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { nowMs } from '../core/clock.js';

const HEARTBEAT_MS = 2_000;
/** A holder that has not touched its file for so long is gone, even if its process number lives again. */
const SILENT_AFTER_MS = 30_000;

/** Runs `work` while holding the lock file; waits for a living holder, takes over from a dead one. */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  while (!(await tryLock(file))) {
    if (await isAbandoned(file)) await takeAway(file);
    else await delay(100);
  }
  const heartbeat = setInterval(() => {
    const seconds = nowMs() / 1_000;
    // A missed beat is harmless: the next one, or the release, follows.
    utimes(file, seconds, seconds).catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(file, { force: true });
  }
}

async function tryLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  try {
    if (nowMs() - (await stat(file)).mtimeMs > SILENT_AFTER_MS) return true;
    const holder = Number(await readFile(file, 'utf8'));
    return holder > 0 && !isAlive(holder);
  } catch {
    return false; // released meanwhile: the next attempt to lock tells
  }
}

/** Renaming lets only one of several waiters remove the abandoned lock. */
async function takeAway(file: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  await rename(file, aside).then(
    () => rm(aside, { force: true }),
    () => undefined,
  );
}

/** True when a process of this number runs, also when it belongs to someone else. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A dead process keeps its number until its parent asks after it; in a container whose first process never does, for good. */
function isZombie(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return status.slice(status.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false; // no /proc on this system
  }
}
