import { asArray, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import { inputTotal, partsWithin, tokenCount, type TokenUsage } from '../../core/token-usage.js';
import { reportedTier } from '../../core/vendor-report.js';
import type { ResponseIdentity } from '../protocol.js';
import { costMembers } from '../usage-cost.js';
import { compact } from './wire.js';

/**
 * `usageMetadata` in classes that do not overlap. `promptTokenCount` includes cached tokens and leaves out those of the
 * server tools' own prompts; `candidatesTokenCount` leaves out thoughts, and is missing in first chunks and in answers
 * that are all thought, where `totalTokenCount` tells it.
 */
export function decodeUsage(raw: JsonObject): TokenUsage {
  const prompt = tokenCount(raw['promptTokenCount']);
  const toolPrompt = tokenCount(raw['toolUsePromptTokenCount']) ?? 0;
  const cacheRead = tokenCount(raw['cachedContentTokenCount']);
  const reasoning = tokenCount(raw['thoughtsTokenCount']);
  const noCache = prompt === undefined ? undefined : Math.max(0, prompt - (cacheRead ?? 0)) + toolPrompt;
  const total = outputTotal(raw, (prompt ?? 0) + toolPrompt, reasoning);
  const [audio, image] = partsWithin(noCache, ...['AUDIO', 'IMAGE'].map((name) => uncached(raw, name)));
  const [spoken] = partsWithin(total, tokensOf(raw['candidatesTokensDetails'], 'AUDIO'));
  return {
    input: { noCache, cacheRead, audio, image },
    output: { total, reasoning, audio: spoken },
    serviceTier: reportedTier(raw['serviceTier'] ?? raw['trafficType']),
  };
}

/** Prompt tokens of a modality that no cache had. */
function uncached(raw: JsonObject, modality: string): number | undefined {
  const all = tokensOf(raw['promptTokensDetails'], modality);
  const cached = tokensOf(raw['cacheTokensDetails'], modality) ?? 0;
  return all === undefined ? undefined : Math.max(0, all - cached);
}

/** Tokens of a modality; undefined when its list does not name it. */
function tokensOf(details: JsonValue | undefined, modality: string): number | undefined {
  const named = asArray(details)
    .filter(isObject)
    .find((one) => one['modality'] === modality);
  return tokenCount(named?.['tokenCount']);
}

function outputTotal(raw: JsonObject, input: number, reasoning: number | undefined): number | undefined {
  const candidates = tokenCount(raw['candidatesTokenCount']);
  if (candidates !== undefined) return candidates + (reasoning ?? 0);
  const total = tokenCount(raw['totalTokenCount']);
  if (total === undefined) return reasoning;
  return Math.max(reasoning ?? 0, total - input);
}

/** True when a usage says nothing: Vertex sends `trafficType` alone on most chunks. */
export const isUnreported = (usage: TokenUsage): boolean =>
  inputTotal(usage) === undefined && usage.output.total === undefined;

/** Usage → `usageMetadata`, with the price as the caller's profile shows it; undefined when nothing was reported. */
export function encodeUsage(usage: TokenUsage, identity: ResponseIdentity): JsonObject | undefined {
  if (isUnreported(usage)) return undefined;
  const prompt = inputTotal(usage) ?? 0;
  const { total = 0, reasoning } = usage.output;
  const cached = usage.input.cacheRead ?? 0;
  const encoded = compact<JsonObject>({
    promptTokenCount: prompt,
    candidatesTokenCount: total - (reasoning ?? 0),
    totalTokenCount: prompt + total,
    cachedContentTokenCount: cached > 0 ? cached : undefined,
    thoughtsTokenCount: reasoning,
  });
  for (const [name, text] of Object.entries(costMembers(usage, identity)))
    encoded[name] = JSON.parse(text) as JsonValue;
  return encoded;
}
