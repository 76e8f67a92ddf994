/** Tests with whole programs of others, which the npm registry gives: not part of `npm test`. */
import base from './jest.config.mjs';

const { displayName: _, ...shared } = base.projects[1];

export default {
  ...shared,
  maxWorkers: 1,
  testMatch: ['**/*.clients.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
