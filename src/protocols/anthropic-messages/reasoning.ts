import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest, ReasoningRequest } from '../completion.js';
import { compact, optional, readNumber, readObject, readWord, refuse } from './wire.js';

/** Smallest thinking budget (Anthropic API, `thinking.budget_tokens`). */
const MIN_BUDGET = 1_024;

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

/** `thinking` and `output_config.effort` of a request; undefined when neither was given. */
export function decodeReasoning(body: JsonObject): ReasoningRequest | undefined {
  const thinking = readObject(body, 'thinking');
  const config = readObject(body, 'output_config');
  const effort = config && readWord(config, 'effort', { words: EFFORTS, path: 'output_config' });
  const request = compact<ReasoningRequest>({ ...(thinking && decodeThinking(thinking, body)), effort });
  return Object.keys(request).length === 0 ? undefined : request;
}

function decodeThinking(thinking: JsonObject, body: JsonObject): ReasoningRequest {
  const path = 'thinking';
  const words = ['enabled', 'disabled', 'adaptive'] as const;
  const mode = readWord(thinking, 'type', { words, path }) ?? refuse('thinking.type', 'is required');
  const display = readWord(thinking, 'display', { words: ['summarized', 'omitted'], path });
  if (mode !== 'enabled') {
    if (optional(thinking, 'budget_tokens') !== undefined) {
      refuse('thinking.budget_tokens', 'is allowed only when thinking.type is enabled');
    }
    return { mode, display };
  }
  const budgetTokens =
    readNumber(thinking, 'budget_tokens', { integer: true, min: MIN_BUDGET, path }) ??
    refuse('thinking.budget_tokens', 'is required when thinking.type is enabled');
  const maxTokens = body['max_tokens'];
  if (typeof maxTokens === 'number' && budgetTokens >= maxTokens) {
    refuse('thinking.budget_tokens', 'must be less than max_tokens');
  }
  return { mode, budgetTokens, display };
}

/** Wire forms of a reasoning request and what could not be said. */
export interface EncodedReasoning {
  thinking?: JsonObject | undefined;
  /** Goes into `output_config`. */
  effort?: string | undefined;
  warnings: string[];
}

/** Share of the output limit that an effort may think, where a budget is needed and none was given. */
const BUDGET_PERCENT: Readonly<Record<string, number>> = {
  minimal: 10,
  low: 20,
  medium: 50,
  high: 80,
  xhigh: 90,
  max: 95,
};

/** Whether a tool is forced: Anthropic refuses extended thinking then. */
const forcesTool = (request: CompletionRequest): boolean =>
  request.toolChoice?.kind === 'required' || request.toolChoice?.kind === 'tool';

/**
 * An effort alone becomes `output_config.effort`; "disabled" and effort "none" are said, never left out, because
 * some models think by default. A budget is kept between 1024 and the output limit.
 */
export function encodeReasoning(request: CompletionRequest, maxTokens: number | undefined): EncodedReasoning {
  const { mode, effort, budgetTokens, display } = request.reasoning ?? {};
  if (mode === 'disabled' || (effort === 'none' && mode === undefined)) {
    return { thinking: { type: 'disabled' }, effort: wireEffort(effort), warnings: [] };
  }
  const encoded: EncodedReasoning = { effort: wireEffort(effort), warnings: [] };
  if (mode === 'adaptive')
    return { ...encoded, thinking: compact<JsonObject>({ type: 'adaptive', display }) };
  if (mode !== 'enabled' && budgetTokens === undefined) return encoded;
  if (forcesTool(request)) {
    return {
      ...encoded,
      warnings: ['reasoning was dropped: this protocol cannot think while a tool is forced'],
    };
  }
  const limit = maxTokens ?? Infinity;
  if (limit <= MIN_BUDGET) {
    return { ...encoded, warnings: [`reasoning was dropped: it needs a token limit above ${MIN_BUDGET}`] };
  }
  const wanted = budgetTokens ?? shareOf(limit, effort);
  const budget = Math.max(MIN_BUDGET, Math.min(wanted, limit - 1));
  const warnings =
    budgetTokens === undefined || budget === budgetTokens ? [] : [`reasoning budget was set to ${budget}`];
  return {
    ...encoded,
    warnings,
    thinking: compact<JsonObject>({ type: 'enabled', budget_tokens: budget, display }),
  };
}

function shareOf(limit: number, effort: string | undefined): number {
  const percent = BUDGET_PERCENT[effort ?? 'medium'] ?? 50;
  return Number.isFinite(limit) ? Math.floor((limit * percent) / 100) : 8_192;
}

/** Anthropic has no effort below "low"; "none" is said by `thinking`. */
function wireEffort(effort: string | undefined): string | undefined {
  if (effort === 'minimal') return 'low';
  return effort === 'none' ? undefined : effort;
}
