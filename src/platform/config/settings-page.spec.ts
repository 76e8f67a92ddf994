import { readFileSync } from 'node:fs';
import path from 'node:path';
import { settingsPage } from './settings-page.js';

it('every setting is in docs/settings.md as it is read; after a change run: node scripts/write-settings-page.mjs', () => {
  const page = readFileSync(path.join(import.meta.dirname, '../../../docs/settings.md'), 'utf8');
  expect(page).toBe(settingsPage());
});
