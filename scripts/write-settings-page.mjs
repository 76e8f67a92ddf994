/** Writes docs/settings.md from the table of settings. Build first: it reads dist/. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const { settingsPage } = await import('../dist/platform/config/settings-page.js');
writeFileSync(path.join(import.meta.dirname, '../docs/settings.md'), settingsPage());
