import type { JsonObject } from '../../core/json.js';
import type { ReasoningRequest } from '../completion.js';
import { generationOf, type Generation } from './generation.js';
import { compact, readBoolean, readNumber, readObject, readWord } from './wire.js';

const LEVELS = ['THINKING_LEVEL_UNSPECIFIED', 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH'] as const;

/** `generationConfig.thinkingConfig`: budget 0 switches thinking off, -1 leaves it to the model. */
export function decodeReasoning(config: JsonObject, path: string): ReasoningRequest | undefined {
  const thinking = readObject(config, 'thinkingConfig', path);
  if (thinking === undefined) return undefined;
  const own = `${path}.thinkingConfig`;
  const budget = readNumber(thinking, 'thinkingBudget', { integer: true, min: -1, path: own });
  const level = readWord(thinking, 'thinkingLevel', { words: LEVELS, path: own });
  const isShown = readBoolean(thinking, 'includeThoughts', own) ?? false;
  const display = isShown ? 'summarized' : 'omitted';
  const effort =
    level === undefined || level === 'THINKING_LEVEL_UNSPECIFIED' ? undefined : level.toLowerCase();
  if (budget === 0) return { mode: 'disabled' };
  if (budget !== undefined && budget > 0)
    return compact<ReasoningRequest>({ mode: 'enabled', effort, budgetTokens: budget, display });
  if (budget === -1) return compact<ReasoningRequest>({ mode: 'adaptive', effort, display });
  return compact<ReasoningRequest>({ effort, display });
}

/** `thinkingConfig` and what could not be said. */
export interface EncodedReasoning {
  thinkingConfig?: JsonObject | undefined;
  warnings: string[];
}

/** Budgets behind each effort, as Google's own Chat endpoint sets them (ai.google.dev/gemini-api/docs/openai). */
const BUDGETS: Readonly<Record<string, number>> = {
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

/** Smallest budget of a model that always thinks (2.5 Pro). */
const MIN_BUDGET = 128;

/**
 * A level for generation 3, a budget of tokens before. "Disabled" is always said, for these models think by default; one
 * that cannot stop thinking is told to think the least, and the caller hears of it.
 */
export function encodeReasoning(
  request: ReasoningRequest | undefined,
  upstreamModel: string,
): EncodedReasoning {
  if (request === undefined) return { warnings: [] };
  const { mode, effort, budgetTokens, display } = request;
  const generation = generationOf(upstreamModel);
  if (mode === 'disabled' || (effort === 'none' && mode === undefined)) return leastThinking(generation);
  const includeThoughts = display !== 'omitted';
  if (budgetTokens !== undefined)
    return { thinkingConfig: { thinkingBudget: budgetTokens, includeThoughts }, warnings: [] };
  if (effort === undefined) {
    const dynamic = generation.levels || mode === undefined ? undefined : -1;
    return {
      thinkingConfig: compact<JsonObject>({ thinkingBudget: dynamic, includeThoughts }),
      warnings: [],
    };
  }
  const amount = generation.levels
    ? { thinkingLevel: levelOf(effort, generation) }
    : { thinkingBudget: BUDGETS[effort] ?? 8_192 };
  return { thinkingConfig: { ...amount, includeThoughts }, warnings: [] };
}

function levelOf(effort: string, { minimalLevel }: Generation): string {
  if (effort === 'minimal') return minimalLevel ? 'minimal' : 'low';
  return ['low', 'medium', 'high'].includes(effort) ? effort : 'high';
}

function leastThinking(generation: Generation): EncodedReasoning {
  if (generation.canStopThinking) return { thinkingConfig: { thinkingBudget: 0 }, warnings: [] };
  const warnings = ['reasoning: this model cannot stop thinking, so it was told to think the least'];
  const least = generation.levels
    ? { thinkingLevel: generation.minimalLevel ? 'minimal' : 'low' }
    : { thinkingBudget: MIN_BUDGET };
  return { thinkingConfig: { ...least, includeThoughts: false }, warnings };
}
