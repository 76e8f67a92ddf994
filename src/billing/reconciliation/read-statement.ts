import { CURRENCIES } from '../../core/currency.js';
import { readAnthropicStatement } from './read-anthropic.js';
import { readCsvStatement } from './read-csv.js';
import { readOpenaiStatement } from './read-openai.js';
import { addDays, StatementError, type Statement, type StatementFormat } from './statement.js';

/** The longest time one statement may cover. */
const MAX_DAYS = 400;
const MAX_LINES = 500_000;

const READERS: Record<StatementFormat, (text: string) => Statement> = {
  openai: readOpenaiStatement,
  anthropic: readAnthropicStatement,
  csv: readCsvStatement,
};

/** Reads a statement; throws StatementError saying what cannot be read. */
export function readStatement(format: StatementFormat, text: string): Statement {
  const statement = READERS[format](text);
  if (statement.currency !== null && !CURRENCIES.includes(statement.currency))
    throw new StatementError('the currency must be an ISO 4217 code');
  if (statement.lines.length > MAX_LINES) throw new StatementError(`more than ${MAX_LINES} lines`);
  if (addDays(statement.firstDay, MAX_DAYS) < statement.lastDay)
    throw new StatementError(`more than ${MAX_DAYS} days`);
  return statement;
}
