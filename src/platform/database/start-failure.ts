import pg from 'pg';
import { FaregateError } from '../../core/errors.js';
import { ConfigError } from '../config/app-config.js';

const CONNECT_MS = 5_000;

/** What an operator is told when a program could not do its work: one line when the reason is his to mend, else the stack. */
export async function explainFailure(error: unknown, databaseUrl: string | undefined): Promise<string> {
  if (error instanceof ConfigError || error instanceof FaregateError) return error.message;
  const problem = databaseUrl ? await findConnectionProblem(databaseUrl) : null;
  return problem ?? (error as Error).stack ?? String(error);
}

/** Why nobody can connect with this DATABASE_URL, without its password; null when it works. */
export async function findConnectionProblem(databaseUrl: string): Promise<string | null> {
  let client: pg.Client;
  try {
    client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_MS });
  } catch (error) {
    return `DATABASE_URL cannot be read (${(error as Error).message})`;
  }
  client.on('error', () => undefined);
  try {
    await client.connect();
    return null;
  } catch (error) {
    return `DATABASE_URL: cannot connect to ${client.host}:${client.port} (${reasonOf(error as Error)})`;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A name with several addresses fails with one error each, and no message of its own. */
const reasonOf = (error: Error): string =>
  error instanceof AggregateError ? error.errors.map((one: Error) => one.message).join(', ') : error.message;
