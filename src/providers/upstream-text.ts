/** The longest vendor message a caller is shown. */
const MAX_LENGTH = 1_000;

const REMOVED = '[removed]';

/** What could name the upstream's address or account, in the order in which it is taken out. */
const SECRETS: readonly RegExp[] = [
  // Addresses with a scheme.
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)\]]+/gi,
  // Authorization values.
  /\b(?:bearer|basic)\s+[\w.~+/=-]{6,}/gi,
  // Keys by their vendors' prefixes: OpenAI and its followers, Google, Groq, xAI, Hugging Face, AWS.
  /\b(?:sk|pk|rk|gsk|xai|hf|key|api|fg)[-_][\w-]{6,}(?:\*+[\w-]*)?/gi,
  /\bAIza[\w-]{10,}|\bA[KS]IA[A-Z0-9]{12,}/g,
  // Account names: OpenAI organizations and projects, xAI's teams and keys.
  /\b(?:org|proj|acct|user)[-_][A-Za-z0-9]{6,}/g,
  /\b(?:team|api key id): [\w-]+/gi,
  // Bare host names and addresses, with a port or path behind them.
  /\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|ai|dev|app|cloud|cn|eu|de|internal|local|lan|svc)(?::\d+)?(?:\/[^\s"'<>)\]]*)?/gi,
  /\blocalhost(?::\d+)?(?:\/[^\s"'<>)\]]*)?/gi,
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g,
  // Any other long run of letters and digits mixed.
  /\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9_-]{32,}\b/g,
];

/** A vendor's words, fit for a caller: without addresses, keys and account names, and not endless. */
export function publicText(text: string): string {
  const cleaned = SECRETS.reduce(
    (rest, secret) => rest.replace(secret, REMOVED),
    text.slice(0, 4 * MAX_LENGTH),
  );
  return cleaned
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH);
}
