/**
 * `prisma generate` without the Prisma CLI, which would download an engine binary first and fail offline.
 * The generator runs in this process and writes the same client. CommonJS on purpose: these packages' ES
 * module builds import files that they do not ship.
 */
const path = require('node:path');
const { getGenerators, loadSchemaContext } = require('@prisma/internals');
const { PrismaClientTsGenerator } = require('@prisma/client-generator-ts');

async function generate() {
  const cwd = path.join(__dirname, '..');
  const schemaContext = await loadSchemaContext({
    schemaPath: { cliProvidedPath: 'prisma/schema.prisma' },
    cwd,
  });
  const registry = { 'prisma-client': { type: 'in-process', generator: new PrismaClientTsGenerator() } };
  const generators = await getGenerators({
    schemaContext,
    skipDownload: true,
    cliCommand: 'generate',
    registry,
  });
  for (const generator of generators) {
    await generator.generate();
    generator.stop();
  }
}

generate().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
