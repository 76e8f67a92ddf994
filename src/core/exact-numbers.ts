/** A number as it stands in a JSON text: its digits, not the nearest double. */
export interface ExactNumber {
  /** The text of the number, such as "3e-06". */
  exact: string;
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * JSON.parse that keeps every number as the text it was written in: a price per token has more digits after the point
 * than a double can be trusted with. Throws SyntaxError as JSON.parse does.
 */
export function parseExactJson(text: string): unknown {
  return JSON.parse(
    text.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : `{"exact":"${token}"}`)),
  ) as unknown;
}

/** Whether a value of parseExactJson is a number. */
export function isExactNumber(value: unknown): value is ExactNumber {
  return (
    typeof value === 'object' && value !== null && typeof (value as Partial<ExactNumber>).exact === 'string'
  );
}

/** The largest exponent a price can have; beyond it the text is not worth multiplying out. */
const MAX_EXPONENT = 40;

/** A decimal with or without exponent, times 10^places, when that is a whole number; else undefined. */
export function scaleExactly(text: string, places: number): bigint | undefined {
  const match = /^(-?)(\d{1,30})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const shift = places + Number(exponent) - fraction.length;
  if (Math.abs(shift) > MAX_EXPONENT + places) return undefined;
  const digits = BigInt(sign + whole + fraction);
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  return digits % divisor === 0n ? digits / divisor : undefined;
}
