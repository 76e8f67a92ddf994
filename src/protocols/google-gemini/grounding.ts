import { asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';

/**
 * Cited pages as Google lists the sources of an answer (`GroundingMetadata` in @google/genai), each once. Where in the text they
 * are cited is not said: Google counts bytes of a part, others characters of a text. Undefined when no page is cited.
 */
export function encodeGrounding(citations: readonly JsonValue[]): JsonObject | undefined {
  const titles = new Map<string, string>();
  for (const citation of citations) {
    if (!isObject(citation)) continue;
    const { url_citation: inner } = citation;
    const cited = isObject(inner) ? inner : citation;
    const url = asString(cited['url']);
    if (url !== undefined && !titles.has(url)) titles.set(url, asString(cited['title']) ?? url);
  }
  if (titles.size === 0) return undefined;
  return { groundingChunks: [...titles].map(([uri, title]) => ({ web: { uri, title } })) };
}
