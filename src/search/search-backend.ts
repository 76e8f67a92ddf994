import type { SearchOptions } from './search-options.js';
import type { SearchPlan } from './search-plan.js';

/** A page that a search found. Texts are data of strangers: shown, never followed. */
export interface SearchResult {
  title: string;
  url: string;
  /** Passages that match the query; absent when highlights were not asked for. */
  highlights?: string | undefined;
  /** The page's text; absent when full content was not asked for or the backend has none. */
  fullContent?: string | undefined;
  /** Site name or author; absent: not known. */
  authors?: string | undefined;
  /** ISO 8601; absent: not known. */
  timePublished?: string | undefined;
  timeLastCrawled?: string | undefined;
  /** Absent: none were asked for, or the backend has none. */
  images?: readonly { url: string; description?: string | undefined }[] | undefined;
}

/** The backend could not search; nothing is charged for that. The message is for the log, never for callers. */
export class SearchFailure extends Error {
  override readonly name = 'SearchFailure';
}

/** Who searches: Octen, a SearXNG instance, or the documents in our own database. */
export abstract class SearchBackend {
  /** The backend's name in logs and notes: "octen", "searxng", "embedded". */
  abstract readonly name: string;

  /** What of these options the backend cannot honour, or not in full, in words for the caller; empty: all of them. */
  abstract shortcomings(options: SearchOptions): string[];

  /**
   * Results in order of relevance, at most `plan.count`, filtered as the plan says. Throws SearchFailure; rejects at
   * once when `signal` is aborted.
   */
  abstract search(plan: SearchPlan, signal: AbortSignal): Promise<SearchResult[]>;
}
