import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AdminKeyView } from '../../../src/accounts/admin-keys/admin-key.js';
import { createTestDatabase, runSql, type TestDatabase } from '../../support/database.js';
import { runCommand } from '../../support/run-command.js';

/** Nobody listens here: what is refused before a database is needed never notices. */
const NOWHERE = 'postgresql://nobody:hidden@127.0.0.1:1/none';
const DAY = ['--from', '2026-11-01T00:00:00Z', '--to', '2026-11-02T00:00:00Z'];

describe('the command line', () => {
  it.each([
    [['import', 'litellm-prices', '/nope.json']],
    [['reconcile', '/nope.json', '--provider', 'openai', '--format', 'csv']],
    [['preview', ...DAY, '--currency', 'USD', '--prices', '/nope.json']],
  ])('%j says in one line that the file cannot be read', async (args) => {
    expect(await runCommand(args, NOWHERE)).toEqual({
      code: 2,
      output: 'cannot read /nope.json: no such file or folder\n',
    });
  });

  it('says in one line that a folder is no file, and that a report cannot be written', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'faregate-cli-'));
    expect(await runCommand(['import', 'litellm-prices', folder], NOWHERE)).toEqual({
      code: 2,
      output: `cannot read ${folder}: it is a folder\n`,
    });
    expect(await runCommand(['export', 'usage', ...DAY, '--out', folder], NOWHERE)).toEqual({
      code: 2,
      output: `cannot write ${folder}: it is a folder\n`,
    });
    await rm(folder, { recursive: true });
  });

  it('names DATABASE_URL in one line when the database cannot be reached', async () => {
    for (const command of ['audit', 'migrate']) {
      const { code, output } = await runCommand([command], NOWHERE);
      expect(code).toBe(1);
      expect(output).toBe('DATABASE_URL: cannot connect to 127.0.0.1:1 (connect ECONNREFUSED 127.0.0.1:1)\n');
    }
  });

  it('names a wrong setting in its own line alone', async () => {
    const { code, output } = await runCommand(['audit'], 'mysql://x/y');
    expect(code).toBe(1);
    expect(output).toMatch(/^DATABASE_URL must begin with postgresql:\/\/ or postgres:\/\/[^\n]*\n$/);
  });

  it('tells a missing flag of a report with its dashes and how the command is used', async () => {
    const { code, output } = await runCommand(['export', 'usage'], NOWHERE);
    expect(code).toBe(2);
    expect(output).toMatch(/^--from is required\n\nfaregate export usage\|/);
  });

  it('helps with everything, and with the commands of one word', async () => {
    const all = await runCommand(['help'], NOWHERE);
    expect(all.code).toBe(0);
    expect(all).toEqual(await runCommand(['--help'], NOWHERE));
    for (const args of [
      ['import', '--help'],
      ['help', 'import'],
      ['help', 'import', 'litellm-prices'],
    ]) {
      const { code, output } = await runCommand(args, NOWHERE);
      expect(code).toBe(0);
      expect(output).toContain('import litellm-prices FILE');
      expect(output).not.toContain('admin-keys');
    }
    const unknown = await runCommand(['inport'], NOWHERE);
    expect(unknown.code).toBe(2);
    expect(unknown.output).toContain('unknown command: inport');
    expect(unknown.output).toContain('admin-keys create');
  });
});

describe('admin keys on the command line', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const run = async (...args: string[]) => runCommand(['admin-keys', ...args, '--json'], database.url);
  const made = async (...args: string[]): Promise<AdminKeyView & { secret: string }> => {
    const { code, output } = await run('create', '--role', 'finance', ...args);
    expect(code).toBe(0);
    return JSON.parse(output);
  };
  const listed = async (): Promise<AdminKeyView[]> => JSON.parse((await run('list')).output);

  it('are listed, newest first, without their secrets, and revoked by the id that the list shows', async () => {
    const [first, second] = [await made('--name', 'Ada'), await made('--name', 'Bob')];
    expect(await listed()).toMatchObject([
      { id: second.id, name: 'Bob', role: 'finance', status: 'active', expires_at: null },
      { id: first.id, name: 'Ada', status: 'active' },
    ]);
    for (const at of [1, 2]) {
      const revoked = await run('revoke', first.id);
      expect([at, revoked.code]).toEqual([at, 0]);
      expect(JSON.parse(revoked.output)).toMatchObject({ id: first.id, status: 'revoked' });
    }
    const shown = await runCommand(['admin-keys', 'list'], database.url);
    expect(shown.output).toMatch(
      new RegExp(`^${first.id}  fg_admin_\\w{4}  finance  revoked  .*  Ada$`, 'm'),
    );
    expect(shown.output).not.toContain(first.secret);
    const actions = await runSql(
      database.url,
      "select actor, action from audit_log where target_kind = 'admin_key' order by id",
    );
    expect(actions.map(({ actor, action }) => `${String(actor)} ${String(action)}`)).toEqual([
      'system:cli admin_key.create',
      'system:cli admin_key.create',
      'system:cli admin_key.revoke',
    ]);
  });

  it('may end by themselves, not in the past', async () => {
    const key = await made('--expires-at', '2099-01-01T00:00:00Z');
    expect(key.expires_at).toBe('2099-01-01T00:00:00.000Z');
    const past = await run('create', '--role', 'finance', '--expires-at', '2020-01-01T00:00:00Z');
    expect(past).toEqual({ code: 1, output: 'expires_at must lie in the future\n' });
    const wrong = await run('create', '--role', 'finance', '--expires-at', 'tomorrow');
    expect(wrong.code).toBe(2);
    expect(wrong.output).toMatch(/^--expires-at must be a time/);
  });

  it('that are none are refused by id', async () => {
    expect(await run('revoke', `akey_${'0'.repeat(32)}`)).toMatchObject({ code: 1 });
    for (const args of [[], ['x'], ['key_x'], ['akey_x', 'akey_y']]) {
      const { code, output } = await run('revoke', ...args);
      expect(code).toBe(2);
      expect(output).toContain('faregate admin-keys revoke ID');
    }
  });
});
