/** What usage can be summed up by. */
export const GROUPINGS = ['organization', 'project', 'key', 'model', 'provider', 'day'] as const;
/** One of them; days are UTC. */
export type Grouping = (typeof GROUPINGS)[number];

/** Which usage is asked for: recorded in `[from, to)`, matching every filter given. */
export interface UsageQuery {
  from: Date;
  to: Date;
  groupBy: readonly Grouping[];
  organizationId?: string | undefined;
  projectId?: string | undefined;
  keyId?: string | undefined;
  model?: string | undefined;
  /** The provider's slug. */
  provider?: string | undefined;
}

/** One sum. The group's own fields are there only when they were asked for. */
export interface UsageSum {
  organizationId?: string | undefined;
  projectId?: string | undefined;
  keyId?: string | undefined;
  model?: string | undefined;
  provider?: string | undefined;
  /** UTC day, "2026-11-21". */
  day?: string | undefined;
  currency: string;
  /** By token class; a class without usage is absent. */
  quantities: Record<string, number>;
  /** What customers pay. */
  amountNano: bigint;
  /** What the house bears. */
  absorbedNano: bigint;
  /** What providers take. */
  costNano: bigint;
}

/** Reads "organization,day". Returns the first word that is no grouping instead, when there is one. */
export function parseGroupings(text: string): Grouping[] | { unknown: string } {
  const words = text.split(',').map((word) => word.trim());
  const unknown = words.find((word) => !GROUPINGS.some((grouping) => grouping === word));
  if (unknown !== undefined) return { unknown };
  return GROUPINGS.filter((grouping) => words.includes(grouping));
}
