import { invalidRequest } from '../../core/errors.js';
import type { CompletionRequest } from '../../protocols/completion.js';
import type { Protocol } from '../../protocols/protocol.js';
import type { FoundPage } from '../../protocols/search-words.js';
import { maxResultBytes } from '../../search/render-results.js';
import {
  findSearch,
  isSearchTool,
  SEARCH_TOOL,
  type SearchDeclaration,
} from '../../search/search-declaration.js';
import { FREE_FULL_CONTENT } from '../../search/search-options.js';
import { replaySearches } from './search-history.js';
import { SEARCH_FUNCTION } from './search-loop.js';

/** A request with all that is to be known of its searches. */
export interface SearchSetup {
  /** The request with earlier searches of its history put the way upstreams understand. */
  asked: CompletionRequest;
  /** The search tool as it is offered; absent: there is none, or the caller's choice forbids its use. */
  search?: OfferedSearch | undefined;
}

export interface OfferedSearch extends SearchDeclaration {
  /** The caller forces a search, so there must be one. */
  isForced: boolean;
  knownPages: readonly FoundPage[];
}

/**
 * Reads the search tool of a request. Throws invalid_request naming the field: a parameter out of its bounds (statement
 * 58), several answers at once, a protocol that has no words for searches.
 */
export function setUpSearch(asked: CompletionRequest, client: Protocol): SearchSetup {
  const declaration = findSearch(asked.tools);
  const words = client.search;
  if (declaration === undefined) {
    return { asked: words ? replaySearches(asked, words, false).request : asked };
  }
  if (!words) {
    throw invalidRequest(
      `${declaration.path}: ${SEARCH_TOOL} does not exist on this route`,
      declaration.path,
    );
  }
  if ((asked.choiceCount ?? 1) > 1) throw invalidRequest(`n must be 1 beside ${SEARCH_TOOL}`, 'n');
  const isOffered = asked.toolChoice?.kind !== 'none';
  const { request, pages } = replaySearches(asked, words, isOffered);
  if (!isOffered) return { asked: withoutSearch(request) };
  const isForced = asked.toolChoice?.kind === 'tool' && asked.toolChoice.name === SEARCH_TOOL;
  return { asked: request, search: { ...declaration, isForced, knownPages: pages } };
}

/** Statement 54: a choice of none prevents every search, so the tool need not be told of. */
export function withoutSearch(asked: CompletionRequest): CompletionRequest {
  const tools = (asked.tools ?? []).filter((tool) => !isSearchTool(tool));
  if (tools.length > 0) return { ...asked, tools, replacesTools: true };
  const { tools: _, toolChoice: __, parallelToolCalls: ___, ...rest } = asked;
  return { ...rest, replacesTools: true };
}

/** What a call with searches may take beyond one upstream call of its own. */
export interface SearchExtent {
  upstreamCalls: number;
  addedInputTokens: number;
  ownSearches: number;
  ownFullContent: number;
  sharesOutput: boolean;
}

/** Bytes that a call and its result take in a history beside the query and the results. */
const CALL_BYTES = 700;

/**
 * The most that so many searches can take. Every search is followed by one more upstream call, which reads all results
 * and all output before it; a token is never less than a byte of text.
 */
export function searchExtent(
  { options }: SearchDeclaration,
  searches: number,
  outputLimit: number,
): SearchExtent {
  const perSearch = maxResultBytes(options) + CALL_BYTES;
  const readings = (searches * (searches + 1)) / 2;
  const definition = Buffer.byteLength(JSON.stringify(SEARCH_FUNCTION));
  const paid = options.fullContent.enable ? Math.max(0, options.count - FREE_FULL_CONTENT) : 0;
  // Outputs of earlier calls are read again by later ones; together they are within the limit.
  return {
    upstreamCalls: searches + 1,
    addedInputTokens: perSearch * readings + outputLimit * searches + definition * (searches + 1),
    ownSearches: searches,
    ownFullContent: paid * searches,
    sharesOutput: true,
  };
}
