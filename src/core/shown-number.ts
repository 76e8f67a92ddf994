import { formatScaled } from './money.js';

/**
 * A decimal with `places` digits behind the point as a JSON number, for the answers of other vendors' shapes that have
 * numbers where ours have texts. For the eye alone: never counted with.
 */
export const shownNumber = (value: bigint, places: number): number => Number(formatScaled(value, places));
