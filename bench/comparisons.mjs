import { verbatimOf } from './lanes.mjs';
import { median, range } from './stats.mjs';

/**
 * One figure of one lane: per variant its median over the rounds, and the medians of what it is in each round
 * to the bare proxy (`ratio`, `overBare`) and to no proxy at all (`added`) of that same round. Null where the
 * other side was not measured. `ofVerbatim` and `overVerbatim` compare a translation to the same gateway and the same
 * upstream without it.
 *
 * @returns {Map<string, {absolute: number | null, ratio: number | null, ratioRange: number[] | null,
 *   overBare: number | null, added: number | null, ofVerbatim: number | null, overVerbatim: number | null}>}
 */
export function comparisons(samples, lane, key) {
  const ofLane = samples.filter((sample) => sample.lane === lane);
  const figure = (variant, round) =>
    ofLane.find((sample) => sample.variant === variant && sample.round === round)?.[key] ?? NaN;
  const variants = [...new Set(ofLane.map((sample) => sample.variant))];
  return new Map(
    variants.map((variant) => {
      const rounds = ofLane.filter((sample) => sample.variant === variant).map((sample) => sample.round);
      const over = (relate) => rounds.map((round) => relate(figure(variant, round), round));
      const ratios = over((value, round) => value / figure('bare', round));
      const compared = {
        absolute: median(over((value) => value)),
        ratio: median(ratios),
        ratioRange: range(ratios),
        overBare: median(over((value, round) => value - figure('bare', round))),
        ofVerbatim: median(over((value, round) => value / figure(verbatimOf(variant), round))),
        overVerbatim: median(over((value, round) => value - figure(verbatimOf(variant), round))),
        added: median(over((value, round) => value - figure('direct', round))),
      };
      return [variant, compared];
    }),
  );
}
