/** How good the product has to be, against the bare proxy of the same run. */
import { comparisons } from './comparisons.mjs';
import { TRANSLATIONS } from './lanes.mjs';
import { median } from './stats.mjs';

/** Above this, other programs took so much of the machine that a missed target says nothing. */
const DISTURBED_CORES = 0.35;

/** CPU µs that a translation may add to a streamed chunk and to a whole answer of 4 KB, by protocols. */
const translationTargets = TRANSLATIONS.flatMap((pair) => [
  {
    lane: 'relay',
    variant: `faregate ${pair}`,
    key: 'cpuUsPerChunk',
    by: 'overVerbatim',
    limit: 40,
    goal: 10,
    what: `CPU µs/chunk of translation, ${pair}`,
  },
  {
    lane: 'relay',
    variant: `faregate ${pair}`,
    key: 'cpuUsPerAnswer',
    by: 'overVerbatim',
    limit: 150,
    goal: 75,
    what: `CPU µs/answer of translation, ${pair}`,
  },
]);

/**
 * `limit` must hold; `goal` is where it has to get to. `ratio` is product ÷ bare, `added` is product − direct,
 * `overBare` is product − bare, `overVerbatim` is a translation − the same upstream without one, `absolute` is the
 * product's own figure.
 */
const TARGETS = [
  {
    lane: 'non-stream',
    key: 'answersPerSecond',
    by: 'ratio',
    atLeast: true,
    limit: 0.4,
    goal: 0.7,
    what: 'req/s ÷ bare',
  },
  { lane: 'non-stream', key: 'cpuUsPerAnswer', by: 'ratio', limit: 2.5, goal: 1.5, what: 'CPU/req ÷ bare' },
  {
    lane: 'stream',
    key: 'chunksPerSecond',
    by: 'ratio',
    atLeast: true,
    limit: 0.7,
    goal: 0.9,
    what: 'chunks/s ÷ bare',
  },
  { lane: 'stream', key: 'cpuUsPerChunk', by: 'ratio', limit: 1.4, goal: 1.1, what: 'CPU/chunk ÷ bare' },
  { lane: 'open-1000', key: 'latencyP50Ms', by: 'added', limit: 5, goal: 1, what: 'added p50, ms' },
  { lane: 'open-1000', key: 'latencyP99Ms', by: 'added', limit: 25, goal: 10, what: 'added p99, ms' },
  {
    lane: 'ttft',
    key: 'firstChunkP50Ms',
    by: 'overBare',
    limit: 5,
    goal: 0.5,
    what: 'first chunk p50 over bare, ms',
  },
  {
    lane: 'translated-stream',
    variant: 'faregate messages→chat',
    key: 'cpuUsPerChunk',
    by: 'ratio',
    limit: 2,
    goal: 1.4,
    what: 'CPU/chunk ÷ bare, messages→chat',
  },
  {
    lane: 'translated-stream',
    variant: 'faregate chat→messages',
    key: 'cpuUsPerChunk',
    by: 'ratio',
    limit: 2,
    goal: 1.4,
    what: 'CPU/chunk ÷ bare, chat→messages',
  },
  ...translationTargets,
  { lane: 'idle', key: 'kbPerStream', by: 'absolute', limit: 40, goal: 30, what: 'kB per idle stream' },
  {
    lane: 'slow-readers',
    key: 'mbPerStream',
    by: 'absolute',
    limit: 2,
    goal: 1.5,
    what: 'MB per slow reader',
  },
  {
    lane: 'leaving',
    key: 'recovered',
    by: 'absolute',
    atLeast: true,
    limit: 0.85,
    goal: 0.95,
    what: 'throughput after ÷ before',
  },
];

/**
 * @param {object[]} samples
 * @returns {{what: string, lane: string, value: number, limit: number, goal: number, verdict: 'goal' | 'ok' | 'missed' | 'disturbed'}[]}
 *   only what was measured; a ratio misses its limit when it is beyond it by more than bare differs from itself,
 *   and whatever was measured beside a wrong answer is missed
 */
export function judgeTargets(samples) {
  return TARGETS.flatMap((target) => {
    const found = comparisons(samples, target.lane, target.key);
    const variant = target.variant ?? 'faregate';
    const value = found.get(variant)?.[target.by] ?? null;
    if (value === null) return [];
    const own = samples.filter((sample) => sample.lane === target.lane && sample.variant === variant);
    const wrong = own.some((sample) => sample.failures > 0);
    const disturbed = median(own.map((sample) => sample.foreignCores)) > DISTURBED_CORES;
    const noise = target.by === 'ratio' ? Math.abs((found.get('bare2')?.ratio ?? 1) - 1) : 0;
    const reaches = (wanted) => (target.atLeast ? value >= wanted : value <= wanted);
    const limit = target.limit * (target.atLeast ? 1 - noise : 1 + noise);
    const missed = wrong || !disturbed ? 'missed' : 'disturbed';
    const verdict = wrong ? missed : reaches(target.goal) ? 'goal' : reaches(limit) ? 'ok' : missed;
    return [{ what: target.what, lane: target.lane, value, limit: target.limit, goal: target.goal, verdict }];
  });
}
