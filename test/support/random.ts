/** Whole numbers from 0 to below a bound; the same seed gives the same row. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}

/** A seed to print, so that a failure can be repeated. */
export const newSeed = (): number => Math.floor(Math.random() * 2 ** 31);
