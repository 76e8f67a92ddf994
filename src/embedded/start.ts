import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AdminKeysService } from '../accounts/admin-keys/admin-keys.service.js';
import { seedCatalogue } from '../catalog/seed/seed-catalogue.js';
import { CliModule } from '../cli.module.js';
import { systemActor } from '../platform/audit/audit-log.repository.js';
import { AppConfig, ConfigError } from '../platform/config/app-config.js';
import { configOrExit } from '../platform/config/config-or-exit.js';
import { Database } from '../platform/database/database.service.js';
import { migrateDatabase, migrateQueue } from '../platform/database/migrate.js';
import { SingleInstance } from '../platform/database/single-instance.service.js';
import { findConnectionProblem } from '../platform/database/start-failure.js';
import { greeting } from './banner.js';
import { definedOf, foreseeEnvironment, HOME, prepareEnvironment, prepareHome } from './environment.js';
import { makeFirstKeys } from './first-start.js';
import { startChild, stopChild, untilServing, type Child } from './processes.js';
import { startSimulator, type Simulator } from './simulator/simulator.js';
import { checkPort, lockStart } from './start-lock.js';

/** `npm start`: everything a bare machine lacks, the two processes, and the first keys. */
const say = (message: string): void => void process.stdout.write(`${message}\n`);

const settings = configOrExit(foreseeEnvironment());
const wantsKeys = process.argv.includes('--show-keys');
/** What ends what was started last first, in the order in which nothing is lost: processes, simulator, database, lock. */
const endings: (() => Promise<unknown>)[] = [];
let stopping = false;

async function stopAll(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  for (const end of endings.toReversed()) await end();
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!stopping) say('\nStopping …');
    void stopAll(0);
  });
}

try {
  await claim();
  await start();
} catch (error) {
  if (!stopping) process.stderr.write(`${await reasonOf(error as Error)}\n`);
  await stopAll(1);
}

async function reasonOf(error: Error): Promise<string> {
  const url = process.env['DATABASE_URL'];
  const problem = error instanceof ConfigError || !url ? null : await findConnectionProblem(url);
  return problem ?? error.message;
}

/** Makes sure that this start may run, before it touches what another one uses. */
async function claim(): Promise<void> {
  const { host, port } = settings;
  await prepareHome();
  endings.push(await lockStart(HOME, `http://${host}:${port}`, wantsKeys));
  await checkPort(host, port);
}

async function start(): Promise<void> {
  const { env, embedded, stop: stopPostgres } = await prepareEnvironment(say);
  endings.push(stopPostgres);
  Object.assign(process.env, { LOG_LEVEL: 'warn', ...definedOf(process.env), ...env });
  const config = new AppConfig(process.env);
  await checkAlone(config);
  await migrateDatabase(config.databaseUrl);
  if (config.redisUrl === undefined) await migrateQueue(config.databaseUrl);
  const context = await NestFactory.createApplicationContext(CliModule, {
    logger: ['error'],
    abortOnError: false,
  });
  const simulator = await seed(context.get(Database), config.credentialKey);
  const children = [startChild('api', 'main.js', env), startChild('worker', 'worker.js', env)] as const;
  endings.push(() => Promise.all(children.map(stopChild)));
  const url = await untilServing(children[0]);
  const newAdminKey = async (): Promise<string> =>
    (await context.get(AdminKeysService).create(systemActor('start'), { name: 'first key', role: 'owner' }))
      .secret;
  const keys = await makeFirstKeys({ url, newAdminKey }, wantsKeys);
  await context.close();
  say(
    greeting({
      url,
      keys,
      isSimulated: simulator !== undefined,
      isEmbedded: embedded,
      hasRedis: config.redisUrl !== undefined,
    }),
  );
  for (const child of children) void child.exited.then((how) => endedByItself(child, how));
}

/** Another folder's start, or a process left over, may use the same database; the API process takes over this place. */
async function checkAlone(config: AppConfig): Promise<void> {
  Logger.overrideLogger(['error']);
  const instance = new SingleInstance(config);
  await instance.claim();
  await instance.onApplicationShutdown();
}

/** Fills the catalogue; its models are answered by a simulator while nobody else would. */
async function seed(database: Database, credentialKey: string): Promise<Simulator | undefined> {
  const simulator = (await hasRealProvider(database)) ? undefined : await startSimulator();
  if (simulator) endings.push(() => simulator.close());
  await seedCatalogue(database, {
    simulator: simulator && { baseUrl: simulator.baseUrl, credentialKey },
  });
  return simulator;
}

function endedByItself(child: Child, how: string): void {
  if (stopping) return;
  process.stderr.write(`the ${child.name} process ended (${how})\n`);
  void stopAll(1);
}

/** Once a vendor's credential is configured nobody shall be sold invented answers. */
async function hasRealProvider(database: Database): Promise<boolean> {
  const rows = await database.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM provider p JOIN provider_credential c ON c.provider_id = p.id AND c.status = 'active'
       WHERE NOT p.simulated AND p.status = 'active') AS found`,
  );
  return rows[0]?.found === true;
}
