import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT, readSourceFiles } from './source-files.js';

interface Cruise {
  modules: { source: string; dependencies: unknown[] }[];
  summary: { violations: { rule: { name: string }; from: string; to: string }[] };
}

describe('the import table', () => {
  let cruise: Cruise;

  beforeAll(async () => {
    const program = path.join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const args = [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'];
    const run = promisify(execFile)(process.execPath, args, { cwd: ROOT, maxBuffer: 1 << 28 });
    // It exits with the number of violations; the report comes all the same.
    const { stdout } = await run.catch((error: { stdout: string }) => error);
    cruise = JSON.parse(stdout) as Cruise;
  });

  it('is kept by every file', () => {
    const violations = cruise.summary.violations.map(
      ({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`,
    );
    expect(violations).toEqual([]);
  });

  it('was checked against every file, and their imports were read', () => {
    const cruised = new Set(cruise.modules.map((module) => module.source));
    const files = readSourceFiles('src').map((file) => file.name);
    expect(files.filter((file) => !cruised.has(file))).toEqual([]);
    const importing = readSourceFiles('src').filter(({ code }) => /^(import|export) .*from '/m.test(code));
    const withDependencies = new Set(
      cruise.modules.filter((module) => module.dependencies.length > 0).map((module) => module.source),
    );
    expect(importing.map((file) => file.name).filter((name) => !withDependencies.has(name))).toEqual([]);
  });
});
