import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { withFileLock } from '../../src/embedded/file-lock.js';
import { startApi } from '../../src/api.js';
import type { GatewayWorld, TestGateway } from './gateway.js';

const ROOT = path.join(import.meta.dirname, '../..');
const BUILD_INFO = path.join(ROOT, 'dist/.tsbuildinfo');
const START_TIMEOUT_MS = 20_000;

/** A process of the product, started from `dist` as in production. */
export interface ProductProcess {
  pid: number;
  /** Sends a signal; does nothing once the process is gone. */
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Exit code and signal, once it is gone. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Everything it printed. */
  output(): string;
}

export interface ApiProcess extends ProductProcess {
  url: string;
}

/** A gateway in this process over a world that was prepared before; `close` ends both. */
export async function serveWorld(world: GatewayWorld): Promise<TestGateway> {
  Object.assign(process.env, world.env);
  const api = await startApi(false, 0);
  const close = async (): Promise<void> => {
    await api.stop();
    await world.close();
  };
  return { ...world, api, url: api.url, close };
}

/** Starts `node dist/main.js` in a world and waits until it listens. */
export async function startApiProcess(
  world: Pick<GatewayWorld, 'env'>,
  env: Record<string, string> = {},
): Promise<ApiProcess> {
  const started = await start('main.js', { ...world.env, LOG_LEVEL: 'info', ...env });
  const [, url = ''] = await started.print(/listening on (http:\/\/[\d.:]+)/);
  return { ...started.process, url };
}

/** Starts `node dist/worker.js` in a world and waits until it works. */
export async function startWorkerProcess(
  world: Pick<GatewayWorld, 'env'>,
  env: Record<string, string> = {},
): Promise<ProductProcess> {
  const started = await start('worker.js', { ...world.env, LOG_LEVEL: 'info', ...env });
  await started.print(/"working"/);
  return started.process;
}

interface Started {
  process: ProductProcess;
  /** Resolves with the first match in the output; kills the process and throws when it does not come. */
  print(pattern: RegExp): Promise<RegExpExecArray>;
}

async function start(program: string, env: Record<string, string>): Promise<Started> {
  await build();
  const child = spawn(process.execPath, [path.join(ROOT, 'dist', program)], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      for (const look of watchers) look();
    });
  const product = describeProcess(child, () => text);
  const print = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const give = (why: string): void => {
        watchers.delete(look);
        void product.kill();
        reject(new Error(`${program} ${why}:\n${text}`));
      };
      const timer = setTimeout(() => give('did not start'), START_TIMEOUT_MS);
      const look = (): void => {
        const found = pattern.exec(text);
        if (!found) return;
        watchers.delete(look);
        clearTimeout(timer);
        resolve(found);
      };
      watchers.add(look);
      look();
      void product.exited.then(() => give('ended'));
    });
  return { process: product, print };
}

function describeProcess(child: ChildProcess, output: () => string): ProductProcess {
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return { pid: child.pid ?? 0, signal: (signal) => void child.kill(signal), kill, exited, output };
}

let built: Promise<void> | undefined;

/** Builds `dist` when a source is younger than it; once per test file. */
function build(): Promise<void> {
  built ??= withFileLock(path.join(ROOT, 'node_modules/.faregate-test-build'), compileStale);
  return built;
}

async function compileStale(): Promise<void> {
  if (existsSync(BUILD_INFO) && newestSourceMs() <= statSync(BUILD_INFO).mtimeMs) return;
  const compiler = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [compiler, '-p', path.join(ROOT, 'tsconfig.build.json')];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const code = await new Promise((resolve) => child.once('close', resolve));
  // A type error is the type check's business: the compiler writes the program all the same.
  if (code !== 0 && !existsSync(BUILD_INFO)) throw new Error(`dist could not be built:\n${said}`);
}

function newestSourceMs(): number {
  const folder = path.join(ROOT, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'),
  );
  return Math.max(...files.map((name) => statSync(path.join(folder, name)).mtimeMs));
}
