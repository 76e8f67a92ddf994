/** Two API processes and two workers while parts of them fail: run by `npm run test:faults`. */
import base from './jest.config.mjs';

const { displayName: _, ...shared } = base.projects[1];

export default {
  ...shared,
  maxWorkers: 1,
  testMatch: ['**/test/faults/*.faults.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
