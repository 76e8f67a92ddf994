import type { TokenClass } from '../../core/token-usage.js';
import { countOf, dayOf, decimalOf, readBuckets, textOf, type Fields } from './read-pages.js';
import { countedLines, StatementError, type StatedLine, type Statement } from './statement.js';

/**
 * Anthropic's `GET /v1/organizations/usage_report/messages` (grouped by model) and `GET /v1/organizations/cost_report`
 * (grouped by description), as answered: pages of either or of both in one list. Costs there are in cents.
 * https://platform.claude.com/docs/en/api/admin/usage_report
 */
export function readAnthropicStatement(text: string): Statement {
  const currencies = new Set<string>();
  const days: string[] = [];
  const lines = readBuckets(text).flatMap(({ fields, results }) => {
    const day = dayOf(timeOf(fields, 'starting_at'), timeOf(fields, 'ending_at'));
    days.push(day);
    return results.flatMap((result) =>
      result['amount'] === undefined ? usageLines(day, result) : costLine(day, result, currencies),
    );
  });
  if (currencies.size > 1) throw new StatementError('a statement has one currency');
  days.sort();
  const [firstDay] = days;
  const lastDay = days.at(-1);
  if (firstDay === undefined || lastDay === undefined) throw new StatementError('there are no days');
  return { lines, currency: [...currencies][0] ?? null, firstDay, lastDay };
}

const timeOf = (fields: Fields, name: string): number => Date.parse(textOf(fields, name) ?? '');

const objectOf = (fields: Fields, name: string): Fields => {
  const value = fields[name];
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
};

function usageLines(day: string, result: Fields): StatedLine[] {
  const model = textOf(result, 'model');
  if (model === null) throw new StatementError('the usage report must be grouped by model');
  const written = objectOf(result, 'cache_creation');
  const counts: [TokenClass, bigint | null][] = [
    ['input', countOf(result, 'uncached_input_tokens')],
    ['cache_read', countOf(result, 'cache_read_input_tokens')],
    ['cache_write_5m', countOf(written, 'ephemeral_5m_input_tokens')],
    ['cache_write_1h', countOf(written, 'ephemeral_1h_input_tokens')],
    ['output', countOf(result, 'output_tokens')],
    ['search', countOf(objectOf(result, 'server_tool_use'), 'web_search_requests')],
  ];
  return countedLines(day, model, counts);
}

const TOKEN_TYPES: Record<string, TokenClass> = {
  uncached_input_tokens: 'input',
  output_tokens: 'output',
  cache_read_input_tokens: 'cache_read',
  'cache_creation.ephemeral_5m_input_tokens': 'cache_write_5m',
  'cache_creation.ephemeral_1h_input_tokens': 'cache_write_1h',
};

function costLine(day: string, result: Fields, currencies: Set<string>): StatedLine {
  // A cent is 10^7 nano.
  const { nano, roundingNano } = decimalOf(result, 'amount', 7);
  currencies.add(textOf(result, 'currency') ?? '');
  const [type, tokenType] = [textOf(result, 'cost_type'), textOf(result, 'token_type')];
  const tokenClass =
    type === 'web_search' ? 'search' : tokenType === null ? null : (TOKEN_TYPES[tokenType] ?? null);
  const model = textOf(result, 'model') ?? textOf(result, 'description');
  return { day, ref: null, model, tokenClass, quantity: null, costNano: nano, roundingNano };
}
