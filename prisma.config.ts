/**
 * For authors of migrations only (`npm run prisma -- migrate dev`). A plain object, because the Prisma CLI and
 * its `prisma/config` are not installed here; the engine is the shim, so that nothing is downloaded.
 */
import path from 'node:path';

process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= path.join(import.meta.dirname, 'scripts/schema-engine.mjs');

export default {
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? 'postgresql://set-DATABASE_URL-first/' },
};
