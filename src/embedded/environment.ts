import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '../platform/config/app-config.js';
import { startEmbeddedPostgres } from './postgres.js';

/** Where a bare machine keeps everything: data, secrets, journal. */
export const HOME = '.faregate';

/** Environment of the product's processes on a bare machine, and what must be stopped after them. */
export interface EmbeddedEnvironment {
  env: Record<string, string>;
  /** True when PostgreSQL is our own. */
  embedded: boolean;
  stop: () => Promise<void>;
}

/** What the environment says, with stand-ins for what is only made later: its settings can be judged before anything is. */
export function foreseeEnvironment(): Record<string, string | undefined> {
  return {
    DATABASE_URL: 'postgresql://127.0.0.1/faregate',
    KEY_PEPPER: newSecret(),
    CREDENTIAL_KEY: newSecret(),
    ...definedOf(process.env),
  };
}

/** Makes the folder for everything. Throws ConfigError when this user may not write there. */
export async function prepareHome(home = HOME): Promise<void> {
  try {
    await mkdir(home, { recursive: true });
    await access(home, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ConfigError(`cannot write to ${path.resolve(home)} (${(error as NodeJS.ErrnoException).code})`);
  }
}

/**
 * Fills in what the environment does not say: a PostgreSQL of our own, and secrets that are made once and kept in a
 * file only this user can read. What is set stays as it is.
 */
export async function prepareEnvironment(log: (message: string) => void): Promise<EmbeddedEnvironment> {
  await prepareHome();
  const secrets = await getSecrets(path.join(HOME, 'secrets.json'));
  const given = definedOf(process.env);
  const common = {
    KEY_PEPPER: given['KEY_PEPPER'] ?? secrets.keyPepper,
    CREDENTIAL_KEY: given['CREDENTIAL_KEY'] ?? secrets.credentialKey,
    JOURNAL_DIR: given['JOURNAL_DIR'] ?? path.join(HOME, 'journal'),
  };
  const url = given['DATABASE_URL'];
  if (url !== undefined) {
    return { env: { ...common, DATABASE_URL: url }, embedded: false, stop: () => Promise.resolve() };
  }
  const postgres = await startEmbeddedPostgres({ dir: path.join(HOME, 'postgres'), persistent: true, log });
  return { env: { ...common, DATABASE_URL: postgres.url }, embedded: true, stop: postgres.stop };
}

/** The variables that are set to something. */
export function definedOf(values: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}

interface Secrets {
  keyPepper: string;
  credentialKey: string;
}

async function getSecrets(file: string): Promise<Secrets> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secrets = { keyPepper: newSecret(), credentialKey: newSecret() };
  await writeFile(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  await chmod(file, 0o600);
  return secrets;
}

const newSecret = (): string => randomBytes(36).toString('base64url');
