import { CURRENCIES } from '../../core/currency.js';
import { TOKEN_CLASSES, type TokenClass } from '../../core/token-usage.js';
import {
  readCount,
  readDay,
  readDecimal,
  StatementError,
  type StatedLine,
  type Statement,
} from './statement.js';

const COLUMNS = ['day', 'request_id', 'model', 'token_class', 'quantity', 'cost', 'currency'] as const;
type Column = (typeof COLUMNS)[number];

/**
 * A statement of any provider as CSV (RFC 4180): a header that names `day` (a date or a time, UTC unless it says otherwise)
 * and `quantity`, `cost` or both, with `currency` for a cost, and, as far as the provider tells them, `request_id`, `model`
 * and `token_class`. Empty: not stated. Other columns are left alone. Throws StatementError naming the line.
 */
export function readCsvStatement(text: string): Statement {
  const [header, ...rows] = parseCsv(text.replace(/^\uFEFF/, ''));
  const names = (header?.cells ?? []).map((cell) => cell.trim().toLowerCase());
  for (const name of COLUMNS)
    if (names.filter((other) => other === name).length > 1)
      throw new StatementError(`the header names ${name} twice`);
  if (!names.includes('day')) throw new StatementError('the header must name the column day');
  if (!names.includes('quantity') && !names.includes('cost'))
    throw new StatementError('the header must name quantity or cost');
  const currencies = new Set<string>();
  const lines = rows.map(({ cells, line }) => {
    const cell = (name: Column): string | null => cells[names.indexOf(name)]?.trim() || null;
    try {
      if (cells.length !== names.length)
        throw new StatementError('has another number of cells than the header');
      return readLine(cell, currencies);
    } catch (error) {
      if (error instanceof StatementError) throw new StatementError(`line ${line}: ${error.message}`);
      throw error;
    }
  });
  if (currencies.size > 1) throw new StatementError('a statement has one currency');
  const days = lines.map(({ day }) => day).sort();
  const [firstDay] = days;
  const lastDay = days.at(-1);
  if (firstDay === undefined || lastDay === undefined) throw new StatementError('there are no lines');
  return { lines, currency: [...currencies][0] ?? null, firstDay, lastDay };
}

function readLine(cell: (name: Column) => string | null, currencies: Set<string>): StatedLine {
  const [quantity, cost, currency, tokenClass] = [
    cell('quantity'),
    cell('cost'),
    cell('currency'),
    cell('token_class'),
  ];
  if (quantity === null && cost === null) throw new StatementError('states neither quantity nor cost');
  if (cost !== null) {
    if (currency === null || !CURRENCIES.includes(currency))
      throw new StatementError('currency must be an ISO 4217 code');
    currencies.add(currency);
  }
  const known = TOKEN_CLASSES.find((name) => name === tokenClass);
  if (tokenClass !== null && known === undefined)
    throw new StatementError(`token_class must be one of ${TOKEN_CLASSES.join(', ')}`);
  const amount = cost === null ? null : readDecimal(cost, 9);
  return {
    day: readDay(cell('day') ?? '', 'day'),
    ref: cell('request_id'),
    model: cell('model'),
    tokenClass: (known as TokenClass | undefined) ?? null,
    quantity: quantity === null ? null : readCount(quantity, 'quantity'),
    costNano: amount?.nano ?? null,
    roundingNano: amount?.roundingNano ?? 0n,
  };
}

interface CsvRow {
  cells: string[];
  /** Where it begins, from 1. */
  line: number;
}

/** The rows of a CSV text; empty lines are skipped. */
function parseCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = [];
  const token = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|\n|\r|$)/y;
  let row: CsvRow = { cells: [], line: 1 };
  let line = 1;
  while (token.lastIndex < text.length || row.cells.length > 0) {
    const match = token.exec(text);
    if (!match) throw new StatementError(`line ${line}: a quote is not closed or stands inside a cell`);
    const [, raw = '', end = ''] = match;
    row.cells.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    line += raw.split('\n').length - 1 + (end === ',' || end === '' ? 0 : 1);
    if (end === ',') continue;
    if (row.cells.length > 1 || row.cells[0] !== '') rows.push(row);
    row = { cells: [], line };
    if (end === '') break;
  }
  return rows;
}
