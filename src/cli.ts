import 'reflect-metadata';
import { realpathSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { countViolations, formatAudit, showAudit } from './billing/audit/audit-report.js';
import { AuditService } from './billing/audit/audit.service.js';
import { RebuildService } from './billing/audit/rebuild.service.js';
import { readTriedPrices } from './billing/pricing/preview-prices.js';
import { PreviewsService } from './billing/pricing/previews.service.js';
import { readOrder, REPORTS } from './billing/exports/report-order.js';
import { REPORT_FORMATS } from './billing/exports/report-plan.js';
import { GRANULARITIES } from './billing/exports/usage-filter.js';
import { ExportsService } from './billing/exports/exports.service.js';
import { ReconciliationService } from './billing/reconciliation/reconciliation.service.js';
import { STATEMENT_FORMATS } from './billing/reconciliation/statement.js';
import { formatReconciliation, showStatement } from './billing/reconciliation/statement-view.js';
import { StatementsRepository } from './billing/reconciliation/statements.repository.js';
import { PRICE_KINDS } from './catalog/price.js';
import { formatImportReport } from './catalog/prices/litellm/import-report.js';
import { LitellmImportService } from './catalog/prices/litellm/litellm-import.service.js';
import { ADMIN_KEY_COMMANDS } from './cli/admin-keys.js';
import {
  openOutput,
  readChoice,
  readId,
  readInput,
  readTime,
  FileError,
  UsageError,
  type Command,
} from './cli/arguments.js';
import { withContext } from './cli/context.js';
import { FaregateError } from './core/errors.js';
import { parsePublicId } from './core/ids.js';
import { AuditLogRepository, systemActor } from './platform/audit/audit-log.repository.js';
import { AppConfig } from './platform/config/app-config.js';
import { migrateDatabase, migrateQueue } from './platform/database/migrate.js';
import { explainFailure } from './platform/database/start-failure.js';

const COMMANDS: Record<string, Command> = {
  migrate: {
    usage: 'migrate',
    help: 'Brings the database (and the queue, when it is on PostgreSQL) to the newest schema.',
    run: migrate,
  },
  ...ADMIN_KEY_COMMANDS,
  audit: {
    usage: 'audit [--rebuild] [--json]',
    help: 'Runs every check of the books; with --rebuild also makes balances, lots and rollups anew from the ledger and the events and compares them. Exit code 1 when anything is wrong.',
    run: audit,
  },
  export: {
    usage:
      'export usage|margin|contract-liability|aged-receivables|invoice-register|tax|journal (--from TIME --to TIME | --at TIME) [--format csv|jsonl|parquet|xlsx|focus-1.4|focus-1.2] [--granularity request|day|month] [--organization ID] [--legal-entity ID] [--out FILE]',
    help: 'Writes a report to a file or to standard output. Times are RFC 3339; [from, to). --at is for aged-receivables, --granularity and FOCUS for usage.',
    run: exportReport,
  },
  reconcile: {
    usage: 'reconcile FILE --provider SLUG --format openai|anthropic|csv [--json]',
    help: "Compares a provider's statement with the books: its usage and cost reports as JSON, or CSV (day, request_id, model, token_class, quantity, cost, currency). Every difference is explained or listed, and kept. Exit code 1 when more is open than the tolerance allows.",
    run: reconcile,
  },
  'audit-log verify': {
    usage: 'audit-log verify [--json]',
    help: 'Checks the hash chain of the audit log: every entry says what it said when it was written, and none is missing between two. Exit code 1 when one is not.',
    run: verifyAuditLog,
  },
  preview: {
    usage:
      'preview --from TIME --to TIME (--prices FILE --currency CODE | --prices-at TIME) [--organization ID] [--model ID]',
    help: 'What usage recorded in [from, to) would have cost, as JSON: under the prices of a file ([{"model", "token_class", "unit_price", "tier_from"}]), or under the prices of an instant to come. Changes nothing.',
    run: preview,
  },
  'import litellm-prices': {
    usage:
      'import litellm-prices FILE [--kind list|cost] [--provider SLUG] [--litellm-provider NAME] [--valid-from TIME] [--dry-run] [--json]',
    help: "Enters the prices of LiteLLM's model_prices_and_context_window.json for the models of the catalogue, in USD, and reports what it refused and why. --litellm-provider takes only that vendor's entries; --kind cost needs --provider. Running it again changes nothing.",
    run: importLitellmPrices,
  },
};

/** Open rows that are printed; all of them are kept. */
const SHOWN_ROWS = 1_000;

/** Runs one command line (without `node` and the script) and answers the exit code. */
export async function runCli(args: string[]): Promise<number> {
  const name = Object.keys(COMMANDS).find((known) => `${args.join(' ')} `.startsWith(`${known} `));
  const command = name === undefined ? undefined : COMMANDS[name];
  const wantsHelp = asksForHelp(args);
  if (!command || name === undefined) {
    const help = helpText(args.find((word) => word !== 'help' && !word.startsWith('-')));
    (wantsHelp ? process.stdout : process.stderr).write(
      wantsHelp ? help : `unknown command: ${args.join(' ')}\n\n${help}`,
    );
    return wantsHelp ? 0 : 2;
  }
  if (wantsHelp) {
    process.stdout.write(`faregate ${command.usage}\n\n  ${command.help}\n`);
    return 0;
  }
  try {
    return await command.run(args.slice(name.split(' ').length));
  } catch (error) {
    return explain(error, command);
  }
}

/** True when nothing is to be done but to explain: such a command line needs neither settings nor a database. */
export const asksForHelp = (args: string[]): boolean =>
  args.length === 0 || args[0] === 'help' || args.includes('--help') || args.includes('-h');

/** Help of the commands that begin with this word; of all when none does. */
function helpText(word: string | undefined): string {
  const begun = Object.entries(COMMANDS).filter(([name]) => name.split(' ')[0] === word);
  const commands = begun.length > 0 ? begun.map(([, command]) => command) : Object.values(COMMANDS);
  const lines = commands.map(({ usage, help }) => `  ${usage}\n      ${help}\n`);
  return `faregate COMMAND [--help]\n\n${lines.join('\n')}`;
}

async function explain(error: unknown, command: Command): Promise<number> {
  const isArgument = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;
  if (error instanceof UsageError || isArgument) {
    process.stderr.write(`${(error as Error).message}\n\nfaregate ${command.usage}\n`);
    return 2;
  }
  if (error instanceof FileError) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  process.stderr.write(`${await explainFailure(error, process.env['DATABASE_URL'])}\n`);
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

async function audit(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { json: { type: 'boolean' }, rebuild: { type: 'boolean' } },
  });
  const results = await withContext(async (app) => [
    ...(await app.get(AuditService).run()),
    ...(values.rebuild ? await app.get(RebuildService).compare() : []),
  ]);
  process.stdout.write(`${values.json ? JSON.stringify(showAudit(results)) : formatAudit(results)}\n`);
  return countViolations(results) === 0 ? 0 : 1;
}

