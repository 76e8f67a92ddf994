/**
 * Walking a JSON text code by code: an element of a typed array costs one nanosecond, `charCodeAt`
 * on texts of every kind (joined, cut, internal) ten and more.
 */
const SHARED_LENGTH = 16_384;
const sharedBytes = Buffer.allocUnsafeSlow(2 * SHARED_LENGTH);
const shared = new Uint16Array(sharedBytes.buffer, 0, SHARED_LENGTH);

/**
 * The UTF-16 codes of the text; what is behind them is 0 or of no text, so look no further than its length. Good until the next
 * call: short texts share their place.
 */
export function codesOf(text: string): Uint16Array {
  if (text.length < SHARED_LENGTH) {
    sharedBytes.write(text, 0, 'utf16le');
    shared[text.length] = 0;
    return shared;
  }
  const bytes = Buffer.allocUnsafeSlow(2 * text.length + 2);
  bytes.write(text, 0, 'utf16le');
  const codes = new Uint16Array(bytes.buffer, 0, text.length + 1);
  codes[text.length] = 0;
  return codes;
}

const QUOTE = 34;
const BACKSLASH = 92;
/** Most names and short values end within this; beyond it the text is searched natively. */
const LOOKED_AT = 24;

/** Index behind the string literal that opens at `start`; `codes` are the text's. */
export function stringEnd(text: string, codes: Uint16Array, start: number): number {
  let end = start + 1;
  const near = Math.min(end + LOOKED_AT, text.length);
  while (end < near && codes[end] !== QUOTE) end += 1;
  if (codes[end] !== QUOTE) end = text.indexOf('"', end);
  while (end !== -1) {
    let slashes = 0;
    while (codes[end - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** Whether JSON lets this code stand between two tokens. */
export const isSpace = (code: number | undefined): boolean =>
  code === 32 || code === 10 || code === 13 || code === 9;

/** Index of the first code from `from` on that is no space. */
export function skipSpace(codes: Uint16Array, from: number): number {
  let at = from;
  while (isSpace(codes[at])) at += 1;
  return at;
}
