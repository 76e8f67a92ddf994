/** Prints `N passed, N failed` over every jest result file of a folder; one that jest did not write counts as failed. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const folder = process.argv[2];
let passed = 0;
let failed = 0;
for (const file of readdirSync(folder)) {
  const text = readFileSync(path.join(folder, file), 'utf8');
  const result = text
    ? JSON.parse(text)
    : { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1 };
  passed += result.numPassedTests;
  failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
}
console.log(`${passed} passed, ${failed} failed`);
