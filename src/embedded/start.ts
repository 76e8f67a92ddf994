import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AdminKeysService } from '../accounts/admin-keys/admin-keys.service.js';
import { seedCatalogue } from '../catalog/seed/seed-catalogue.js';
import { CliModule } from '../cli.module.js';
import { systemActor } from '../platform/audit/audit-log.repository.js';
import { Database } from '../platform/database/database.service.js';
import { migrateDatabase, migrateQueue } from '../platform/database/migrate.js';
import { greeting } from './banner.js';
import { prepareEnvironment } from './environment.js';
import { makeFirstKeys } from './first-start.js';
import { startChild, stopChild, untilServing, type Child } from './processes.js';
import { startSimulator, type Simulator } from './simulator/simulator.js';

/** `npm start`: everything a bare machine lacks, the two processes, and the first keys. */
const say = (message: string): void => void process.stdout.write(`${message}\n`);

const { env, embedded, stop: stopPostgres } = await prepareEnvironment(say);
Object.assign(process.env, { LOG_LEVEL: 'warn', ...definedOf(process.env), ...env });
let simulator: Simulator | undefined;
const children: Child[] = [];
let stopping = false;

/** Stops in the order in which nothing is lost: callers, worker, vendor, database. */
async function stopAll(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await Promise.all(children.map(stopChild));
  await simulator?.close();
  await stopPostgres();
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!stopping) say('\nStopping …');
    void stopAll(0);
  });
}

try {
  await start();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  await stopAll(1);
}

async function start(): Promise<void> {
  await migrateDatabase(env['DATABASE_URL'] ?? '');
  if (!process.env['REDIS_URL']) await migrateQueue(env['DATABASE_URL'] ?? '');
  const context = await NestFactory.createApplicationContext(CliModule, {
    logger: ['error'],
    abortOnError: false,
  });
  const database = context.get(Database);
  if (!(await hasRealProvider(database))) simulator = await startSimulator();
  await seedCatalogue(database, {
    simulator: simulator && { baseUrl: simulator.baseUrl, credentialKey: env['CREDENTIAL_KEY'] ?? '' },
  });
  const url = `http://${process.env['HOST'] ?? '127.0.0.1'}:${process.env['PORT'] ?? '8080'}`;
  const api = startChild('api', 'main.js', env);
  const worker = startChild('worker', 'worker.js', env);
  children.push(api, worker);
  await untilServing(url, api);
  const newAdminKey = async (): Promise<string> =>
    (await context.get(AdminKeysService).create(systemActor('start'), { name: 'first key', role: 'owner' }))
      .secret;
  const keys = await makeFirstKeys({ url, newAdminKey }, process.argv.includes('--show-keys'));
  await context.close();
  say(
    greeting({
      url,
      keys,
      isSimulated: simulator !== undefined,
      isEmbedded: embedded,
      hasRedis: Boolean(process.env['REDIS_URL']),
    }),
  );
  for (const child of children) {
    void child.exited.then((how) => {
      if (stopping) return;
      process.stderr.write(`the ${child.name} process ended (${how})\n`);
      void stopAll(1);
    });
  }
}

/** Once a vendor's credential is configured nobody shall be sold invented answers. */
async function hasRealProvider(database: Database): Promise<boolean> {
  const rows = await database.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM provider p JOIN provider_credential c ON c.provider_id = p.id AND c.status = 'active'
       WHERE NOT p.simulated AND p.status = 'active') AS found`,
  );
  return rows[0]?.found === true;
}

function definedOf(values: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}
