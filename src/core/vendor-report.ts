import { isObject, type JsonObject } from './json.js';
import { partsWithin, tokenCount, type ServiceTier, type TokenUsage } from './token-usage.js';

/** How vendors name the tiers they serve in: OpenAI, Anthropic, Groq, Gemini (`serviceTier`) and Vertex (`trafficType`). */
const TIERS: Readonly<Record<string, ServiceTier>> = {
  default: 'standard',
  standard: 'standard',
  on_demand: 'standard',
  scale: 'standard',
  provisioned_throughput: 'standard',
  flex: 'flex',
  on_demand_flex: 'flex',
  priority: 'priority',
  on_demand_priority: 'priority',
  batch: 'batch',
};

/** The tier a vendor says it served in; undefined when it says none, or one nobody knows. */
export const reportedTier = (value: unknown): ServiceTier | undefined =>
  typeof value === 'string' ? TIERS[value.toLowerCase()] : undefined;

/** Beyond this many dollars a figure is a fault of its sender. */
const MAX_DOLLARS = 1_000_000;
/** xAI counts in ticks of 1e-10 dollars (docs.x.ai, "cost_in_usd_ticks"). */
const TICKS_PER_NANO = 10;

/**
 * What a vendor says it takes for a call, in its `usage`: OpenRouter `cost` (dollars), Perplexity `cost.total_cost`, xAI
 * `cost_in_usd_ticks`. Nano dollars, rounded half up, as digits; undefined when it says nothing that can be.
 */
export function reportedCostNano(usage: Record<string, unknown>): string | undefined {
  const ticks = usage['cost_in_usd_ticks'];
  if (typeof ticks === 'number' && Number.isSafeInteger(ticks) && ticks >= 0)
    return Math.round(ticks / TICKS_PER_NANO).toString();
  const cost = isObject(usage['cost']) ? usage['cost']['total_cost'] : usage['cost'];
  const isAmount = typeof cost === 'number' && cost >= 0 && cost <= MAX_DOLLARS;
  if (!isAmount) return undefined;
  // A double has 15 digits: nano of less than a million dollars are among them.
  const [whole = '0', fraction = ''] = cost.toFixed(9).split('.');
  return BigInt(whole + fraction).toString();
}

/** Sound and images in OpenAI's details of the input, as parts of the input that no cache had. */
export function inputMedia(
  details: JsonObject,
  noCache: number | undefined,
): Pick<TokenUsage['input'], 'audio' | 'image'> {
  const [audio, image] = partsWithin(
    noCache,
    tokenCount(details['audio_tokens']),
    tokenCount(details['image_tokens']),
  );
  return { audio, image };
}

/** Sound in OpenAI's details of the output, as a part of all output. */
export function outputAudio(details: JsonObject, total: number | undefined): number | undefined {
  return partsWithin(total, tokenCount(details['audio_tokens']))[0];
}
