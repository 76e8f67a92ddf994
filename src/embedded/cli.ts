import { runCli } from '../cli.js';
import { prepareEnvironment } from './environment.js';

/** The command line on a bare machine: with the PostgreSQL and the secrets that `npm start` uses. */
const { env, stop } = await prepareEnvironment(() => undefined);
Object.assign(process.env, env);
try {
  process.exitCode = await runCli(process.argv.slice(2));
} finally {
  await stop();
}
