import { AppConfig } from './app-config.js';

/** The configuration for an entry point, before anything else starts; ends the process when it is not usable. */
export function configOrExit(env: Record<string, string | undefined> = process.env): AppConfig {
  try {
    return new AppConfig(env);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}
