import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { within } from './core/within.js';
import { ConfigError } from './platform/config/app-config.js';
import { PinoLogger } from './platform/logging/pino-logger.js';
import { WorkerModule } from './worker.module.js';

/** How long running work and closing may take together; work that is cut off is found again. */
const CLOSE_MS = 20_000;

/** The worker process: work on queues until SIGTERM or SIGINT, end what is running, leave. */
const logger = new PinoLogger(process.env['LOG_LEVEL'] ?? 'info', 'worker');

try {
  const app = await NestFactory.createApplicationContext(WorkerModule, { logger, abortOnError: false });
  logger.log('working', 'Main');
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      logger.log(`${signal}: finishing`, 'Main');
      void within(CLOSE_MS, app.close()).then(
        () => exit(0),
        (error: unknown) => {
          logger.error(`not closed cleanly: ${String(error)}`, undefined, 'Main');
          exit(1);
        },
      );
    });
  }
} catch (error) {
  const isConfig = error instanceof ConfigError;
  process.stderr.write(`${isConfig ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exit(1);
}

function exit(code: number): void {
  logger.flush();
  process.exit(code);
}
