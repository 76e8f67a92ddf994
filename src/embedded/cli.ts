import { asksForHelp, runCli } from '../cli.js';
import { configOrExit } from '../platform/config/config-or-exit.js';
import { explainFailure } from '../platform/database/start-failure.js';
import { foreseeEnvironment, prepareEnvironment } from './environment.js';

/** The command line on a bare machine: with the PostgreSQL and the secrets that `npm start` uses. */
const args = process.argv.slice(2);
if (asksForHelp(args)) process.exit(await runCli(args));
configOrExit(foreseeEnvironment());
try {
  const { env, stop } = await prepareEnvironment(() => undefined);
  Object.assign(process.env, env);
  try {
    process.exitCode = await runCli(args);
  } finally {
    await stop();
  }
} catch (error) {
  process.stderr.write(`${await explainFailure(error, process.env['DATABASE_URL'])}\n`);
  process.exitCode = 1;
}
