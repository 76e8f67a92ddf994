import { readFileSync } from 'node:fs';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { nowMs } from '../core/clock.js';

const HEARTBEAT_MS = 2_000;
/** A holder that has not touched its file for so long is gone, even if its process number lives again. */
const SILENT_AFTER_MS = 30_000;

/** Runs `work` while holding the lock file; waits for a living holder, takes over from a dead one. */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  let release: Release | null;
  while ((release = await tryFileLock(file)) === null) await delay(100);
  try {
    return await work();
  } finally {
    await release();
  }
}

type Release = () => Promise<void>;

/** Takes the lock file, with a note for others to read, also from a dead holder; null when a living one has it. */
export async function tryFileLock(file: string, note = ''): Promise<Release | null> {
  while (!(await create(file, `${process.pid} ${note}`))) {
    if (!(await isAbandoned(file))) return null;
    await takeAway(file);
  }
  const heartbeat = setInterval(() => {
    const seconds = nowMs() / 1_000;
    // A missed beat is harmless: the next one, or the release, follows.
    utimes(file, seconds, seconds).catch(() => undefined);
  }, HEARTBEAT_MS).unref();
  return async () => {
    clearInterval(heartbeat);
    await rm(file, { force: true });
  };
}

/** Who has the lock, and the note it left; null when it was released meanwhile. */
export async function readFileLock(file: string): Promise<{ pid: number; note: string } | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const [pid = '', note = ''] = text.split(' ');
  return { pid: Number(pid), note };
}

async function create(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  try {
    if (nowMs() - (await stat(file)).mtimeMs > SILENT_AFTER_MS) return true;
    const holder = await readFileLock(file);
    return holder !== null && holder.pid > 0 && !isAlive(holder.pid);
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
