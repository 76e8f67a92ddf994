/** One hundred per cent. */
const WHOLE_PPM = 1_000_000n;

/** The smallest and largest adjustment: everything off, and a hundredfold on top. */
export const ADJUSTMENT_LIMITS = { min: -1_000_000, max: 100_000_000 } as const;

/**
 * A unit price with a markup (`ppm` above 0) or a discount (below 0) in parts per million, in the price's own unit of
 * 1e-12. Undefined when it is no whole number of them: a price is exact or it is not published.
 */
export function adjustedPrice(unitPricePico: bigint, ppm: number): bigint | undefined {
  const scaled = unitPricePico * (WHOLE_PPM + BigInt(ppm));
  return scaled % WHOLE_PPM === 0n ? scaled / WHOLE_PPM : undefined;
}
