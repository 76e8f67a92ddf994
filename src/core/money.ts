/**
 * Money in integers. Three units, all `bigint`:
 *  - pico: 1e-12 of a currency's major unit. Prices per base unit (one token, one search call).
 *  - nano: 1e-9 of the major unit. Balances, holds, charges, ledger entries.
 *  - minor: the currency's ISO 4217 minor unit. Invoices only.
 * A price of P pico per token reads as "P micro-units per 1M tokens".
 */

/** Pico units in one nano unit. */
export const PICO_PER_NANO = 1_000n;

const NANO_PLACES = 9;
const PICO_PLACES = 12;
/** Decimal places of a price per 1M tokens that still make a whole pico amount per token. */
const PER_MILLION_PLACES = 6;

/** The largest amount a PostgreSQL `bigint` column holds. */
export const MAX_AMOUNT = 9_223_372_036_854_775_807n;

/** Says why a text is not an amount; the caller turns it into an error that names the field. */
export class MoneyFormatError extends Error {
  override readonly name = 'MoneyFormatError';
}

/**
 * Reads a plain decimal ("12.34", "-0.5") as an integer scaled by 10^places.
 * No exponent, no sign `+`, no grouping. Throws MoneyFormatError when the text is not such a decimal, has
 * more decimals than fit without rounding, or does not fit a bigint column.
 */
export function parseScaled(text: string, places: number): bigint {
  const match = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text);
  if (!match) throw new MoneyFormatError('must be a decimal string such as "12.34"');
  const [, sign, whole = '', fraction = ''] = match;
  const kept = fraction.slice(0, places).padEnd(places, '0');
  if (/[1-9]/.test(fraction.slice(places))) {
    throw new MoneyFormatError(`must have at most ${places} decimal places`);
  }
  const scaled = BigInt(whole + kept);
  if (scaled > MAX_AMOUNT) throw new MoneyFormatError('is too large');
  return sign === '-' ? -scaled : scaled;
}

/** Writes a scaled integer as a decimal with exactly `places` decimals; without any there is no point either. */
export function formatScaled(value: bigint, places: number): string {
  if (places === 0) return value.toString();
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, '0');
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** Decimal text of the major unit → nano. Throws MoneyFormatError. */
export const parseNano = (text: string): bigint => parseScaled(text, NANO_PLACES);

/** Nano → decimal text with 9 places: "12.340000000". */
export const formatNano = (nano: bigint): string => formatScaled(nano, NANO_PLACES);

/** Pico → decimal text of the major unit with 12 places. */
export const formatPico = (pico: bigint): string => formatScaled(pico, PICO_PLACES);

/** What a unit price is quoted for: per 1M tokens, or per single call (search). */
export type PriceUnit = 'per_million' | 'per_call';

/** Quoted price text → pico per base unit. Throws MoneyFormatError when it is not a whole number of pico. */
export function parseUnitPrice(text: string, unit: PriceUnit): bigint {
  return parseScaled(text, unit === 'per_million' ? PER_MILLION_PLACES : PICO_PLACES);
}

/** Pico per base unit → quoted price text; the inverse of parseUnitPrice. */
export function formatUnitPrice(pico: bigint, unit: PriceUnit): string {
  return formatScaled(pico, unit === 'per_million' ? PER_MILLION_PLACES : PICO_PLACES);
}

/** Parts per million that leave a price as it is. */
export const WHOLE_PPM = 1_000_000n;

/** A price times a multiplier in parts per million, rounded half up to the pico, as the SQL function `multiplied` does. */
export const multipliedPico = (pico: bigint, ppm: bigint): bigint =>
  (pico * ppm + WHOLE_PPM / 2n) / WHOLE_PPM;

/**
 * The one rounding of the money side: a line's exact pico amount → nano, half up.
 * Lines are never negative; reversals negate the rounded nano amount instead of rounding again.
 */
export function roundPicoToNano(pico: bigint): bigint {
  return (pico + PICO_PER_NANO / 2n) / PICO_PER_NANO;
}
