/**
 * Everything runs as ES modules, compiled by swc. Two projects, so that a pure spec beside its source never waits
 * for a database: only files under test/ get the services that the global set-up starts.
 */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};

export default {
  maxWorkers: 2,
  // ES modules of past test files stay in memory: a worker that has read so many is followed by a fresh one.
  workerIdleMemoryLimit: '1500MB',
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      roots: ['<rootDir>/src', '<rootDir>/test/architecture'],
      testMatch: ['**/*.spec.ts', '**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'integration',
      roots: ['<rootDir>/test'],
      testMatch: ['**/*.spec.ts', '**/*.test.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '/test/architecture/',
        '\\.(recordings|clients|faults|soak)\\.test\\.ts$',
      ],
      globalSetup: './test/global-setup.mjs',
      globalTeardown: './test/global-teardown.mjs',
    },
  ],
};
