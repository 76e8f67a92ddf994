import 'reflect-metadata';
import { startApi } from './api.js';
import { configOrExit } from './platform/config/config-or-exit.js';
import { explainFailure } from './platform/database/start-failure.js';
import { PinoLogger } from './platform/logging/pino-logger.js';
import { stopOnSignal } from './platform/process/stop-on-signal.js';

/** The API process: serve until SIGTERM or SIGINT, then drain. */
const config = configOrExit();
const logger = new PinoLogger(config.logLevel, 'api');

try {
  const api = await startApi(logger);
  logger.log(`listening on ${api.url}`, 'Main');
  // To whoever started this process with a channel, as npm start does: only the one who listens can know where.
  process.send?.({ url: api.url });
  stopOnSignal(logger, { doing: 'draining', stop: () => api.stop() });
} catch (error) {
  process.stderr.write(`${await explainFailure(error, config.databaseUrl)}\n`);
  process.exit(1);
}
