import { asArray, asObject, isObject, type JsonObject } from '../../core/json.js';
import { mergeUsage, tokenCount, type TokenUsage } from '../../core/token-usage.js';
import { reportedCostNano, reportedTier } from '../../core/vendor-report.js';
import { compact } from './wire.js';

/**
 * Anthropic's `usage` object. `input_tokens` leaves out what was read from or written to the prompt cache; the three
 * add up to the whole input. `output_tokens` includes thinking.
 * `earlier` is what the same answer reported before: `message_delta` gives cache writes without their split by lifetime,
 * so the split known from `message_start` is kept and the two classes never count a token twice.
 * Passes that compacted the context are billed and stand in `iterations` alone, so they are added
 * (platform.claude.com/docs/en/build-with-claude/compaction, "Understanding usage"); an advisor's are another model's.
 */
export function decodeUsage(raw: JsonObject, earlier?: TokenUsage): TokenUsage {
  const compactions = asArray(raw['iterations'])
    .filter(isObject)
    .filter(({ type }) => type === 'compaction');
  const usage = decodePass(raw, earlier);
  return compactions.reduce<TokenUsage>((sum, pass) => addPass(sum, decodePass(pass)), usage);
}

/** The counts of one pass of the model. */
function decodePass(raw: JsonObject, earlier?: TokenUsage): TokenUsage {
  const split = asObject(raw['cache_creation']);
  return {
    input: {
      noCache: tokenCount(raw['input_tokens']),
      cacheRead: tokenCount(raw['cache_read_input_tokens']),
      ...cacheWrites(tokenCount(raw['cache_creation_input_tokens']), split, earlier),
    },
    output: {
      total: tokenCount(raw['output_tokens']),
      reasoning: tokenCount(asObject(raw['output_tokens_details'])?.['thinking_tokens']),
    },
    searches: tokenCount(asObject(raw['server_tool_use'])?.['web_search_requests']),
    serviceTier: reportedTier(raw['service_tier']),
    vendorCostNano: reportedCostNano(raw),
  };
}

const plus = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);

function addPass(sum: TokenUsage, pass: TokenUsage): TokenUsage {
  const { input, output } = sum;
  return {
    ...sum,
    input: {
      noCache: plus(input.noCache, pass.input.noCache),
      cacheRead: plus(input.cacheRead, pass.input.cacheRead),
      cacheWrite5m: plus(input.cacheWrite5m, pass.input.cacheWrite5m),
      cacheWrite1h: plus(input.cacheWrite1h, pass.input.cacheWrite1h),
    },
    output: { ...output, total: plus(output.total, pass.output.total) },
  };
}

type CacheWrites = Pick<TokenUsage['input'], 'cacheWrite5m' | 'cacheWrite1h'>;

function cacheWrites(
  total: number | undefined,
  split: JsonObject | undefined,
  earlier: TokenUsage | undefined,
): CacheWrites {
  const short = tokenCount(split?.['ephemeral_5m_input_tokens']);
  const long = tokenCount(split?.['ephemeral_1h_input_tokens']);
  if (short !== undefined || long !== undefined) {
    const known = (short ?? 0) + (long ?? 0);
    // A total above its split is of unknown lifetime: the shorter, cheaper one.
    const rest = Math.max(0, (total ?? known) - known);
    return { cacheWrite5m: (short ?? 0) + rest, cacheWrite1h: long };
  }
  const longBefore = earlier?.input.cacheWrite1h ?? 0;
  if (total === undefined || longBefore === 0) return { cacheWrite5m: total };
  const onlyLong = (earlier?.input.cacheWrite5m ?? 0) === 0;
  const keptLong = onlyLong ? total : Math.min(longBefore, total);
  return { cacheWrite5m: total - keptLong, cacheWrite1h: keptLong };
}

/** Input counts known when a stream starts; its output count is provisional and left out. */
export function decodeStartUsage(raw: JsonObject): TokenUsage {
  const { input, searches, serviceTier } = decodeUsage(raw);
  return { input, output: {}, searches, serviceTier };
}

/** Folds a cumulative report of the same answer over what was known: the later figure of each class wins. */
export const foldUsage = (known: TokenUsage, raw: JsonObject): TokenUsage =>
  mergeUsage(known, decodeUsage(raw, known));

/**
 * Usage → Anthropic's object. Cache, thinking and search members appear only when there is something to say;
 * `input_tokens` and `output_tokens` must be present for the vendor's SDKs and are 0 when not reported.
 */
export function encodeUsage(usage: TokenUsage): JsonObject {
  const { noCache, cacheRead = 0, cacheWrite5m = 0, cacheWrite1h = 0 } = usage.input;
  const written = cacheWrite5m + cacheWrite1h;
  const reasoning = usage.output.reasoning;
  const split = { ephemeral_5m_input_tokens: cacheWrite5m, ephemeral_1h_input_tokens: cacheWrite1h };
  return compact<JsonObject>({
    input_tokens: noCache ?? 0,
    cache_creation_input_tokens: written > 0 ? written : undefined,
    cache_read_input_tokens: cacheRead > 0 ? cacheRead : undefined,
    cache_creation: written > 0 ? split : undefined,
    output_tokens: usage.output.total ?? 0,
    output_tokens_details: reasoning === undefined ? undefined : { thinking_tokens: reasoning },
    server_tool_use: usage.searches ? { web_search_requests: usage.searches } : undefined,
    full_content_extra_count: usage.fullContentExtra,
  });
}
