import { encodePage, type SearchWords } from '../search-words.js';

/** `type` of the chunk, and of the inner block, that tells of searches (Octen). */
export const SEARCH_DONE = 'search_done';

/**
 * Searches in Octen's Chat: groups of results by query (statement 51), in a chunk of their own or beside the choices. A
 * search that failed is no group. Chat clients replay no searches.
 */
export const search: SearchWords = {
  blocks: (runs) => {
    const groups = runs
      .filter(({ failed }) => !failed)
      .map(({ query, pages }) => ({ query, results: pages.map(encodePage) }));
    return groups.length === 0 ? [] : [{ type: SEARCH_DONE, search_results: groups }];
  },
  read: () => [],
  citation: ({ page, start, end }) => ({
    type: 'url_citation',
    url_citation: { url: page.url, title: page.title, start_index: start, end_index: end },
  }),
  joinsText: true,
  searchesFirst: true,
};
