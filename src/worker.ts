import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { within } from './core/within.js';
import { configOrExit } from './platform/config/config-or-exit.js';
import { explainFailure, findConnectionProblem } from './platform/database/start-failure.js';
import { PinoLogger } from './platform/logging/pino-logger.js';
import { stopOnSignal } from './platform/process/stop-on-signal.js';
import { WorkerModule } from './worker.module.js';

/** How long running work and closing may take together; work that is cut off is found again. */
const CLOSE_MS = 20_000;

/** The worker process: work on queues until SIGTERM or SIGINT, end what is running, leave. */
const config = configOrExit();
const logger = new PinoLogger(config.logLevel, 'worker');

try {
  // The worker waits for its database; it only says so.
  const problem = await findConnectionProblem(config.databaseUrl);
  if (problem !== null) logger.error(problem, undefined, 'Main');
  const app = await NestFactory.createApplicationContext(WorkerModule, { logger, abortOnError: false });
  logger.log('working', 'Main');
  stopOnSignal(logger, { doing: 'finishing', stop: () => within(CLOSE_MS, app.close()) });
} catch (error) {
  process.stderr.write(`${await explainFailure(error, config.databaseUrl)}\n`);
  process.exit(1);
}
