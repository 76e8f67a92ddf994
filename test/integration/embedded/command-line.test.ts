import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
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
