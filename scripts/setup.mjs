/**
 * Makes a fresh clone runnable, and does nothing when it already is: installs packages, generates the Prisma
 * client and builds dist/, each only when its inputs changed since the last time. Node built-ins only, because
 * it runs before anything is installed. `--quiet` prints nothing unless a step fails.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './setup-lock.mjs';

const root = path.join(import.meta.dirname, '..');
const quiet = process.argv.includes('--quiet');
const stampFolder = 'node_modules/.faregate';
process.chdir(root);

/** The fields of package.json that decide what `npm ci` installs; a changed script is no reason to reinstall. */
const INSTALL_FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'overrides', 'engines'];

const STEPS = [
  {
    name: 'install',
    inputs: () => [installFields(), ...contents(['package-lock.json'])],
    output: 'node_modules',
    command: () => npm('ci', '--no-audit', '--no-fund', '--loglevel=error'),
  },
  {
    name: 'generate',
    inputs: () => contents(['prisma/schema.prisma', 'scripts/prisma-generate.cjs', 'package-lock.json']),
    output: 'src/platform/prisma/generated/client.ts',
    command: () => [process.execPath, 'scripts/prisma-generate.cjs'],
  },
  {
    name: 'build',
    inputs: () =>
      contents([
        ...sourceFiles(),
        'prisma/schema.prisma',
        'tsconfig.json',
        'tsconfig.build.json',
        'package-lock.json',
      ]),
    output: 'dist/.tsbuildinfo',
    command: () => [process.execPath, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  },
];

const isStale = (step) => !existsSync(step.output) || readStamp(step.name) !== hash(step.inputs());

if (STEPS.some(isStale)) {
  // The lock comes after the first look, so that an up-to-date checkout needs no right to write.
  await withLock(path.join(root, '.faregate', 'setup.lock'), async () => {
    for (const step of STEPS) if (isStale(step)) await run(step);
  }).catch((error) => {
    console.error(`setup: ${error.message}`);
    process.exit(1);
  });
}

async function run(step) {
  const startedAt = performance.now();
  const key = hash(step.inputs());
  if (!quiet) console.log(`setup: ${step.name} …`);
  const [program, ...args] = step.command();
  await execute(program, args).catch((error) => {
    console.error(`setup: ${step.name} failed: ${error.message}`);
    process.exit(1);
  });
  mkdirSync(stampFolder, { recursive: true });
  writeFileSync(path.join(stampFolder, step.name), key);
  if (!quiet)
    console.log(`setup: ${step.name} done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Runs a program; when quiet, its output is kept back and shown only if it fails. */
function execute(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      shell: program === 'npm' && process.platform === 'win32',
    });
    const kept = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => kept.push(chunk));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve();
      process.stderr.write(Buffer.concat(kept));
      reject(new Error(signal ? `ended by ${signal}` : `exit code ${code}`));
    });
  });
}

/** npm as this Node runs it: the one that started us, else the one installed beside this Node, else PATH's. */
function npm(...args) {
  const beside = path.join(path.dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  const candidates = [process.env.npm_execpath, beside].filter((file) => file?.endsWith('npm-cli.js'));
  const script = candidates.find((file) => existsSync(file));
  return script ? [process.execPath, script, ...args] : ['npm', ...args];
}

function installFields() {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  return JSON.stringify(INSTALL_FIELDS.map((field) => manifest[field]));
}

/** What the build reads, without specs and generated code (the schema stands for the latter). */
function sourceFiles() {
  return readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !file.endsWith('.spec.ts') && !file.split(path.sep).includes('generated'))
    .sort();
}

function contents(files) {
  return files.flatMap((file) => [file, existsSync(file) ? readFileSync(file) : '']);
}

function hash(parts) {
  const digest = createHash('sha256');
  for (const part of [process.version.split('.')[0], process.platform, process.arch, ...parts]) {
    digest.update(String(part.length)).update(':').update(part);
  }
  return digest.digest('hex');
}

function readStamp(name) {
  const file = path.join(stampFolder, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
