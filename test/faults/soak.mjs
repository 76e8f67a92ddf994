/** `npm run soak [-- --minutes 10 --every 10 --quiet 60 --seed …]`: load for a while with a fault every so often. */
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const root = path.join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    every: { type: 'string', default: '10' },
    quiet: { type: 'string', default: '60' },
    seed: { type: 'string' },
  },
});
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    path.join(root, 'node_modules/jest/bin/jest.js'),
    '-c',
    path.join(root, 'jest.faults.config.mjs'),
    '--testMatch',
    '**/test/faults/*.soak.test.ts',
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      SOAK_MINUTES: values.minutes,
      SOAK_EVERY_SECONDS: values.every,
      SOAK_QUIET_SECONDS: values.quiet,
      ...(values.seed === undefined ? {} : { FAULT_SEED: values.seed }),
    },
  },
);
process.exit(status ?? 1);
