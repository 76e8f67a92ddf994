/**
 * The currencies in circulation and how many decimals their minor unit has: ISO 4217, list one, of 2026. Funds
 * codes, metals and codes for testing are left out, because nobody can be charged in them.
 */
const BY_EXPONENT: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE
    CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR
    KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB
    PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY
    TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
};

const EXPONENTS: ReadonlyMap<string, number> = new Map(
  Object.entries(BY_EXPONENT).flatMap(([exponent, codes]) =>
    codes.split(/\s+/).map((code): [string, number] => [code, Number(exponent)]),
  ),
);

const NANO_PLACES = 9;

/** Every currency an organization may have, in alphabetical order. */
export const CURRENCIES: readonly string[] = [...EXPONENTS.keys()].sort();

/** Decimals of a currency's minor unit: 2 for USD, 0 for JPY, 3 for KWD. Throws RangeError on an unknown one. */
export function minorExponent(currency: string): number {
  const exponent = EXPONENTS.get(currency);
  if (exponent === undefined) throw new RangeError(`no such currency: ${currency}`);
  return exponent;
}

/** Nano-units in one minor unit of a currency: 10,000,000 for a cent. */
export const nanoPerMinor = (currency: string): bigint =>
  10n ** BigInt(NANO_PLACES - minorExponent(currency));

/** Divides and rounds half away from zero; `divisor` is positive. */
export function divideRounded(value: bigint, divisor: bigint): bigint {
  const half = (2n * (value < 0n ? -value : value) + divisor) / (2n * divisor);
  return value < 0n ? -half : half;
}

/** Nano → minor units, rounded half away from zero. */
export const roundToMinor = (nano: bigint, currency: string): bigint =>
  divideRounded(nano, nanoPerMinor(currency));

/** Nano → minor units; null when the amount is not a whole number of them. */
export function nanoToMinor(nano: bigint, currency: string): bigint | null {
  const unit = nanoPerMinor(currency);
  return nano % unit === 0n ? nano / unit : null;
}

/** Minor units → nano; exact. */
export const minorToNano = (minor: bigint, currency: string): bigint => minor * nanoPerMinor(currency);

/** Minor units → decimal text of the major unit with the currency's own decimals: "12.34", "1234" for JPY. */
export function formatMinor(minor: bigint, currency: string): string {
  const exponent = minorExponent(currency);
  const sign = minor < 0n ? '-' : '';
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0');
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
