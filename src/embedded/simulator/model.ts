import type { JsonObject } from '../../core/json.js';
import { jsonFromSchema } from './json-from-schema.js';
import { isSearch, proseAnswer, searchQuery, thoughtText } from './model-text.js';
import type { Prompt, PromptTool } from './prompt.js';
import type { Seed } from './seed.js';
import { countTokens, firstTokens } from './token-count.js';

export interface ToolCall {
  name: string;
  /** JSON text; cut short when the token limit fell inside it. */
  arguments: string;
  /** Absent means the protocol's answer makes one up. */
  id?: string | undefined;
}

export type SimulatedFinish = 'stop' | 'length' | 'tool-calls' | 'stop-sequence' | 'refusal';

/** One answer, before it takes a protocol's shape. */
export interface Said {
  thinking: string;
  /** The thinking is handed over encrypted (Anthropic `redacted_thinking`). */
  redacted: boolean;
  text: string;
  refusal: string;
  toolCalls: ToolCall[];
  finish: SimulatedFinish;
  stopSequence?: string | undefined;
}

/** Pieces that a rule puts in the place of what the model would have said. */
export interface ModelOverrides {
  text?: string | undefined;
  thinking?: string | undefined;
  refusal?: string | undefined;
  toolCalls?: { name: string; arguments: string | JsonObject; id?: string | undefined }[] | undefined;
  finish?: SimulatedFinish | undefined;
  stopSequence?: string | undefined;
}

const REFUSAL = 'I am not able to help with that request.';
/** https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking documents this test string. */
const REDACTION_TRIGGER = 'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING';

/** What the simulated model says to a prompt: a function of the prompt, the seed and the rule's overrides. */
export function say(prompt: Prompt, seed: Seed, overrides: ModelOverrides = {}): Said {
  const said = { ...spontaneous(prompt, seed, overrides), ...chosenFinish(overrides) };
  if (overrides.finish !== undefined) return said;
  return limited(stopped(said, prompt), prompt);
}

function spontaneous(prompt: Prompt, seed: Seed, overrides: ModelOverrides): Said {
  const redacted = prompt.lastText.includes(REDACTION_TRIGGER);
  const thinking = overrides.thinking ?? (prompt.thinks || redacted ? thoughtText(prompt, seed) : '');
  const silent = { thinking, redacted, text: '', refusal: '', toolCalls: [] };
  const refusal = overrides.refusal ?? (/refuse please/i.test(prompt.lastText) ? REFUSAL : undefined);
  if (refusal !== undefined) return { ...silent, refusal, finish: 'refusal' };
  const toolCalls =
    overrides.toolCalls?.map(writtenCall) ?? (overrides.text === undefined ? calls(prompt) : []);
  if (toolCalls.length > 0) return { ...silent, text: overrides.text ?? '', toolCalls, finish: 'tool-calls' };
  return { ...silent, text: overrides.text ?? textAnswer(prompt, seed), finish: 'stop' };
}

const chosenFinish = ({ finish, stopSequence }: ModelOverrides): Partial<Said> => ({
  ...(finish === undefined ? {} : { finish }),
  ...(stopSequence === undefined ? {} : { stopSequence, finish: finish ?? 'stop-sequence' }),
});

const writtenCall = (call: {
  name: string;
  arguments: string | JsonObject;
  id?: string | undefined;
}): ToolCall => ({
  ...call,
  arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
});

function textAnswer(prompt: Prompt, seed: Seed): string {
  const prose = proseAnswer(prompt, seed);
  if (prompt.format === undefined) return prose;
  if (prompt.format === 'json_object') return JSON.stringify({ answer: prose });
  return JSON.stringify(jsonFromSchema(prompt.format.schema, { text: prompt.lastText, variant: 0 }));
}

/** Tool calls when they are demanded, or when the user's words hint at one and no result is waiting. */
function calls(prompt: Prompt): ToolCall[] {
  const { tools, toolChoice, lastText } = prompt;
  if (tools.length === 0 || toolChoice.mode === 'none') return [];
  const hinted =
    /\b(weather|tools?|call|search)\b/i.test(lastText) || tools.some((tool) => lastText.includes(tool.name));
  const invited = toolChoice.mode === 'auto' && hinted && prompt.toolResults.length === 0;
  if (toolChoice.mode !== 'required' && !invited) return [];
  const ranked =
    toolChoice.name === undefined
      ? byRelevance(tools, lastText)
      : tools.filter((t) => t.name === toolChoice.name);
  const count = prompt.parallelCalls && /\b(both|two)\b/i.test(lastText) ? 2 : 1;
  const best = ranked[0];
  const mentioned = ranked.filter((tool) => relevance(tool, lastText) > 0);
  const chosen =
    mentioned.length >= count ? mentioned.slice(0, count) : Array.from({ length: count }, () => best);
  return chosen.flatMap((tool, index) => {
    if (tool === undefined) return [];
    const variant = chosen.slice(0, index).filter((earlier) => earlier?.name === tool.name).length;
    const args = isSearch(tool.name)
      ? { query: searchQuery(lastText) }
      : jsonFromSchema({ type: 'object', ...tool.schema }, { text: lastText, variant });
    return [{ name: tool.name, arguments: JSON.stringify(args) }];
  });
}

/** How many words of the tool's name the text holds. */
function relevance(tool: PromptTool, text: string): number {
  const words = tool.name
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 2);
  const lower = text.toLowerCase();
  return words.filter((word) => lower.includes(word)).length;
}

const byRelevance = (tools: PromptTool[], text: string): PromptTool[] =>
  tools.toSorted((a, b) => relevance(b, text) - relevance(a, text));

/** Cuts the text before the first stop sequence. */
function stopped(said: Said, prompt: Prompt): Said {
  const found = prompt.stop
    .filter((sequence) => sequence !== '' && said.text.includes(sequence))
    .toSorted((a, b) => said.text.indexOf(a) - said.text.indexOf(b))[0];
  if (found === undefined) return said;
  const text = said.text.slice(0, said.text.indexOf(found));
  return { ...said, text, toolCalls: [], finish: 'stop-sequence', stopSequence: found };
}

/** Ends the answer where the token limit falls: in the thinking, the text, or a call's arguments. */
function limited(said: Said, prompt: Prompt): Said {
  if (prompt.maxTokens === undefined || outputTokens(said) <= prompt.maxTokens) return said;
  let left = prompt.maxTokens;
  const take = (text: string): string => {
    const taken = firstTokens(text, left);
    left -= countTokens(taken);
    return taken;
  };
  const thinking = take(said.thinking);
  const text = take(said.text);
  const refusal = take(said.refusal);
  const toolCalls: ToolCall[] = [];
  for (const call of said.toolCalls) {
    if (left <= countTokens(call.name)) break;
    left -= countTokens(call.name);
    toolCalls.push({ ...call, arguments: take(call.arguments) });
  }
  return { ...said, thinking, text, refusal, toolCalls, finish: 'length', stopSequence: undefined };
}

/** Output tokens of an answer, thinking included. */
export function outputTokens(said: Said): number {
  const called = said.toolCalls.map((call) => countTokens(call.name) + countTokens(call.arguments));
  const parts = [countTokens(said.thinking), countTokens(said.text), countTokens(said.refusal), ...called];
  return Math.max(
    1,
    parts.reduce((sum, tokens) => sum + tokens, 0),
  );
}