async function verifyAuditLog(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  const { entries, head, broken } = await withContext((app) => app.get(AuditLogRepository).verify());
  const verdict =
    broken.length === 0
      ? `The audit log is whole: ${entries} entries, the last one ${head}.`
      : `Broken: ${broken.join(', ')}`;
  process.stdout.write(`${values.json ? JSON.stringify({ entries, head, broken }) : verdict}\n`);
  return broken.length === 0 ? 0 : 1;
}

async function reconcile(args: string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { provider: text, format: text, json: { type: 'boolean' } },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('one FILE is required');
  if (values.provider === undefined) throw new UsageError('--provider is required');
  const order = {
    provider: values.provider,
    format: readChoice('--format', values.format ?? '', STATEMENT_FORMATS),
    text: await readInput(file),
  };
  const { statement, open } = await withContext(async (app) => {
    const { statement: found } = await app.get(ReconciliationService).reconcile(systemActor('cli'), order);
    const rows = await app
      .get(StatementsRepository)
      .listResults(found.id, { status: 'open', limit: SHOWN_ROWS });
    return { statement: found, open: rows.slice(0, SHOWN_ROWS) };
  });
  process.stdout.write(
    `${values.json ? JSON.stringify(showStatement(statement)) : formatReconciliation(statement, open)}\n`,
  );
  return statement.status === 'open' ? 1 : 0;
}

