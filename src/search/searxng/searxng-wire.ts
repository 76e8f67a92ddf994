import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import { SearchFailure, type SearchResult } from '../search-backend.js';
import type { SearchOptions } from '../search-options.js';
import type { SearchPlan } from '../search-plan.js';

/** A metasearch of several engines has no operator for longer lists of domains. */
const MAX_OPERATORS = 8;

/**
 * The query of `GET /search` (docs.searxng.org, "Search API"). Domains go as `site:` operators, which most engines
 * know; what an engine ignores is filtered afterwards.
 */
export function searxngQuery(plan: SearchPlan, page: number): URLSearchParams {
  const include = plan.includeDomains.slice(0, MAX_OPERATORS).map((domain) => `site:${domain}`);
  const isListed = plan.includeDomains.length > 0 && plan.includeDomains.length <= MAX_OPERATORS;
  const exclude = plan.excludeDomains.slice(0, MAX_OPERATORS).map((domain) => `-site:${domain}`);
  const texts = [
    ...plan.includeText.map((text) => `"${text.replaceAll('"', '')}"`),
    ...plan.excludeText.map((text) => `-"${text.replaceAll('"', '')}"`),
  ];
  const words = [plan.words, isListed ? include.join(' OR ') : '', ...exclude, ...texts];
  const query = new URLSearchParams({
    q: words.filter((word) => word !== '').join(' '),
    format: 'json',
    pageno: String(page),
    safesearch: plan.safesearch === 'strict' ? '2' : '0',
    language: plan.language.length === 1 ? (plan.language[0] ?? 'all') : 'all',
  });
  if (plan.timeRange !== undefined && plan.timeBasis !== 'crawled') query.set('time_range', plan.timeRange);
  return query;
}

/** The results of one page. Throws SearchFailure when the answer is none of SearXNG's. */
export function searxngResults(answer: JsonValue): SearchResult[] {
  const results = asObject(answer)?.['results'];
  if (!Array.isArray(results)) throw new SearchFailure('the answer has no results');
  return asArray(results).filter(isObject).flatMap(toResult);
}

function toResult(raw: JsonObject): SearchResult[] {
  const url = asString(raw['url']);
  if (url === undefined) return [];
  const image = asString(raw['img_src']) || asString(raw['thumbnail']);
  return [
    {
      title: asString(raw['title']) ?? '',
      url,
      highlights: asString(raw['content']) ?? '',
      authors: asString(raw['author']) || undefined,
      timePublished: isoTime(asString(raw['publishedDate'])),
      images: image ? [{ url: image }] : undefined,
    },
  ];
}

/** SearXNG writes local times without a zone; they are taken as UTC. */
function isoTime(text: string | undefined): string | undefined {
  if (!text) return undefined;
  const zoned = /([Zz]|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text.replace(' ', 'T')}Z`;
  const at = Date.parse(zoned);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** What SearXNG cannot do, or not in full. */
export function searxngShortcomings(options: SearchOptions): string[] {
  const notes: string[] = [];
  const say = (applies: boolean, note: string) => applies && notes.push(`tools.octen_search.${note}`);
  say(options.fullContent.enable, 'full_content has no effect: the search service has snippets only');
  say(
    options.timeBasis === 'crawled',
    'time_basis crawled finds nothing under a time filter: crawl times are not known',
  );
  say(options.language.length > 1, 'language has no effect: the search service takes a single one');
  say(
    options.includeText.length + options.excludeText.length > 0,
    'include_text and exclude_text see the title and the snippet of a page only',
  );
  say(options.format === 'markdown', 'format has no effect: snippets are plain text');
  return notes;
}
