import 'reflect-metadata';
import { createWriteStream, realpathSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AdminKeysService } from './accounts/admin-keys/admin-keys.service.js';
import { countViolations, formatAudit, showAudit } from './billing/audit/audit-report.js';
import { AuditService } from './billing/audit/audit.service.js';
import { ExportsService } from './billing/exports/exports.service.js';
import { CliModule } from './cli.module.js';
import { FaregateError } from './core/errors.js';
import { systemActor } from './platform/audit/audit-log.repository.js';
import { AppConfig, ConfigError } from './platform/config/app-config.js';
import { migrateDatabase, migrateQueue } from './platform/database/migrate.js';

/** A command: its help, and its work, which answers the exit code. */
interface Command {
  usage: string;
  help: string;
  run: (args: string[]) => Promise<number>;
}

/** A command line that cannot be understood. */
class UsageError extends Error {}

const COMMANDS: Record<string, Command> = {
  migrate: {
    usage: 'migrate',
    help: 'Brings the database (and the queue, when it is on PostgreSQL) to the newest schema.',
    run: migrate,
  },
  'admin-keys create': {
    usage: 'admin-keys create --role owner|admin|finance|support|auditor [--name NAME] [--json]',
    help: 'Makes an admin key. Its secret is printed once and cannot be read again.',
    run: createAdminKey,
  },
  audit: {
    usage: 'audit [--json]',
    help: 'Runs every check of the books. Exit code 1 when one of them finds a violation.',
    run: audit,
  },
  'export usage': {
    usage:
      'export usage --from TIME --to TIME [--format csv|jsonl] [--granularity request|day|month] [--out FILE]',
    help: 'Writes the usage recorded in [from, to) to a file or to standard output. Times are RFC 3339.',
    run: exportUsage,
  },
};

/** Runs one command line (without `node` and the script) and answers the exit code. */
export async function runCli(args: string[]): Promise<number> {
  const name = Object.keys(COMMANDS).find((known) => `${args.join(' ')} `.startsWith(`${known} `));
  const command = name === undefined ? undefined : COMMANDS[name];
  if (!command || name === undefined) {
    const isHelp = args.length === 0 || args.includes('--help') || args.includes('-h');
    (isHelp ? process.stdout : process.stderr).write(
      `${isHelp ? '' : `unknown command: ${args.join(' ')}\n\n`}${helpText()}`,
    );
    return isHelp ? 0 : 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`faregate ${command.usage}\n\n  ${command.help}\n`);
    return 0;
  }
  try {
    return await command.run(args.slice(name.split(' ').length));
  } catch (error) {
    return explain(error, command);
  }
}

function helpText(): string {
  const lines = Object.values(COMMANDS).map(({ usage, help }) => `  ${usage}\n      ${help}\n`);
  return `faregate COMMAND [--help]\n\n${lines.join('\n')}`;
}

function explain(error: unknown, command: Command): number {
  const isArgument = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;
  if (error instanceof UsageError || isArgument) {
    process.stderr.write(`${(error as Error).message}\n\nfaregate ${command.usage}\n`);
    return 2;
  }
  const isOurs = error instanceof ConfigError || error instanceof FaregateError;
  process.stderr.write(`${isOurs ? error.message : ((error as Error).stack ?? String(error))}\n`);
  return 1;
}

async function migrate(args: string[]): Promise<number> {
  parseArgs({ args, options: {} });
  const config = new AppConfig(process.env);
  const applied = await migrateDatabase(config.databaseUrl);
  if (config.redisUrl === undefined) await migrateQueue(config.databaseUrl);
  process.stdout.write(
    applied.length === 0 ? 'The schema is up to date.\n' : `Applied: ${applied.join(', ')}\n`,
  );
  return 0;
}

async function createAdminKey(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { role: { type: 'string' }, name: { type: 'string' }, json: { type: 'boolean' } },
  });
  const { role } = values;
  if (role === undefined) throw new UsageError('--role is required');
  const key = await withContext((app) =>
    app.get(AdminKeysService).create(systemActor('cli'), { role, name: values.name ?? `${role} key` }),
  );
  process.stdout.write(
    values.json ? `${JSON.stringify(key)}\n` : `${key.secret}\n\nThis ${role} key is shown once; keep it.\n`,
  );
  return 0;
}

async function audit(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  const results = await withContext((app) => app.get(AuditService).run());
  process.stdout.write(`${values.json ? JSON.stringify(showAudit(results)) : formatAudit(results)}\n`);
  return countViolations(results) === 0 ? 0 : 1;
}

async function exportUsage(args: string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: { from: text, to: text, format: text, granularity: text, out: text },
  });
  const report = {
    from: readTime('--from', values.from),
    to: readTime('--to', values.to),
    format: readChoice('--format', values.format ?? 'csv', ['csv', 'jsonl'] as const),
    granularity: readChoice('--granularity', values.granularity ?? 'request', [
      'request',
      'day',
      'month',
    ] as const),
  };
  if (report.from >= report.to) throw new UsageError('--to must lie after --from');
  await withContext(async (app) => {
    const pieces = app.get(ExportsService).usage(report);
    if (values.out !== undefined) return pipeline(pieces, createWriteStream(values.out));
    for await (const piece of pieces) process.stdout.write(piece);
  });
  return 0;
}

function readTime(flag: string, text: string | undefined): Date {
  const isTime =
    text !== undefined && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  if (!isTime || Number.isNaN(Date.parse(text)))
    throw new UsageError(`${flag} must be a time such as 2026-11-01T00:00:00Z`);
  return new Date(text);
}

function readChoice<Choice extends string>(flag: string, text: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new UsageError(`${flag} must be one of ${choices.join(', ')}`);
  return found;
}

async function withContext<Result>(work: (app: INestApplicationContext) => Promise<Result>): Promise<Result> {
  const app = await NestFactory.createApplicationContext(CliModule, {
    logger: ['error'],
    abortOnError: false,
  });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  process.exitCode = await runCli(process.argv.slice(2));
}
