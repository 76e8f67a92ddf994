/** What a caller may set on `octen_search` (docs.octen.ai `/search`), and the defaults. */

/** Whether a results' publication or its last crawl is what a time filter looks at. */
export type TimeBasis = 'auto' | 'published' | 'crawled';

/** A window that ends now. */
export type TimeRange = 'day' | 'week' | 'month' | 'year';

/** A part of every result that may be asked for, and its largest size. */
export interface ExcerptOptions {
  enable: boolean;
  /** Tokens a result's excerpt may have at most. */
  maxTokens: number;
}

export interface SearchOptions {
  /** Searches one request may run, those that fail included. */
  maxSearches: number;
  /** Results of one search. */
  count: number;
  /** Only pages of these domains and what is below them; empty: of all. */
  includeDomains: string[];
  /** No pages of these domains and what is below them; wins over `includeDomains` (statement 59). */
  excludeDomains: string[];
  /** Every one of these must stand in the page. */
  includeText: string[];
  /** None of these may stand in the page. */
  excludeText: string[];
  timeBasis: TimeBasis;
  /** Loses to `startTime` and `endTime` (statement 59). */
  timeRange?: TimeRange | undefined;
  /** ISO 8601. */
  startTime?: string | undefined;
  endTime?: string | undefined;
  /** ISO 639-1; empty: any language. */
  language: string[];
  highlight: ExcerptOptions;
  fullContent: ExcerptOptions;
  /** How highlights are written. */
  format: 'text' | 'markdown';
  /** `strict` leaves out all adult content. */
  safesearch: 'strict' | 'off';
  includeImages: boolean;
}

/** Languages a search can be restricted to. */
export const SEARCH_LANGUAGES = [
  'ar',
  'de',
  'en',
  'es',
  'fr',
  'hi',
  'id',
  'it',
  'ja',
  'ko',
  'nl',
  'pl',
  'pt',
  'ru',
  'th',
  'tr',
  'vi',
  'zh',
] as const;

/** Bounds of the parameters, inclusive (statement 58). */
export const SEARCH_LIMITS = {
  /** Octen names no upper bound; each search is another call of the model. */
  maxSearches: { min: 1, max: 20 },
  count: { min: 1, max: 100 },
  domains: { items: 1_200, chars: 60 },
  texts: { items: 5, chars: 30 },
  highlightTokens: { min: 100, max: 20_000 },
  fullContentTokens: { min: 100, max: 100_000 },
  /** Characters of a query; what is longer is cut. */
  queryChars: 500,
} as const;

/** Full-content results of one search that cost nothing (statement 57). */
export const FREE_FULL_CONTENT = 10;

/** A search as it is when its declaration says nothing (statement 48). */
export const DEFAULT_SEARCH: Readonly<SearchOptions> = {
  maxSearches: 5,
  count: 5,
  includeDomains: [],
  excludeDomains: [],
  includeText: [],
  excludeText: [],
  timeBasis: 'auto',
  language: [],
  highlight: { enable: true, maxTokens: 512 },
  fullContent: { enable: false, maxTokens: 2_048 },
  format: 'text',
  safesearch: 'strict',
  includeImages: false,
};
