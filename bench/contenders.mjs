/** What is measured, and how each is started. A contender can be stopped and started again between rounds. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { createFreshDatabase } from './fresh-database.mjs';
import {
  CORE,
  logEnd,
  repositoryRoot,
  runCli,
  startBenchProgram,
  startNode,
  stopProcess,
  untilReady,
} from './processes.mjs';
import { MODELS, seedGateway } from './seed-gateway.mjs';

const LOGS = path.join(repositoryRoot, 'bench/results');
const WORK_DIR = path.join(repositoryRoot, '.faregate');
/** As in docker/Dockerfile. */
const IMAGE_FLAGS = '--max-semi-space-size=128 --no-allocation-site-pretenuring';
/** Flags for the contenders' own Node, the same for each. */
const nodeFlags = (process.env.BENCH_NODE_FLAGS ?? IMAGE_FLAGS).split(' ').filter((flag) => flag !== '');

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {boolean} translates whether it can serve a client whose protocol is not the vendor's
 * @property {() => number | null} pid null for `direct`, which has no process
 * @property {() => void} assertRunning throws, with the end of its log, when its process is gone
 * @property {() => Promise<void>} start
 * @property {() => Promise<void>} stop
 * @property {() => Promise<Record<string, string>>} finish after the last stop; what it has to say for the report
 * @property {(client: import('./client-requests.mjs').Protocol, upstream: import('./client-requests.mjs').Protocol) => import('./client-requests.mjs').Target} target
 */

/** No proxy at all: what the clients and the vendor cost by themselves. */
function direct({ simulatorPort }) {
  return {
    name: 'direct',
    translates: false,
    pid: () => null,
    assertRunning: () => {},
    start: async () => {},
    stop: async () => {},
    finish: async () => ({}),
    target: (client) => ({ port: simulatorPort, protocol: client, model: 'bench-upstream', headerLines: [] }),
  };
}

/** The bare proxy; a second one of another name shows what the same program differs from itself (A/A). */
function bare(name, { simulatorPort }) {
  let started = null;
  return {
    name,
    translates: false,
    pid: () => started?.child.pid ?? null,
    assertRunning: () => assertProcess(started.child, name),
    start: async () => {
      const env = { BENCH_UPSTREAM: `http://127.0.0.1:${simulatorPort}` };
      started = await startBenchProgram({
        script: 'bench/bare-proxy.mjs',
        core: CORE.contender,
        env,
        nodeFlags,
      });
    },
    stop: async () => {
      if (started !== null) await stopProcess(started.child);
      started = null;
    },
    finish: async () => ({}),
    target: (client) => ({
      port: started.ready.port,
      protocol: client,
      model: 'bench-upstream',
      headerLines: ['authorization: Bearer fg_live_bench'],
    }),
  };
}

/** The product with everything on: keys, holds, metering, ledger, spool, access log, a durable database. */
class Faregate {
  name = 'faregate';
  translates = true;
  #simulatorUrl;
  #database = null;
  #journalDir = null;
  #port = 0;
  #env = {};
  #secret = null;
  #api = null;
  #worker = null;

  constructor({ simulatorPort }) {
    this.#simulatorUrl = `http://127.0.0.1:${simulatorPort}`;
  }

  pid = () => this.#api?.pid ?? null;

  assertRunning = () => {
    assertProcess(this.#api, 'dist/main.js');
    assertProcess(this.#worker, 'dist/worker.js');
  };

  start = async () => {
    if (this.#database === null) await this.#prepare();
    this.#api = this.#startProcess('main', { core: CORE.contender, nodeFlags });
    this.#worker = this.#startProcess('worker', { core: CORE.rest });
    await untilReady(this.#api, `${this.#baseUrl}/readyz`);
    if (this.#secret === null) await this.#seed();
  };

  stop = async () => {
    await Promise.all([this.#api, this.#worker].filter((child) => child !== null).map(stopProcess));
    this.#api = null;
    this.#worker = null;
  };

  /** The books must be right after all that; the audit runs while nothing is in flight. */
  finish = async () => {
    if (this.#database === null) return {};
    const audit = this.#secret === null ? null : runCli(['audit'], this.#env);
    await this.#database.remove();
    if (this.#journalDir !== null) rmSync(this.#journalDir, { recursive: true, force: true });
    return {
      database: this.#database.server,
      queue: process.env.REDIS_URL ? 'Redis' : 'PostgreSQL',
      ...(audit === null ? {} : { audit: auditVerdict(audit) }),
    };
  };

  target = (client, upstream) => ({
    port: this.#port,
    protocol: client,
    model: MODELS[upstream],
    headerLines: [`authorization: Bearer ${this.#secret}`],
  });

  get #baseUrl() {
    return `http://127.0.0.1:${this.#port}`;
  }

  async #prepare() {
    this.#database = await createFreshDatabase();
    this.#port = await freePort();
    mkdirSync(WORK_DIR, { recursive: true });
    this.#journalDir = mkdtempSync(path.join(WORK_DIR, 'bench-journal-'));
    this.#env = {
      NODE_ENV: 'production',
      KEY_PEPPER: randomBytes(36).toString('base64url'),
      CREDENTIAL_KEY: randomBytes(36).toString('base64url'),
      JOURNAL_DIR: this.#journalDir,
      DATABASE_URL: this.#database.url,
      HOST: '127.0.0.1',
      PORT: String(this.#port),
    };
    mkdirSync(LOGS, { recursive: true });
    this.#mustRun(['migrate']);
  }

  async #seed() {
    const printed = this.#mustRun(['admin-keys', 'create', '--role', 'owner', '--json']);
    const adminKey = JSON.parse(printed.slice(printed.indexOf('{'))).secret;
    try {
      const gateway = { baseUrl: this.#baseUrl, adminKey, simulatorUrl: this.#simulatorUrl };
      this.#secret = (await seedGateway(gateway)).secret;
    } catch (error) {
      throw new Error(`${error.message}\n${logEnd(this.#api)}`, { cause: error });
    }
  }

  #mustRun(args) {
    const { status, stdout, stderr } = runCli(args, this.#env);
    if (status !== 0)
      throw new Error(`dist/cli.js ${args.join(' ')} ended with ${status}\n${stdout}\n${stderr}`);
    return stdout;
  }

  #startProcess(name, placement) {
    const logFile = path.join(LOGS, `faregate-${name}.log`);
    writeFileSync(logFile, '');
    return startNode({ script: `dist/${name}.js`, env: this.#env, logFile, ...placement });
  }
}

function assertProcess(child, name) {
  if (child.exitCode === null && child.signalCode === null) return;
  throw new Error(`${name} ended by itself (${child.exitCode ?? child.signalCode}).\n${logEnd(child)}`);
}

function auditVerdict({ status, stdout, stderr }) {
  if (status === 0) return 'clean';
  return `exit ${status}: ${(stdout + stderr).trim().split('\n').slice(-12).join(' / ')}`;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const CONTENDER_NAMES = ['direct', 'bare', 'bare2', 'faregate'];

/** @param {string} name @param {{simulatorPort: number}} bench @returns {Contender} */
export function createContender(name, bench) {
  if (name === 'direct') return direct(bench);
  if (name === 'faregate') return new Faregate(bench);
  return bare(name, bench);
}
