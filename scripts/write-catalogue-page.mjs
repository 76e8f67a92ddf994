/** Writes docs/catalogue.md from the seed. Build first: it reads dist/. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const { cataloguePage } = await import('../dist/catalog/seed/catalogue-page.js');
writeFileSync(path.join(import.meta.dirname, '../docs/catalogue.md'), cataloguePage());
