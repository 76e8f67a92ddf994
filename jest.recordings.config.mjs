/** Tests against recorded answers of real vendors, which are not part of the repository (FAREGATE_RECORDINGS). */
import base from './jest.config.mjs';

const { displayName: _, ...shared } = base.projects[1];

export default {
  ...shared,
  maxWorkers: base.maxWorkers,
  testTimeout: base.testTimeout,
  testMatch: ['**/*.recordings.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
