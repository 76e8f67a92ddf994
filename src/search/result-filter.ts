import { cut, type SearchPlan } from './search-plan.js';
import type { SearchResult } from './search-backend.js';
import { domainOf, isWithin } from './search-domain.js';

/** Tokens are counted as four UTF-8 bytes each, as everywhere where nobody counted them. */
export const BYTES_PER_TOKEN = 4;

/** Largest size of the small fields of a result, in characters. */
const FIELD_CHARS = 500;
const MAX_URL_CHARS = 2_000;
const MAX_IMAGES = 10;

/**
 * What a backend found, held to the plan. Domains are always checked again; texts and times where the backend does not
 * filter by them itself, or takes them for a hint. Excerpts are cut to their limits, what was not asked for is left out.
 */
export function filterResults(
  found: readonly SearchResult[],
  plan: SearchPlan,
  recheck: { texts: boolean; times: boolean },
): SearchResult[] {
  return found
    .filter(
      (result) =>
        isInDomains(result, plan) &&
        (!recheck.times || isInTime(result, plan)) &&
        (!recheck.texts || hasTexts(result, plan)),
    )
    .slice(0, plan.count)
    .map((result) => trimmed(result, plan));
}

function isInDomains({ url }: SearchResult, plan: SearchPlan): boolean {
  const domain = url.length <= MAX_URL_CHARS ? domainOf(url) : undefined;
  if (domain === undefined) return false;
  if (isWithin(domain, plan.excludeDomains)) return false;
  return plan.includeDomains.length === 0 || isWithin(domain, plan.includeDomains);
}

/** A result that lacks the time a filter looks at drops out. */
function isInTime(result: SearchResult, { fromMs, toMs, timeBasis }: SearchPlan): boolean {
  if (fromMs === undefined && toMs === undefined) return true;
  const time =
    timeBasis === 'published'
      ? result.timePublished
      : timeBasis === 'crawled'
        ? result.timeLastCrawled
        : (result.timePublished ?? result.timeLastCrawled);
  const at = time === undefined ? Number.NaN : Date.parse(time);
  if (Number.isNaN(at)) return false;
  return at >= (fromMs ?? -Infinity) && at <= (toMs ?? Infinity);
}

/** Looks at all the text of the page that the backend has given. */
function hasTexts(result: SearchResult, { includeText, excludeText }: SearchPlan): boolean {
  if (includeText.length === 0 && excludeText.length === 0) return true;
  const text = [result.title, result.highlights, result.fullContent].join('\n').toLowerCase();
  return (
    includeText.every((wanted) => text.includes(wanted.toLowerCase())) &&
    !excludeText.some((unwanted) => text.includes(unwanted.toLowerCase()))
  );
}

function trimmed(result: SearchResult, plan: SearchPlan): SearchResult {
  const kept: SearchResult = { title: cut(result.title, FIELD_CHARS), url: result.url };
  const { highlights, fullContent, authors, timePublished, timeLastCrawled, images } = result;
  if (plan.highlight.enable && highlights !== undefined)
    kept.highlights = cutTokens(highlights, plan.highlight.maxTokens);
  if (plan.fullContent.enable && fullContent !== undefined)
    kept.fullContent = cutTokens(fullContent, plan.fullContent.maxTokens);
  if (authors !== undefined) kept.authors = cut(authors, FIELD_CHARS);
  if (timePublished !== undefined) kept.timePublished = cut(timePublished, 40);
  if (timeLastCrawled !== undefined) kept.timeLastCrawled = cut(timeLastCrawled, 40);
  if (plan.includeImages && images !== undefined)
    kept.images = images.filter(({ url }) => url.length <= MAX_URL_CHARS).slice(0, MAX_IMAGES);
  return kept;
}

/** The beginning of a text that is at most so many tokens long. */
export const cutTokens = (text: string, tokens: number): string => cutBytes(text, tokens * BYTES_PER_TOKEN);

/** The beginning of a text that is at most so many UTF-8 bytes long. */
export function cutBytes(text: string, limit: number): string {
  if (text.length * 3 <= limit || Buffer.byteLength(text) <= limit) return text;
  // Half of a character at the cut becomes U+FFFD, which is dropped.
  return Buffer.from(text)
    .subarray(0, limit)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
}
