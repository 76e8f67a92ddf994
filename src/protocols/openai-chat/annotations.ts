import type { JsonObject, JsonValue } from '../../core/json.js';
import { asString, isObject } from '../../core/json.js';

/** The stretch of the answer's text that a citation belongs to, in UTF-16 units. */
export interface CitedSpan {
  start: number;
  end: number;
}

/**
 * A citation as Chat's `url_citation` annotation: OpenAI's own kept as it is, Anthropic's web search citation
 * translated. Undefined for citations that name no URL.
 */
export function encodeCitation(citation: JsonValue, span: CitedSpan): JsonObject | undefined {
  if (!isObject(citation)) return undefined;
  if (citation['type'] === 'url_citation') return citation;
  const url = asString(citation['url']);
  if (url === undefined) return undefined;
  const title = asString(citation['title']) ?? '';
  return { type: 'url_citation', url_citation: { url, title, start_index: span.start, end_index: span.end } };
}
