import { execFile } from 'node:child_process';
import { mkdtempSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './source-files.js';

const run = promisify(execFile);
/** A row that the table does not have. */
const MISSING = 79;
const SCRIPT = 'scripts/write-conformance-page.mjs';

/** What the script complains about in a tree; empty when nothing is wrong. */
async function problemsIn(root: string): Promise<string[]> {
  const checked = await run(process.execPath, [path.join(root, SCRIPT), '--check']).catch(
    (error: { stderr: string }) => error,
  );
  return checked.stderr.split('\n').filter((line) => line !== '');
}

describe('the conformance page', () => {
  it('proves or explains every statement and every mapping row, and is up to date', async () => {
    expect(await problemsIn(ROOT)).toEqual([]);
  });

  it('does not pass when a test loses its number, or names one that does not exist', async () => {
    const copy = mkdtempSync(path.join(tmpdir(), 'conformance-'));
    for (const place of ['bench', 'docs', 'scripts', 'src', 'test']) {
      cpSync(path.join(ROOT, place), path.join(copy, place), { recursive: true });
    }
    const spec = path.join(copy, 'src/protocols/tool-names.spec.ts');
    writeFileSync(spec, readFileSync(spec, 'utf8').replaceAll(/row 12:/g, `row ${MISSING}:`));
    const problems = await problemsIn(copy);
    rmSync(copy, { recursive: true, force: true });
    expect(problems).toEqual(
      expect.arrayContaining([
        `row ${MISSING}: there is no such number`,
        'docs/conformance.md is out of date: npm run conformance',
      ]),
    );
  }, 60_000);
});
