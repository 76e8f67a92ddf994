/** Messages by turn: those of one of these roles that stand side by side are one turn, any other is a turn of its own. */
export function turnsOf<T extends { role?: unknown }>(
  messages: readonly T[],
  joined: readonly unknown[],
): T[][] {
  const turns: T[][] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (last?.[0]?.role === message.role && joined.includes(message.role)) last?.push(message);
    else turns.push([message]);
  }
  return turns;
}
