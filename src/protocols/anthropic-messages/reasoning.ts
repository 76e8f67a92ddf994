import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest, ReasoningRequest } from '../completion.js';
import type { WireQuirks } from '../protocol.js';
import { dropped } from '../warnings.js';
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

/** Whether a tool is forced: Anthropic refuses extended thinking then (mapping row 20). */
const forcesTool = (request: CompletionRequest): boolean =>
  request.toolChoice?.kind === 'required' || request.toolChoice?.kind === 'tool';

/** An effort of about the size of a token budget, for models that take no budget. */
function effortOfBudget(budgetTokens: number): string {
  if (budgetTokens <= 4_096) return 'low';
  return budgetTokens <= 16_384 ? 'medium' : 'high';
}

/** What decides the wire form of thinking beside the request. */
export interface ThinkingTarget {
  /** The output limit that is sent. */
  maxTokens?: number | undefined;
  /** See WireQuirks.thinking; absent: `both`. */
  style?: WireQuirks['thinking'];
  /** Whether an earlier tool call of this turn came back without the thinking before it (mapping row 38). */
  lacksThinking?: boolean | undefined;
}

/**
 * The reasoning request in the form that the model takes (mapping rows 35 and 36). An effort asks for adaptive thinking
 * of that effort, or for a budget where the model knows no efforts. "disabled" and effort "none" are said, never left
 * out, because some models think by default. A budget is kept between 1024 and the output limit.
 */
export function encodeReasoning(request: CompletionRequest, target: ThinkingTarget): EncodedReasoning {
  const { mode, effort, budgetTokens } = request.reasoning ?? {};
  const style = target.style ?? 'both';
  const said = style === 'budget' ? undefined : wireEffort(effort);
  if (mode === 'disabled' || (effort === 'none' && mode === undefined)) {
    return { thinking: { type: 'disabled' }, effort: said, warnings: [] };
  }
  if (mode === undefined && budgetTokens === undefined && effort === undefined) return { warnings: [] };
  if (forcesTool(request)) {
    return {
      effort: said,
      warnings: [dropped('reasoning', 'the model cannot think while a tool is forced')],
    };
  }
  const wantsBudget = mode === 'enabled' || budgetTokens !== undefined;
  if (style === 'budget' || (style === 'both' && wantsBudget)) return withBudget(request, target, said);
  return adaptive(request.reasoning ?? {}, said);
}

/**
 * Thinking whose depth the model chooses. A caller who only gave an effort expects to see it, which newer models do
 * when they are asked to.
 */
function adaptive(
  { mode, effort, budgetTokens, display }: ReasoningRequest,
  said: string | undefined,
): EncodedReasoning {
  const isFromBudget = budgetTokens !== undefined && effort === undefined;
  return {
    thinking: compact<JsonObject>({
      type: 'adaptive',
      display: display ?? (mode === 'adaptive' ? undefined : 'summarized'),
    }),
    effort: isFromBudget ? effortOfBudget(budgetTokens) : said,
    warnings:
      budgetTokens === undefined
        ? []
        : ['reasoning: the budget became an effort, because the model takes none'],
  };
}

function withBudget(
  request: CompletionRequest,
  { maxTokens: limit = Infinity, lacksThinking }: ThinkingTarget,
  effort: string | undefined,
): EncodedReasoning {
  const { budgetTokens, display, effort: wish } = request.reasoning ?? {};
  if (lacksThinking) {
    const why = 'an earlier tool call came back without the thinking before it';
    return { thinking: { type: 'disabled' }, effort, warnings: [dropped('reasoning', why)] };
  }
  if (limit <= MIN_BUDGET) {
    return { effort, warnings: [dropped('reasoning', `it needs a token limit above ${MIN_BUDGET}`)] };
  }
  const wanted = budgetTokens ?? shareOf(limit, wish);
  const budget = Math.max(MIN_BUDGET, Math.min(wanted, limit - 1));
  const isChanged = budgetTokens !== undefined && budget !== budgetTokens;
  return {
    effort,
    warnings: isChanged ? [`reasoning: the budget was set to ${budget}`] : [],
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
