import type { ContentPart, Message } from '../completion.js';

/**
 * Turns of the model that stand side by side as one, and those of tools: Chat wants the results right behind all calls, and
 * other protocols read such turns as one (mapping row 4). Texts of different turns stay apart.
 */
export function joinedTurns(messages: readonly Message[]): Message[] {
  const runs: Message[][] = [];
  for (const message of messages) {
    const run = runs.at(-1);
    const isOfModel = message.role === 'assistant' || message.role === 'tool';
    if (run && isOfModel && run[0]?.role === message.role) run.push(message);
    else runs.push([message]);
  }
  return runs.flatMap((run) => (run.length === 1 ? run : asOne(run)));
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
