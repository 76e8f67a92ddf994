import { readDomain } from './search-domain.js';
import { SEARCH_LIMITS, type SearchOptions, type TimeRange } from './search-options.js';

/** One search, with everything decided that does not depend on the backend. */
export interface SearchPlan extends Omit<SearchOptions, 'maxSearches'> {
  /** The model's query as it wrote it, cut to 500 characters; results are shown under it. */
  asked: string;
  /** The words to look for: the query without its `site:` operators. May be empty. */
  words: string;
  /** First and last instant of the time filter, epoch milliseconds; both absent: no time filter. */
  fromMs?: number | undefined;
  toMs?: number | undefined;
}

const DAY_MS = 86_400_000;
/** Months and years as search engines count them. */
const RANGE_MS: Record<TimeRange, number> = {
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
  year: 365 * DAY_MS,
};

const SITE_OPERATOR = /(^|\s)(-?)site:(\S+)/gi;

/**
 * A query under its declaration's options: `site:` and `-site:` in the query add to the domain lists, a start or an
 * end takes the place of a time range (statement 59).
 */
export function planSearch(query: string, options: SearchOptions, nowMs: number): SearchPlan {
  const { maxSearches: _, ...kept } = options;
  const asked = cut(query.trim(), SEARCH_LIMITS.queryChars);
  const includeDomains = [...options.includeDomains];
  const excludeDomains = [...options.excludeDomains];
  const words = asked.replace(SITE_OPERATOR, (whole, _space: string, minus: string, name: string) => {
    const domain = readDomain(name.replace(/^"|"$/g, ''));
    if (domain === undefined) return whole;
    (minus === '' ? includeDomains : excludeDomains).push(domain);
    return ' ';
  });
  return {
    ...kept,
    asked,
    words: words.replace(/\s+/g, ' ').trim(),
    includeDomains: [...new Set(includeDomains)],
    excludeDomains: [...new Set(excludeDomains)],
    ...timeWindow(options, nowMs),
  };
}

function timeWindow(
  options: SearchOptions,
  nowMs: number,
): Pick<SearchPlan, 'fromMs' | 'toMs' | 'timeRange'> {
  const { startTime, endTime, timeRange } = options;
  if (startTime !== undefined || endTime !== undefined) {
    return {
      timeRange: undefined,
      fromMs: startTime === undefined ? undefined : Date.parse(startTime),
      toMs: endTime === undefined ? undefined : Date.parse(endTime),
    };
  }
  if (timeRange === undefined) return {};
  return { timeRange, fromMs: nowMs - RANGE_MS[timeRange] };
}

/** At most `chars` UTF-16 units, never half of a character. */
export function cut(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(chars - 1)) ? chars - 1 : chars;
  return text.slice(0, end);
}