async function exportReport(args: string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      from: text,
      to: text,
      at: text,
      format: text,
      granularity: text,
      organization: text,
      'legal-entity': text,
      out: text,
    },
  });
  const instant = (flag: 'from' | 'to' | 'at') =>
    values[flag] === undefined ? undefined : readTime(`--${flag}`, values[flag]).toISOString();
  const report = orderOf({
    report: readChoice('the report', positionals.join(' '), REPORTS),
    format: readChoice('--format', values.format ?? 'csv', REPORT_FORMATS),
    fields: {
      from: instant('from'),
      to: instant('to'),
      at: instant('at'),
      granularity:
        values.granularity === undefined
          ? undefined
          : readChoice('--granularity', values.granularity, GRANULARITIES),
      organization: readId('organization', values.organization),
      legal_entity: readId('legalEntity', values['legal-entity']),
    },
  });
  const file = values.out === undefined ? undefined : await openOutput(values.out);
  await withContext(async (app) => {
    const pieces = app.get(ExportsService).write(report);
    if (file) return pipeline(pieces, file.createWriteStream());
    for await (const piece of pieces) process.stdout.write(piece);
  });
  return 0;
}

/** A field that the report lacks or cannot have is a flag here. */
function orderOf(wanted: Parameters<typeof readOrder>[0]): ReturnType<typeof readOrder> {
  try {
    return readOrder(wanted);
  } catch (error) {
    const field = error instanceof FaregateError ? error.details.param : undefined;
    if (field === undefined) throw error;
    throw new UsageError(
      (error as Error).message.replace(new RegExp(`\\b${field}\\b`), `--${field.replaceAll('_', '-')}`),
    );
  }
}

async function importLitellmPrices(args: string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      kind: text,
      provider: text,
      'litellm-provider': text,
      'valid-from': text,
      'dry-run': flag,
      json: flag,
    },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('one FILE is required');
  const order = {
    actor: systemActor('cli'),
    text: await readInput(file),
    kind: readChoice('--kind', values.kind ?? 'list', PRICE_KINDS),
    provider: values.provider,
    vendor: values['litellm-provider'],
    validFrom:
      values['valid-from'] === undefined
        ? undefined
        : readTime('--valid-from', values['valid-from']).toISOString(),
    dryRun: values['dry-run'] ?? false,
  };
  const report = await withContext((app) => app.get(LitellmImportService).import(order));
  process.stdout.write(`${values.json ? JSON.stringify(report) : formatImportReport(report)}\n`);
  return 0;
}

async function preview(args: string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      from: text,
      to: text,
      prices: text,
      currency: text,
      'prices-at': text,
      organization: text,
      model: text,
    },
  });
  const { organization } = values;
  const organizationId = organization === undefined ? undefined : parsePublicId('organization', organization);
  if (organizationId === null) throw new UsageError('--organization must be the id of an organization');
  const order = {
    from: readTime('--from', values.from),
    to: readTime('--to', values.to),
    organizationId,
    modelId: values.model,
    prices: values.prices === undefined ? undefined : readTriedPrices(await readInput(values.prices)),
    currency: values.currency,
    pricesAt:
      values['prices-at'] === undefined
        ? undefined
        : readTime('--prices-at', values['prices-at']).toISOString(),
  };
  const found = await withContext((app) => app.get(PreviewsService).preview(order));
  process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  return 0;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  process.exitCode = await runCli(process.argv.slice(2));
}
