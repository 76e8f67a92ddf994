/** Characters (code points) that make one simulated token. */
export const CHARS_PER_TOKEN = 4;

/** Number of code points in a text. */
export function charCount(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) {
    const isHighSurrogate = (text.charCodeAt(at) & 0xfc00) === 0xd800;
    if (isHighSurrogate && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      count--;
      at++;
    }
  }
  return count;
}

/** Tokens of so many characters. */
export const tokensOfChars = (chars: number): number => Math.ceil(chars / CHARS_PER_TOKEN);

/** Tokens of a text: one for every four characters, the last one may be shorter. */
export const countTokens = (text: string): number => tokensOfChars(charCount(text));

/** A text cut into its tokens, `tokensPerPiece` at a time; never inside a surrogate pair. */
export function splitTokens(text: string, tokensPerPiece = 1): string[] {
  const chars = Array.from(text);
  const width = CHARS_PER_TOKEN * tokensPerPiece;
  const pieces: string[] = [];
  for (let at = 0; at < chars.length; at += width) pieces.push(chars.slice(at, at + width).join(''));
  return pieces;
}

/** The first `tokens` tokens of a text. */
export const firstTokens = (text: string, tokens: number): string =>
  Array.from(text)
    .slice(0, Math.max(0, tokens) * CHARS_PER_TOKEN)
    .join('');
