import { asString, type JsonObject } from '../../core/json.js';

/** One turn of a Messages request. */
export interface Turn {
  role: 'user' | 'assistant' | 'system';
  content: JsonObject[];
}

/** Stands where Anthropic needs a turn and the caller's has nothing that can be sent. */
const PLACEHOLDER: JsonObject = { type: 'text', text: '.' };

const isResult = (block: JsonObject): boolean => block['type'] === 'tool_result';

/** Turns in the order that Anthropic demands. */
export interface ArrangedTurns {
  turns: Turn[];
  /** Whether a user turn had to be put before the caller's first. */
  isLed: boolean;
}

/**
 * Arranges turns as Anthropic demands (mapping rows 4, 6, 7 and 8): adjacent turns of one role are one, tool results
 * stand first in the user turn right behind their calls, the first turn is the user's, and the last does not end in
 * white space, because a last assistant turn is continued by the model.
 */
export function arrange(given: readonly Turn[]): ArrangedTurns {
  const turns: Turn[] = [];
  for (const turn of withoutGaps(given)) {
    const results = turn.role === 'user' ? turn.content.filter(isResult) : [];
    if (results.length > 0) answer(turns, results);
    const others = results.length > 0 ? turn.content.filter((block) => !isResult(block)) : turn.content;
    const last = turns.at(-1);
    if (others.length === 0) continue;
    if (last?.role === turn.role) last.content.push(...others);
    else turns.push({ role: turn.role, content: [...others] });
  }
  trimEnd(turns);
  const isLed = turns[0]?.role !== 'user';
  if (isLed) turns.unshift({ role: 'user', content: [PLACEHOLDER] });
  return { turns, isLed };
}

/** A turn with nothing in it holds its place where its neighbours would become one turn, and goes elsewhere. */
function withoutGaps(given: readonly Turn[]): Turn[] {
  return given.flatMap((turn, index) => {
    if (turn.content.length > 0) return [turn];
    const isFilled = ({ content }: Turn): boolean => content.length > 0;
    const before = given.slice(0, index).findLast(isFilled)?.role;
    const after = given.slice(index + 1).find(isFilled)?.role;
    const divides = before !== undefined && before === after && before !== turn.role;
    return divides ? [{ role: turn.role, content: [PLACEHOLDER] }] : [];
  });
}

/** Puts tool results first into the user turn behind the calls, whatever has come in between. */
function answer(turns: Turn[], results: readonly JsonObject[]): void {
  const calls = turns.findLastIndex(({ role }) => role === 'assistant');
  const behind = turns[calls + 1];
  if (behind?.role !== 'user') turns.splice(calls + 1, 0, { role: 'user', content: [...results] });
  else behind.content.splice(behind.content.findLastIndex(isResult) + 1, 0, ...results);
}

function trimEnd(turns: Turn[]): void {
  const last = turns.at(-1);
  const block = last?.content.at(-1);
  if (last?.role !== 'assistant' || block?.['type'] !== 'text') return;
  const text = asString(block['text'])?.trimEnd() ?? '';
  if (text === '') last.content.pop();
  else last.content[last.content.length - 1] = { ...block, text };
  if (last.content.length === 0) turns.pop();
}
