/**
 * Contents by turn: those of the model that stand side by side are one turn, any other is a turn of its own. Chats of Google's
 * SDKs record a stream so, each chunk as a content.
 */
export function turnsOf<T extends { role?: unknown }>(contents: readonly T[]): T[][] {
  const turns: T[][] = [];
  for (const content of contents) {
    const last = turns.at(-1);
    if (last?.[0]?.role === 'model' && content.role === 'model') last.push(content);
    else turns.push([content]);
  }
  return turns;
}
