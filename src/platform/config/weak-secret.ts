const MIN_LENGTH = 32;
const MIN_DISTINCT = 8;
/** What people write where a secret should be. */
const WORDS = ['change', 'example', 'password', 'placeholder', 'secret-key', 'secret_key', 'your-', 'your_'];
const SPELLINGS = WORDS.flatMap((word) => [
  word,
  word.toUpperCase(),
  (word[0] ?? '').toUpperCase() + word.slice(1),
]);

/**
 * What is wrong with a secret, or undefined. It finds what people make up, not what is generated: 16 random bytes or more, in
 * hex or base64, are refused less than once in a million.
 */
export function weaknessOf(secret: string): string | undefined {
  if (secret.length < MIN_LENGTH) return `must have at least ${MIN_LENGTH} characters`;
  const isGuessable =
    new Set(secret).size < MIN_DISTINCT || /^\d+$/.test(secret) || repeats(secret) || isSequence(secret);
  if (isGuessable) return 'is too easy to guess';
  const word = SPELLINGS.find((spelling) => secret.includes(spelling));
  return word && `is too easy to guess: it holds "${word}"`;
}

/** Whether a text is its own beginning again and again. */
function repeats(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period += 1)
    if (text.startsWith(text.slice(period))) return true;
  return false;
}

/** Whether nine in ten characters follow the one before them, as in "abcdef" and "543210". */
function isSequence(text: string): boolean {
  let steps = 0;
  for (let at = 1; at < text.length; at += 1)
    if (Math.abs(text.charCodeAt(at) - text.charCodeAt(at - 1)) <= 1) steps += 1;
  return steps * 10 >= (text.length - 1) * 9;
}
