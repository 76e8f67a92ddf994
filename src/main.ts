import 'reflect-metadata';
import { startApi } from './api.js';
import { ConfigError } from './platform/config/app-config.js';
import { PinoLogger } from './platform/logging/pino-logger.js';

/** The API process: serve until SIGTERM or SIGINT, then drain. */
const logger = new PinoLogger(process.env['LOG_LEVEL'] ?? 'info', 'api');

try {
  const api = await startApi(logger);
  logger.log(`listening on ${api.url}`, 'Main');
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      logger.log(`${signal}: draining`, 'Main');
      void api.stop().then(
        () => exit(0),
        (error: unknown) => {
          logger.error(`not closed cleanly: ${String(error)}`, undefined, 'Main');
          exit(1);
        },
      );
    });
  }
} catch (error) {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : ((error as Error).stack ?? String(error))}\n`,
  );
  process.exit(1);
}

function exit(code: number): void {
  logger.flush();
  process.exit(code);
}
