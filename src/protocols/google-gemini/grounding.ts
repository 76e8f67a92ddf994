import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import { candidateIndex } from './candidates.js';
import { generationOf } from './generation.js';

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

/**
 * Counts the searches that Google ran for one answer, as it takes money for them: each different query, empty ones aside, and
 * before generation 3 one for the whole prompt (ai.google.dev/gemini-api/docs/google-search). In a stream the last queries that
 * a candidate names are its queries.
 */
export class GroundedSearches {
  /** Different queries of each candidate. */
  private readonly counts = new Map<number, number>();
  private model = '';

  /** Takes note of a whole answer, or of one chunk of it. */
  note(answer: JsonObject): void {
    this.model = asString(answer['modelVersion']) ?? this.model;
    for (const candidate of asArray(answer['candidates']).filter(isObject)) {
      const grounding = asObject(candidate['groundingMetadata']);
      if (grounding === undefined) continue;
      const index = candidateIndex(candidate);
      const queries = grounding['webSearchQueries'];
      const asked = asArray(queries).filter((query) => asString(query)?.trim());
      if (Array.isArray(queries) || !this.counts.has(index)) this.counts.set(index, new Set(asked).size);
    }
  }

  /** Undefined when nothing was grounded. */
  get count(): number | undefined {
    if (this.counts.size === 0) return undefined;
    const queries = [...this.counts.values()].reduce((sum, count) => sum + count, 0);
    return generationOf(this.model).paidBySearch ? queries : Math.min(queries, 1);
  }
}
