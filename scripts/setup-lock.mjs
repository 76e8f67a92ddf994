/** A lock file that two set-ups started at once agree on. Node built-ins only. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const HEARTBEAT_MS = 2_000;
const SILENT_AFTER_MS = 30_000;

/** Runs `work` while holding the lock; waits for a living holder, takes over from a dead one. */
export async function withLock(file, work) {
  await acquire(file);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimesSync(file, now, now);
  }, HEARTBEAT_MS);
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    release();
    process.removeListener('exit', release);
  }
}

async function acquire(file) {
  const folder = path.dirname(file);
  try {
    mkdirSync(folder, { recursive: true });
    while (!tryLock(file)) {
      if (isAbandoned(file)) takeAway(file);
      else await delay(200);
    }
  } catch (error) {
    throw new Error(`cannot write to ${folder} (${error.code})`, { cause: error });
  }
}

function tryLock(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** True when the holder's process is gone, or (its number may have been given away again) it fell silent. */
function isAbandoned(file) {
  try {
    if (Date.now() - statSync(file).mtimeMs > SILENT_AFTER_MS) return true;
    const holder = Number(readFileSync(file, 'utf8'));
    if (holder > 0) process.kill(holder, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Renaming lets only one of several waiters remove the abandoned lock. */
function takeAway(file) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    rmSync(aside, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
