import { createServer } from 'node:net';
import path from 'node:path';
import { ConfigError } from '../platform/config/app-config.js';
import { listenFailure } from '../platform/config/listen-failure.js';
import { readFileLock, tryFileLock } from './file-lock.js';

/**
 * Makes this the only `npm start` of the folder `home` until the answered function is called or the process is gone.
 * Throws ConfigError when another one runs there.
 */
export async function lockStart(home: string, url: string, wantsKeys: boolean): Promise<() => Promise<void>> {
  const file = path.join(home, 'start.lock');
  const release = await tryFileLock(file, url);
  if (release !== null) return release;
  const holder = await readFileLock(file);
  const who = holder === null ? '' : ` (pid ${holder.pid}, ${holder.note})`;
  const then = wantsKeys ? ', and --show-keys at the next start makes new keys' : '';
  throw new ConfigError(
    `Faregate is already running from this folder${who}; stop it with Ctrl-C first${then}.`,
  );
}

/** Throws ConfigError when somebody else listens there. */
export function checkPort(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => reject(listenFailure(error, host, port)));
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}
