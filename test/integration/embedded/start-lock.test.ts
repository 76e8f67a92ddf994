import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepareHome } from '../../../src/embedded/environment.js';
import { checkPort, lockStart } from '../../../src/embedded/start-lock.js';
import { ConfigError } from '../../../src/platform/config/app-config.js';

const URL_HERE = 'http://127.0.0.1:8080';

describe('a start that may not run', () => {
  let home: string;

  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'faregate-start-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('is told who runs in its folder, until that one has ended', async () => {
    const release = await lockStart(home, URL_HERE, false);
    const refused = lockStart(home, 'http://127.0.0.1:9', false);
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(
      `Faregate is already running from this folder (pid ${process.pid}, ${URL_HERE}); stop it with Ctrl-C first.`,
    );
    await release();
    const again = await lockStart(home, URL_HERE, false);
    await again();
  });

  it('is told how to get keys when it was asked for them', async () => {
    const release = await lockStart(home, URL_HERE, false);
    await expect(lockStart(home, URL_HERE, true)).rejects.toThrow('--show-keys at the next start');
    await release();
  });

  it('is not held up by a start that was killed', async () => {
    const killed = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(killed, 'spawn');
    await writeFile(path.join(home, 'start.lock'), `${killed.pid} ${URL_HERE}`);
    await expect(lockStart(home, URL_HERE, false)).rejects.toThrow(`pid ${killed.pid}`);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const release = await lockStart(home, URL_HERE, false);
    await release();
  });

  it('is told that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(checkPort('127.0.0.1', port)).rejects.toThrow(`PORT ${port} on 127.0.0.1 is taken`);
    other.close();
    await once(other, 'close');
    await checkPort('127.0.0.1', port);
  });

  it('is told which folder cannot be written to', async () => {
    await writeFile(path.join(home, 'file'), '');
    const place = path.join(home, 'file', '.faregate');
    await expect(prepareHome(place)).rejects.toThrow(`cannot write to ${place} (ENOTDIR)`);
    await mkdir(path.join(home, 'sub'));
    await prepareHome(path.join(home, 'sub', '.faregate'));
  });
});
