import { readFileSync } from 'node:fs';
import path from 'node:path';
import { cataloguePage } from './catalogue-page.js';

it('is what docs/catalogue.md says; after a change run: node scripts/write-catalogue-page.mjs', () => {
  const page = readFileSync(path.join(import.meta.dirname, '../../../docs/catalogue.md'), 'utf8');
  expect(page).toBe(cataloguePage());
});
