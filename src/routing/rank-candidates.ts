import type { Preference } from './routing-fields-reader.js';
import type { RoutingWishes } from './routing-preferences.js';

/** What is known of a candidate. */
export interface Standing {
  /** Provider slug. */
  provider: string;
  /** Higher is tried first, whatever the preference: the operator's word. */
  priority: number;
  /** Share among equals when nobody prefers anything. */
  weight: number;
  /** List price of a typical call, any unit that is the same for all: see `typicalPrice`. */
  price: number;
  /** Measured milliseconds to the first token; absent: not measured. */
  firstTokenMs?: number | undefined;
  /** Measured output tokens a second; absent: not measured. */
  tokensPerSecond?: number | undefined;
  /** Share of calls that failed, 0–1. */
  errorRate: number;
}

/** What a deployment that nobody measured is taken for: good enough to be tried. */
const UNMEASURED = { firstTokenMs: 800, tokensPerSecond: 60 };
/** The answer whose time is compared, in tokens. */
const TYPICAL_OUTPUT = 300;

/**
 * Expected milliseconds of a typical answer, failed tries included: (first token + 300 tokens at the measured pace) ÷
 * share of calls that succeed.
 */
export function expectedMs({ firstTokenMs, tokensPerSecond, errorRate }: Standing): number {
  const first = firstTokenMs ?? UNMEASURED.firstTokenMs;
  const pace = tokensPerSecond ?? UNMEASURED.tokensPerSecond;
  return (first + (TYPICAL_OUTPUT / pace) * 1_000) / Math.max(0.05, 1 - errorRate);
}

/** The smaller the better: price, expected time, or (balanced) both as multiples of the best there is, added. */
export function scoreOf(
  standing: Standing,
  preference: Preference,
  best: { price: number; ms: number },
): number {
  const ms = expectedMs(standing);
  switch (preference) {
    case 'cost':
      // A price that is paid for tries that fail, too; a free one is compared by its time.
      return standing.price / Math.max(0.05, 1 - standing.errorRate) + ms * 1e-12;
    case 'speed':
      return ms + standing.price * 1e-12;
    case 'balanced':
      return standing.price / Math.max(best.price, 1e-9) + ms / Math.max(best.ms, 1e-9);
  }
}

/**
 * Puts candidates in the order in which they are tried. First those that `order` names; then by priority, highest
 * first; then those that meet the preferred pace and latency; then by the preference's score, or where there is none by
 * weight (statement 68: `draw` in [0, 1) picks the first, heavier ones follow).
 */
export function rankCandidates<C>(
  candidates: readonly C[],
  standingOf: (candidate: C) => Standing,
  wishes: Pick<RoutingWishes, 'preference' | 'order' | 'minThroughput' | 'maxLatencyMs'>,
  draw: number,
): C[] {
  if (candidates.length < 2) return [...candidates];
  const standings = new Map(candidates.map((one) => [one, standingOf(one)]));
  const groups = new Map<string, C[]>();
  for (const one of candidates) {
    const key = groupKey(standings.get(one) as Standing, wishes);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const all = [...standings.values()];
  const best = {
    price: Math.min(...all.map(({ price }) => price)),
    ms: Math.min(...all.map(expectedMs)),
  };
  const { preference } = wishes;
  const inside = (group: C[]): C[] => {
    if (!preference) return drawByWeight(group, (one) => (standings.get(one) as Standing).weight, draw);
    const score = (one: C): number => scoreOf(standings.get(one) as Standing, preference, best);
    return [...group].sort((a, b) => score(a) - score(b));
  };
  return [...groups].sort(([a], [b]) => compareKeys(a, b)).flatMap(([, group]) => inside(group));
}

/** "named place / minus priority / misses": smaller parts come first. */
function groupKey(standing: Standing, wishes: Parameters<typeof rankCandidates>[2]): string {
  const { order = [], minThroughput, maxLatencyMs } = wishes;
  const place = order.indexOf(standing.provider);
  const isSlow = minThroughput !== undefined && (standing.tokensPerSecond ?? Infinity) < minThroughput;
  const isLate = maxLatencyMs !== undefined && (standing.firstTokenMs ?? 0) > maxLatencyMs;
  return `${place === -1 ? order.length : place}/${-standing.priority}/${Number(isSlow) + Number(isLate)}`;
}

function compareKeys(a: string, b: string): number {
  const [left, right] = [a.split('/').map(Number), b.split('/').map(Number)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at === -1 ? 0 : (left[at] as number) - (right[at] as number);
}

function drawByWeight<C>(tier: readonly C[], weight: (candidate: C) => number, draw: number): C[] {
  const total = tier.reduce((sum, one) => sum + weight(one), 0);
  const weightOf = (one: C): number => (total === 0 ? 1 : weight(one));
  let target = draw * (total === 0 ? tier.length : total);
  const chosen = tier.find((one) => (target -= weightOf(one)) < 0) ?? tier[0];
  return [...tier].sort((a, b) => Number(b === chosen) - Number(a === chosen) || weightOf(b) - weightOf(a));
}
