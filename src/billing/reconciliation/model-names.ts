/** "gpt-5.5-2026-04-23" and "claude-haiku-4-5-20251001" without their day. */
const undated = (name: string): string => name.replace(/-(?:\d{4}-\d\d-\d\d|\d{8})$/, '');

/**
 * How a provider's name of a model is found among those that calls were sent to: by the same name, else by the only one that
 * is the same but for a date. A name that is not found stands for itself.
 */
export function modelNames(sentTo: Iterable<string>): (stated: string) => string {
  const known = new Set(sentTo);
  const byUndated = new Map<string, string[]>();
  for (const name of known) byUndated.set(undated(name), [...(byUndated.get(undated(name)) ?? []), name]);
  return (stated) => {
    if (known.has(stated)) return stated;
    const alike = byUndated.get(undated(stated)) ?? [];
    return alike.length === 1 && alike[0] !== undefined ? alike[0] : stated;
  };
}
