import { asObject, type JsonObject, type JsonValue } from '../../core/json.js';
import { inputTotal, tokenCount, type TokenUsage } from '../../core/token-usage.js';
import { reportedCostNano, reportedTier } from '../../core/vendor-report.js';
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
  const output = tokenCount(usage['output_tokens']);
  const reasoning = tokenCount(asObject(usage['output_tokens_details'])?.['reasoning_tokens']);
  const isBeside = output !== undefined && reasoning !== undefined && reasoning > output;
  return {
    input: { noCache, cacheRead, cacheWrite5m, cacheWrite1h },
    output: { total: isBeside ? output + reasoning : output, reasoning },
    searches: tokenCount(usage['num_search_queries']),
    serviceTier: reportedTier(tier),
    vendorCostNano: reportedCostNano(usage),
  };
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
