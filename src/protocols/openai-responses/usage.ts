import { asArray, asObject, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import { inputTotal, tokenCount, type TokenUsage } from '../../core/token-usage.js';
import { inputMedia, outputAudio, reportedCostNano, reportedTier } from '../../core/vendor-report.js';
import { isUnreported } from '../openai-chat/usage.js';
import type { ResponseIdentity } from '../protocol.js';
import { costMembers } from '../usage-cost.js';

/**
 * Responses usage in classes that do not overlap. `input_tokens` includes what was read from or written to a cache,
 * `output_tokens` includes reasoning (mapping rows 62 to 64). `tier`: the answer's `service_tier`.
 */
export function decodeUsage(usage: JsonObject, tier?: unknown): TokenUsage {
  const details = asObject(usage['input_tokens_details']) ?? {};
  const input = tokenCount(usage['input_tokens']);
  const cacheRead = tokenCount(details['cached_tokens']);
  const cacheWrite1h = tokenCount(details['cache_write_1h_tokens']);
  const written = tokenCount(details['cache_write_tokens']);
  const rest = written === undefined ? undefined : Math.max(0, written - (cacheWrite1h ?? 0));
  const cacheWrite5m = tokenCount(details['cache_write_5m_tokens']) ?? rest;
  const cached = (cacheRead ?? 0) + (cacheWrite5m ?? 0) + (cacheWrite1h ?? 0);
  // A part cannot exceed its whole: such a vendor counts the cache beside input_tokens, not inside it.
  const noCache = input === undefined || cached > input ? input : input - cached;
  const { audio, image } = inputMedia(details, noCache);
  return {
    input: { noCache, cacheRead, cacheWrite5m, cacheWrite1h, audio, image },
    output: decodeOutput(usage),
    searches: reportedSearches(usage),
    serviceTier: reportedTier(tier),
    vendorCostNano: reportedCostNano(usage),
  };
}

function decodeOutput(usage: JsonObject): TokenUsage['output'] {
  const details = asObject(usage['output_tokens_details']) ?? {};
  const output = tokenCount(usage['output_tokens']);
  const reasoning = tokenCount(details['reasoning_tokens']);
  const isBeside = output !== undefined && reasoning !== undefined && reasoning > output;
  const total = isBeside ? output + reasoning : output;
  return { total, reasoning, audio: outputAudio(details, total) };
}

/** Searches as an upstream counts them: a gateway like this one, and xAI, which shows searches on X as items of its web search. */
const reportedSearches = (usage: JsonObject): number | undefined =>
  tokenCount(usage['num_search_queries']) ??
  tokenCount(asObject(usage['server_side_tool_usage_details'])?.['web_search_calls']);

/**
 * Whether an item of an answer is a web search that its vendor ran and takes money for: to open a page and to look into one
 * is none (platform.openai.com/docs/guides/tools-web-search).
 */
export const isSearch = (item: JsonObject): boolean =>
  item['type'] === 'web_search_call' && (asObject(item['action'])?.['type'] ?? 'search') === 'search';

/**
 * The usage of a response, with its searches: those that its upstream counts, else those among its items. `seen`: how many
 * its stream showed, for an upstream whose last event repeats no items.
 */
export function usageOf(response: JsonObject, seen = 0): TokenUsage {
  const usage = decodeUsage(asObject(response['usage']) ?? {}, response['service_tier']);
  const shown = asArray(response['output']).filter(isObject).filter(isSearch).length || seen;
  return { ...usage, searches: usage.searches ?? (shown > 0 ? shown : undefined) };
}

/** The `usage` object of an answer; null when the upstream reported nothing. SDKs require both details. */
export function encodeUsage(usage: TokenUsage, identity: ResponseIdentity): JsonObject | null {
  if (isUnreported(usage)) return null;
  const { cacheRead = 0, cacheWrite5m = 0, cacheWrite1h = 0 } = usage.input;
  const written = cacheWrite5m + cacheWrite1h;
  const input = inputTotal(usage) ?? 0;
  const output = usage.output.total ?? 0;
  const split = { cache_write_5m_tokens: cacheWrite5m, cache_write_1h_tokens: cacheWrite1h };
  const costs = Object.entries(costMembers(usage, identity)).map(
    ([name, text]) => [name, JSON.parse(text) as JsonValue] as const,
  );
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: cacheRead,
      cache_write_tokens: written,
      ...(written > 0 ? split : {}),
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.output.reasoning ?? 0 },
    total_tokens: input + output,
    ...(usage.searches ? { num_search_queries: usage.searches } : {}),
    ...(usage.fullContentExtra === undefined ? {} : { full_content_extra_count: usage.fullContentExtra }),
    ...Object.fromEntries(costs),
  };
}
