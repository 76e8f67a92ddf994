import { asString, type JsonObject } from '../core/json.js';

/** A page that a search found, as clients are shown it. Absent fields were not asked for or are not known. */
export interface FoundPage {
  title: string;
  url: string;
  highlights?: string | undefined;
  fullContent?: string | undefined;
  authors?: string | undefined;
  /** ISO 8601. */
  timePublished?: string | undefined;
  timeLastCrawled?: string | undefined;
  images?: readonly { url: string; description?: string | undefined }[] | undefined;
}

/** One search that the gateway ran for a model. */
export interface SearchRun {
  /** "srvtoolu_…". */
  id: string;
  /** As the model wrote it. */
  query: string;
  pages: readonly FoundPage[];
  /** The search did not work; it has no pages and costs nothing. */
  failed: boolean;
}

/** A place in an answer's text that refers to a page. */
export interface FoundCitation {
  page: FoundPage;
  /** The reference's stretch of the answer's text, in UTF-16 units. */
  start: number;
  end: number;
}

/** What a block of a replayed history tells of a search that the gateway once ran. */
export type SearchPiece =
  { kind: 'call'; id: string; query: string } | ({ kind: 'result' } & Omit<SearchRun, 'query'>);

/** How a protocol tells its clients of searches that the gateway ran, and reads that back. */
export interface SearchWords {
  /** The searches of one turn as blocks of this protocol; empty when it shows none of them. */
  blocks(runs: readonly SearchRun[]): JsonObject[];
  /** What a block of a replayed answer says of an earlier search; nothing when it is about something else. */
  read(block: JsonObject): SearchPiece[];
  citation(found: FoundCitation): JsonObject;
  /** The answer's text is one string, whatever stands between its pieces (Chat). */
  joinsText: boolean;
  /** In a stream, searches are shown before any text of the answer (statement 37). */
  searchesFirst: boolean;
}

/** A page in the fields of Octen's `search_results` and `web_search_result`. */
export function encodePage(page: FoundPage): JsonObject {
  const fields: [string, JsonObject[string]][] = [
    ['title', page.title],
    ['url', page.url],
    ['highlights', page.highlights],
    ['full_content', page.fullContent],
    ['authors', page.authors],
    ['time_published', page.timePublished],
    ['time_last_crawled', page.timeLastCrawled],
    [
      'images',
      page.images?.map(({ url, description }) =>
        description === undefined ? { url } : { url, description },
      ),
    ],
  ];
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

/** A page out of those fields, as a client sends it back. */
export const readPage = (raw: JsonObject): FoundPage => ({
  title: asString(raw['title']) ?? '',
  url: asString(raw['url']) ?? '',
  highlights: asString(raw['highlights']),
  fullContent: asString(raw['full_content']),
  authors: asString(raw['authors']),
  timePublished: asString(raw['time_published']),
  timeLastCrawled: asString(raw['time_last_crawled']),
});
