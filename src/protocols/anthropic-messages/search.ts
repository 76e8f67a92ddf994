import { asArray, asObject, asString, isObject, type JsonObject } from '../../core/json.js';
import {
  encodePage,
  readPage,
  type FoundPage,
  type SearchPiece,
  type SearchRun,
  type SearchWords,
} from '../search-words.js';

/** Name of the gateway's own search tool; calls of any other name, and the results that answer them, are the vendor's. */
const SEARCH_TOOL = 'octen_search';
/** Longest quotation in a citation (Anthropic API, "Web search tool": up to 150 characters). */
const MAX_QUOTE = 150;

/**
 * Searches as Messages blocks (statement 56). Beside the fields of Octen's a result has the two that Anthropic's own
 * have and SDKs require: `encrypted_content`, here empty, and `page_age`.
 */
export const search: SearchWords = {
  blocks: (runs) => runs.flatMap(encodeRun),
  read: readPiece,
  citation: ({ page }) => ({
    type: 'web_search_result_location',
    url: page.url,
    title: page.title,
    cited_text: quoteOf(page),
    encrypted_index: '',
  }),
  joinsText: false,
  searchesFirst: false,
};

function encodeRun({ id, query, pages, failed }: SearchRun): JsonObject[] {
  const found = pages.map((page): JsonObject => ({
    type: 'web_search_result',
    ...encodePage(page),
    encrypted_content: '',
    page_age: page.timePublished ?? null,
  }));
  const error: JsonObject = { type: 'web_search_tool_result_error', error_code: 'unavailable' };
  return [
    { type: 'server_tool_use', id, name: SEARCH_TOOL, input: { query } },
    { type: 'web_search_tool_result', tool_use_id: id, content: failed ? error : found },
  ];
}

function readPiece(block: JsonObject): SearchPiece[] {
  if (block['type'] === 'server_tool_use') {
    const id = asString(block['id']);
    if (block['name'] !== SEARCH_TOOL || id === undefined) return [];
    return [{ kind: 'call', id, query: asString(asObject(block['input'])?.['query']) ?? '' }];
  }
  const id = asString(block['tool_use_id']);
  if (block['type'] !== 'web_search_tool_result' || id === undefined) return [];
  const pages = asArray(block['content']).filter(isObject).map(readPage);
  return [{ kind: 'result', id, pages, failed: !Array.isArray(block['content']) }];
}

const quoteOf = (page: FoundPage): string =>
  Array.from(page.highlights ?? page.fullContent ?? '')
    .slice(0, MAX_QUOTE)
    .join('');
