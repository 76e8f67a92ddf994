import type { JsonObject, JsonValue } from '../../core/json.js';
import { asObject } from '../../core/json.js';
import type { TokenUsage } from '../../core/token-usage.js';
import { inputTotal, tokenCount } from '../../core/token-usage.js';
import { inputMedia, outputAudio, reportedCostNano, reportedTier } from '../../core/vendor-report.js';
import type { ResponseIdentity } from '../protocol.js';
import { costMembers } from '../usage-cost.js';

/** The first of several spellings that holds a count. */
function firstCount(...values: unknown[]): number | undefined {
  for (const value of values) {
    const count = tokenCount(value);
    if (count !== undefined) return count;
  }
  return undefined;
}

/** Cached input: OpenAI in details, Moonshot at the top, DeepSeek as `prompt_cache_hit_tokens`. */
const cacheReads = (usage: JsonObject, details: JsonObject): number | undefined =>
  firstCount(details['cached_tokens'], usage['cached_tokens'], usage['prompt_cache_hit_tokens']);

/** Cache writes by lifetime; a write of unknown lifetime counts as five minutes (TokenUsage). */
function cacheWrites(
  usage: JsonObject,
  details: JsonObject,
): Pick<TokenUsage['input'], 'cacheWrite5m' | 'cacheWrite1h'> {
  const split = asObject(details['cache_creation']) ?? asObject(usage['cache_creation']) ?? {};
  const oneHour = firstCount(details['cache_write_1h_tokens'], split['ephemeral_1h_input_tokens']);
  const fiveMinutes = firstCount(details['cache_write_5m_tokens'], split['ephemeral_5m_input_tokens']);
  const total = firstCount(
    details['cache_write_tokens'],
    details['cache_creation_input_tokens'],
    details['cache_creation_tokens'],
    details['created_cache_tokens'],
    usage['cache_creation_input_tokens'],
  );
  const rest = total === undefined ? undefined : Math.max(0, total - (oneHour ?? 0));
  return { cacheWrite5m: fiveMinutes ?? rest, cacheWrite1h: oneHour };
}

/**
 * Chat usage in classes that do not overlap. `prompt_tokens` includes what was read from or written to a cache
 * and `completion_tokens` includes reasoning (OpenAI); xAI leaves reasoning out of `completion_tokens`, which
 * shows in its `total_tokens`. `tier`: the answer's `service_tier`.
 */
export function decodeUsage(usage: JsonObject, tier?: unknown): TokenUsage {
  const inputDetails = asObject(usage['prompt_tokens_details']) ?? {};
  const outputDetails = asObject(usage['completion_tokens_details']) ?? {};
  const prompt = tokenCount(usage['prompt_tokens']);
  const cacheRead = cacheReads(usage, inputDetails);
  const { cacheWrite5m, cacheWrite1h } = cacheWrites(usage, inputDetails);
  const cached = (cacheRead ?? 0) + (cacheWrite5m ?? 0) + (cacheWrite1h ?? 0);
  // A part cannot exceed its whole: such a vendor counts the cache beside prompt_tokens, not inside it.
  const noCache = prompt === undefined || cached > prompt ? prompt : prompt - cached;
  const completion = tokenCount(usage['completion_tokens']);
  const reasoning = firstCount(outputDetails['reasoning_tokens'], usage['reasoning_tokens']);
  const total = outputTotal(usage, prompt, completion, reasoning);
  const { audio, image } = inputMedia(inputDetails, noCache);
  return {
    input: { noCache, cacheRead, cacheWrite5m, cacheWrite1h, audio, image },
    output: { total, reasoning, audio: outputAudio(outputDetails, total) },
    searches: tokenCount(usage['num_search_queries']),
    serviceTier: reportedTier(tier ?? usage['service_tier']),
    vendorCostNano: reportedCostNano(usage),
  };
}

function outputTotal(
  usage: JsonObject,
  prompt: number | undefined,
  completion: number | undefined,
  reasoning: number | undefined,
): number | undefined {
  if (completion === undefined || !reasoning) return completion;
  const sum = (prompt ?? 0) + completion + reasoning;
  return reasoning > completion || tokenCount(usage['total_tokens']) === sum
    ? completion + reasoning
    : completion;
}

/** True when a usage says nothing at all. */
export const isUnreported = (usage: TokenUsage): boolean =>
  inputTotal(usage) === undefined && usage.output.total === undefined;

function inputDetailsOf({
  cacheRead,
  cacheWrite5m,
  cacheWrite1h,
}: TokenUsage['input']): JsonObject | undefined {
  if (!cacheRead && !cacheWrite5m && !cacheWrite1h) return undefined;
  const details: JsonObject = { cached_tokens: cacheRead ?? 0 };
  if (cacheWrite5m || cacheWrite1h) {
    details['cache_write_tokens'] = (cacheWrite5m ?? 0) + (cacheWrite1h ?? 0);
    details['cache_write_5m_tokens'] = cacheWrite5m ?? 0;
    details['cache_write_1h_tokens'] = cacheWrite1h ?? 0;
  }
  return details;
}

/**
 * The `usage` object of an answer; null when the upstream reported nothing. Cache details appear only on cache
 * activity, searches only when one ran, the cost as the caller's profile shows it: amounts have at most nine decimals, so
 * a JSON number prints as the decimal text it was made from.
 */
export function encodeUsage(usage: TokenUsage, identity: ResponseIdentity): JsonObject | null {
  if (isUnreported(usage)) return null;
  const prompt = inputTotal(usage) ?? 0;
  const completion = usage.output.total ?? 0;
  const { reasoning } = usage.output;
  const details = inputDetailsOf(usage.input);
  const encoded: JsonObject = {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  };
  if (usage.searches) encoded['num_search_queries'] = usage.searches;
  if (usage.fullContentExtra !== undefined) encoded['full_content_extra_count'] = usage.fullContentExtra;
  if (details) encoded['prompt_tokens_details'] = details;
  if (reasoning !== undefined) encoded['completion_tokens_details'] = { reasoning_tokens: reasoning };
  const costs = costMembers(usage, identity);
  for (const name in costs) encoded[name] = JSON.parse(costs[name] as string) as JsonValue;
  return encoded;
}
