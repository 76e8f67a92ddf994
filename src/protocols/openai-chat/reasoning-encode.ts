import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest, ReasoningRequest } from '../completion.js';
import type { WireQuirks } from '../protocol.js';

/** Efforts in rising order; a vendor that lacks one takes the next higher. */
const RISING = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** Thinking tokens of about the same worth as an effort, for vendors that only know budgets. */
const BUDGETS: ReadonlyMap<string, number> = new Map([
  ['minimal', 1_024],
  ['low', 4_096],
  ['medium', 16_384],
  ['high', 32_768],
]);

/** An effort of about the same size as a token budget, for vendors that only know efforts. */
function effortOfBudget(budgetTokens: number): string {
  if (budgetTokens <= 4_096) return 'low';
  return budgetTokens <= 16_384 ? 'medium' : 'high';
}

function effortOf({ mode, effort, budgetTokens }: ReasoningRequest): string | undefined {
  if (mode === 'disabled') return 'none';
  if (effort !== undefined) return effort;
  if (budgetTokens !== undefined) return effortOfBudget(budgetTokens);
  return mode === 'enabled' ? 'medium' : undefined;
}

/** The effort, or the next higher one that the vendor takes, or its highest. */
function nearestEffort(effort: string, efforts: readonly string[]): string | undefined {
  if (efforts.includes(effort)) return effort;
  if (effort === 'none') return undefined;
  const taken = RISING.filter((known) => efforts.includes(known));
  const higher = taken.find((known) => RISING.indexOf(known) > RISING.indexOf(effort));
  return higher ?? taken.at(-1) ?? efforts.find((word) => word !== 'none');
}

/** What a dialect needs to know of the request besides its reasoning. */
interface Question {
  reasoning: ReasoningRequest;
  stream: boolean;
  quirks: WireQuirks;
  warnings: string[];
}

const CANNOT_STOP = 'reasoning was not switched off: this model always reasons';

function asEffort({ reasoning, quirks, warnings }: Question): JsonObject {
  const wanted = effortOf(reasoning);
  if (wanted === undefined) return {};
  const effort = quirks.efforts ? nearestEffort(wanted, quirks.efforts) : wanted;
  if (effort === undefined) warnings.push(CANNOT_STOP);
  return effort === undefined ? {} : { reasoning_effort: effort };
}

/** OpenRouter's object. */
function asObject({ reasoning: { mode, effort, budgetTokens, display } }: Question): JsonObject {
  const reasoning: JsonObject = {};
  if (mode === 'disabled') reasoning['enabled'] = false;
  else if (effort !== undefined) reasoning['effort'] = effort;
  else if (budgetTokens !== undefined) reasoning['max_tokens'] = budgetTokens;
  else if (mode !== undefined) reasoning['enabled'] = true;
  if (display === 'omitted') reasoning['exclude'] = true;
  return Object.keys(reasoning).length > 0 ? { reasoning } : {};
}

const isSized = ({ effort, budgetTokens }: ReasoningRequest): boolean =>
  effort !== undefined || budgetTokens !== undefined;

/** Kimi, GLM, MiniMax, DeepSeek. "Disabled" must be said: these models think unless they are told not to (row 36). */
function asThinking(question: Question): JsonObject {
  const { reasoning, quirks, warnings } = question;
  if (reasoning.mode === 'disabled') return { thinking: { type: 'disabled' } };
  if (reasoning.mode === undefined && !isSized(reasoning)) return {};
  const thinking = { type: quirks.thinkingType ?? 'enabled' };
  if (!isSized(reasoning)) return { thinking };
  if (quirks.efforts) return { thinking, ...asEffort(question) };
  warnings.push('reasoning.effort was left out: this model reasons as much as it sees fit');
  return { thinking };
}

/** Qwen. */
function asSwitch({ reasoning, stream, quirks, warnings }: Question): JsonObject {
  const { mode, effort, budgetTokens } = reasoning;
  if (mode === 'disabled') return { enable_thinking: false };
  if (mode === undefined && !isSized(reasoning)) return {};
  if (quirks.thinkingNeedsStream && !stream) {
    warnings.push('reasoning was left out: this model only reasons in a stream');
    return { enable_thinking: false };
  }
  const budget = budgetTokens ?? BUDGETS.get(effort ?? '');
  return { enable_thinking: true, ...(budget === undefined ? {} : { thinking_budget: budget }) };
}

function asNothing({ reasoning, warnings }: Question): JsonObject {
  if (reasoning.mode === 'disabled') warnings.push(CANNOT_STOP);
  else if (isSized(reasoning)) warnings.push('reasoning was left out: this model decides on it itself');
  return {};
}

const DIALECTS: Readonly<
  Record<NonNullable<WireQuirks['reasoningField']>, (question: Question) => JsonObject>
> = {
  reasoning_effort: asEffort,
  reasoning: asObject,
  thinking: asThinking,
  enable_thinking: asSwitch,
  none: asNothing,
};

/**
 * The members that ask a vendor for reasoning (row 35); empty when the request leaves it to the model. What cannot be
 * said goes into `warnings`.
 */
export function encodeReasoning(
  { reasoning, stream }: Pick<CompletionRequest, 'reasoning' | 'stream'>,
  quirks: WireQuirks,
  warnings: string[],
): JsonObject {
  if (reasoning) {
    return DIALECTS[quirks.reasoningField ?? 'reasoning_effort']({ reasoning, stream, quirks, warnings });
  }
  // Such a model thinks by default, and would refuse a whole answer that nobody asked it to think about.
  return quirks.thinkingNeedsStream && !stream ? { enable_thinking: false } : {};
}
