import { asArray, asObject, asString, isObject, type JsonObject } from '../../core/json.js';
import { encodePage, readPage, type SearchPiece, type SearchRun, type SearchWords } from '../search-words.js';

/** Ids of our own items: a vendor's web searches carry no results and are left to it. */
const ID_PREFIX = 'ws_';

/**
 * Searches in OpenAI's own idiom, `web_search_call` items. Beside its members ours has the `results`, so that a client that
 * sends the item back brings them along; the API keeps no state.
 */
export const search: SearchWords = {
  blocks: (runs) => runs.map(encodeRun),
  read: readPieces,
  citation: ({ page, start, end }) => ({
    type: 'url_citation',
    url_citation: { url: page.url, title: page.title, start_index: start, end_index: end },
  }),
  joinsText: false,
  searchesFirst: false,
};

const encodeRun = ({ id, query, pages, failed }: SearchRun): JsonObject => ({
  id: `${ID_PREFIX}${id.replace(/^srvtoolu_/, '')}`,
  type: 'web_search_call',
  status: failed ? 'failed' : 'completed',
  action: { type: 'search', query, sources: pages.map(({ url }) => ({ type: 'url', url })) },
  results: pages.map(encodePage),
});

function readPieces(item: JsonObject): SearchPiece[] {
  const id = asString(item['id']);
  if (item['type'] !== 'web_search_call' || id === undefined || !Array.isArray(item['results'])) return [];
  const query = asString(asObject(item['action'])?.['query']) ?? '';
  const pages = asArray(item['results']).filter(isObject).map(readPage);
  return [
    { kind: 'call', id, query },
    { kind: 'result', id, pages, failed: item['status'] === 'failed' },
  ];
}
