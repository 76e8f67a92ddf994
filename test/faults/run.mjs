/**
 * `npm run test:faults [-- --short] [jest options]`: the whole table of faults and a minute at the limits, or the part
 * that continuous integration has time for.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const given = process.argv.slice(2);
const short = { FAULT_FORM: 'short', LIMIT_SECONDS: '20' };
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    path.join(root, 'node_modules/jest/bin/jest.js'),
    '-c',
    path.join(root, 'jest.faults.config.mjs'),
    ...given.filter((argument) => argument !== '--short'),
  ],
  { stdio: 'inherit', env: { ...process.env, ...(given.includes('--short') ? short : {}) } },
);
process.exit(status ?? 1);
