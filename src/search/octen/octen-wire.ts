import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import { SearchFailure, type SearchResult } from '../search-backend.js';
import type { SearchPlan } from '../search-plan.js';

/** The body of `POST /search` (docs.octen.ai `/api-reference/search`, as stored on 2026-10-07). */
export function octenRequest(plan: SearchPlan): JsonObject {
  const { startTime, endTime } = plan;
  const isFixed = startTime !== undefined || endTime !== undefined;
  const list = (name: string, items: readonly string[]): JsonObject =>
    items.length === 0 ? {} : { [name]: [...items] };
  return {
    // A query of operators alone has no words; the operators are then its query.
    query: plan.words === '' ? plan.asked : plan.words,
    count: plan.count,
    ...list('include_domains', plan.includeDomains),
    ...list('exclude_domains', plan.excludeDomains),
    ...list('include_text', plan.includeText),
    ...list('exclude_text', plan.excludeText),
    time_basis: plan.timeBasis,
    ...(!isFixed && plan.timeRange !== undefined ? { time_range: plan.timeRange } : {}),
    ...(startTime === undefined ? {} : { start_time: startTime }),
    ...(endTime === undefined ? {} : { end_time: endTime }),
    ...list('language', plan.language),
    highlight: { enable: plan.highlight.enable, max_tokens: plan.highlight.maxTokens },
    full_content: { enable: plan.fullContent.enable, max_tokens: plan.fullContent.maxTokens },
    format: plan.format,
    safesearch: plan.safesearch,
    include_images: plan.includeImages,
  };
}

/** The results of an answer. Throws SearchFailure when it reports a failure or is none of Octen's. */
export function octenResults(answer: JsonValue): SearchResult[] {
  const body = asObject(answer);
  const results = asObject(body?.['data'])?.['results'];
  if (body?.['code'] !== 0 || !Array.isArray(results)) {
    // Its message may repeat what was searched for.
    throw new SearchFailure(`octen answered code ${Number(body?.['code'])}`);
  }
  return asArray(results).filter(isObject).flatMap(toResult);
}

function toResult(raw: JsonObject): SearchResult[] {
  const url = asString(raw['url']);
  if (url === undefined) return [];
  const images = [asObject(raw['cover_image']), ...asArray(raw['images']).filter(isObject)].flatMap(
    (image) => {
      const source = asString(image?.['url']);
      return source === undefined ? [] : [{ url: source, description: asString(image?.['description']) }];
    },
  );
  return [
    {
      title: asString(raw['title']) ?? '',
      url,
      // The native endpoint says `highlight`, the chat protocols `highlights`.
      highlights: asString(raw['highlight']) ?? asString(raw['highlights']),
      fullContent: asString(raw['full_content']),
      authors: asString(raw['authors']),
      timePublished: asString(raw['time_published']),
      timeLastCrawled: asString(raw['time_last_crawled']),
      images: images.length === 0 ? undefined : images,
    },
  ];
}
