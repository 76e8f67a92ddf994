import { isExactNumber } from '../../core/exact-numbers.js';
import type { TokenClass } from '../../core/token-usage.js';
import { countOf, dayOf, decimalOf, readBuckets, textOf, type Bucket, type Fields } from './read-pages.js';
import { countedLines, StatementError, type StatedLine, type Statement } from './statement.js';

/**
 * OpenAI's `GET /v1/organization/usage/completions` (grouped by model) and `GET /v1/organization/costs` (grouped by
 * line_item), as answered: pages of either or of both in one list. Input tokens there contain cached ones.
 * https://platform.openai.com/docs/api-reference/usage
 */
export function readOpenaiStatement(text: string): Statement {
  const buckets = readBuckets(text);
  const currencies = new Set<string>();
  const days: string[] = [];
  const lines = buckets.flatMap((bucket) => {
    const day = dayOf(secondsOf(bucket, 'start_time'), secondsOf(bucket, 'end_time'));
    days.push(day);
    return bucket.results.flatMap((result) => {
      const object = textOf(result, 'object');
      if (object === 'organization.costs.result') return costLine(day, result, currencies);
      if (
        object === 'organization.usage.completions.result' ||
        object === 'organization.usage.embeddings.result'
      )
        return usageLines(day, result);
      throw new StatementError(`a result of the kind ${object ?? 'none'} cannot be read`);
    });
  });
  if (currencies.size > 1) throw new StatementError('a statement has one currency');
  days.sort();
  const [firstDay] = days;
  const lastDay = days.at(-1);
  if (firstDay === undefined || lastDay === undefined) throw new StatementError('there are no days');
  return { lines, currency: [...currencies][0] ?? null, firstDay, lastDay };
}

function secondsOf({ fields }: Bucket, name: string): number {
  const value = fields[name];
  return isExactNumber(value) ? Number(value.exact) * 1_000 : NaN;
}

function usageLines(day: string, result: Fields): StatedLine[] {
  const model = textOf(result, 'model');
  if (model === null) throw new StatementError('the usage report must be grouped by model');
  const cached = countOf(result, 'input_cached_tokens') ?? 0n;
  const written = countOf(result, 'input_cache_write_tokens') ?? 0n;
  const input = (countOf(result, 'input_tokens') ?? 0n) - cached - written;
  if (input < 0n) throw new StatementError('input_tokens must contain the cached tokens');
  const counts: [TokenClass, bigint][] = [
    ['input', input],
    ['cache_read', cached],
    ['cache_write_5m', written],
    ['output', countOf(result, 'output_tokens') ?? 0n],
  ];
  return countedLines(day, model, counts);
}

function costLine(day: string, result: Fields, currencies: Set<string>): StatedLine {
  const amount = result['amount'] as Fields | null | undefined;
  if (typeof amount !== 'object' || amount === null) throw new StatementError('a cost has no amount');
  const { nano, roundingNano } = decimalOf(amount, 'value', 9);
  currencies.add((textOf(amount, 'currency') ?? '').toUpperCase());
  const { model, tokenClass } = readLineItem(textOf(result, 'line_item'));
  return { day, ref: null, model, tokenClass, quantity: null, costNano: nano, roundingNano };
}

const DIRECTIONS: Record<string, TokenClass> = {
  input: 'input',
  'cached input': 'cache_read',
  'cache write': 'cache_write_5m',
  output: 'output',
};

/**
 * "gpt-5.5-2026-04-23, cached input", "priority | gpt-5.6, output, long context", "web search tool calls": which model and
 * class a line of the bill is of. What names no class keeps its own words as its model.
 */
export function readLineItem(item: string | null): { model: string | null; tokenClass: TokenClass | null } {
  if (item === null) return { model: null, tokenClass: null };
  if (/^web search tool calls/i.test(item)) return { model: item, tokenClass: 'search' };
  const [head = '', direction = ''] = item.replace(/^[\w ]+\| */, '').split(/, */);
  const tokenClass = DIRECTIONS[direction.toLowerCase()];
  if (tokenClass === undefined) return { model: item, tokenClass: null };
  return { model: head.replace(/ (text|audio|image)$/, ''), tokenClass };
}
