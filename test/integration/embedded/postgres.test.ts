import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/embedded/postgres.js';
import { runSql } from '../../support/database.js';

describe('embedded PostgreSQL', () => {
  let parent: string;
  let dir: string;
  const started: EmbeddedPostgres[] = [];

  beforeEach(async () => {
    parent = await mkdtemp(path.join(tmpdir(), 'faregate-embedded-'));
    dir = path.join(parent, 'postgres');
  });

  afterEach(async () => {
    const servers = started.splice(0);
    for (const server of servers) await server.stop();
    for (const server of servers) await rm(server.dir, { recursive: true, force: true });
    await rm(parent, { recursive: true, force: true });
  });

  async function start(persistent = true, log?: (message: string) => void): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres({ dir, persistent, log });
    started.push(server);
    return server;
  }

  /** Another process that starts the server and stays alive. */
  async function startElsewhere(): Promise<{ child: ChildProcess; url: string }> {
    const child = fork(path.join(import.meta.dirname, 'start-and-wait.mjs'), [dir], { execArgv: [] });
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    return { child, url };
  }

  it('finds its data again after a stop', async () => {
    const first = await start();
    await runSql(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    await expect(runSql(first.url, 'select 1')).rejects.toThrow();
    const second = await start();
    expect(await runSql(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('takes over the server of a process that was killed, and then stops it', async () => {
    const { child, url } = await startElsewhere();
    await runSql(url, 'create table kept as select 42 as answer');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const heard: string[] = [];
    const server = await start(true, (message) => heard.push(message));
    expect(server.url).toBe(url);
    expect(heard.at(-1)).toContain('taking over');
    expect(await runSql(server.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await server.stop();
    await expect(runSql(url, 'select 1')).rejects.toThrow();
  });

  it('shares the server of a living process, and leaves it running', async () => {
    const { child, url } = await startElsewhere();
    try {
      const guest = await start();
      expect(guest.url).toBe(url);
      await guest.stop();
      expect(await runSql(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
      await start(); // takes it over, so that it is stopped with the others
    }
  });

  it('starts one server when two processes ask at once on an empty folder', async () => {
    const [one, other] = await Promise.all([startElsewhere(), startElsewhere()]);
    expect(one.url).toBe(other.url);
    for (const { child } of [one, other]) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await start();
  });

  it('lets nobody in without the password, which only its owner can read', async () => {
    const server = await start();
    const url = new URL(server.url);
    url.password = 'faregate';
    await expect(runSql(url.href, 'select 1')).rejects.toThrow('password authentication failed');
    expect((await stat(path.join(server.dir, 'password'))).mode & 0o777).toBe(0o600);
    expect(await runSql(server.url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  });

  it('leaves nothing of a throw-away server', async () => {
    const server = await start(false);
    await server.stop();
    await server.stop();
    await expect(stat(server.dir)).rejects.toThrow('ENOENT');
  });
});
