import type { ContentPart, Message } from '../completion.js';
import { turnsOf } from '../turns.js';

/**
 * Turns of the model that stand side by side as one, and those of tools: Chat wants the results right behind all calls, and
 * other protocols read such turns as one (mapping row 4). Texts of different turns stay apart.
 */
export function joinedTurns(messages: readonly Message[]): Message[] {
  const turns = turnsOf(messages, ['assistant', 'tool']);
  return turns.flatMap((turn) => (turn.length === 1 ? turn : asOne(turn)));
}

/** Several turns of one role as one; a participant's name is the first turn's. */
function asOne(turns: readonly Message[]): Message[] {
  let hasText = false;
  const content = turns.flatMap((turn): ContentPart[] => {
    const first = turn.content.find((part) => part.type === 'text');
    if (first === undefined) return turn.content;
    const apart = hasText ? { ...first, text: `\n\n${first.text}` } : first;
    hasText = true;
    return turn.content.map((part) => (part === first ? apart : part));
  });
  return turns.slice(0, 1).map((turn) => ({ ...turn, content }));
}
