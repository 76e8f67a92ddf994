import { formatScaled, MoneyFormatError, parseScaled } from '../../core/money.js';

const PPM_PLACES = 6;
/** A thousand times the list price. */
const MAX_PPM = 1_000_000_000n;

/** Decimal text of a multiplier ("1.25") as parts per million. Throws MoneyFormatError. */
export function parseMultiplier(text: string): bigint {
  const ppm = parseScaled(text, PPM_PLACES);
  if (ppm < 0n) throw new MoneyFormatError('must not be negative');
  if (ppm > MAX_PPM) throw new MoneyFormatError('must be at most 1000');
  return ppm;
}

/** Parts per million as the shortest decimal text: 1250000 is "1.25". */
export const formatMultiplier = (ppm: bigint): string =>
  formatScaled(ppm, PPM_PLACES).replace(/0+$/, '').replace(/\.$/, '');

/** Why a value is no multiplier; null when it is one. */
export function judgeMultiplier(value: unknown): string | null {
  if (typeof value !== 'string') return 'must be a decimal string such as "1.25"';
  try {
    parseMultiplier(value);
    return null;
  } catch (error) {
    if (error instanceof MoneyFormatError) return error.message;
    throw error;
  }
}
