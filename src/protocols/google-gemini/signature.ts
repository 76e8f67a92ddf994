import type { ThinkingSignature } from '../completion.js';

/** Issuer of the thought signatures that Google makes. */
export const ISSUER = 'google';

/**
 * Google's documented stand-in for a signature that a history does not have: Gemini 3 refuses a function call without
 * one (ai.google.dev/gemini-api/docs/thought-signatures).
 */
export const SKIP_VALIDATION = 'skip_thought_signature_validator';

/** Base64 of "faregate:". Nine bytes fill twelve characters, so what follows is base64 of its own. */
const FOREIGN = 'ZmFyZWdhdGU6';

/** What a `thoughtSignature` member carries. */
export type CarriedThought =
  { kind: 'signature'; signature: ThinkingSignature } | { kind: 'redacted'; data: string; issuer: string };

const wrap = (kind: 's' | 'r', issuer: string, value: string): string =>
  FOREIGN + Buffer.from(`${kind}:${issuer}:${value}`).toString('base64');

/**
 * A signature as a `thoughtSignature`, which clients read as base64 bytes. Google's own is written as it is; another
 * vendor's is wrapped, so that it comes back with the name of its issuer and goes to nobody else.
 */
export const signatureText = ({ issuer, value }: ThinkingSignature): string =>
  issuer === ISSUER && !value.startsWith(FOREIGN) ? value : wrap('s', issuer, value);

/** An encrypted block of thinking as a `thoughtSignature`. */
export const redactedText = (data: string, issuer: string): string => wrap('r', issuer, data);

/** The inverse of signatureText and redactedText; undefined for an empty text and for the stand-in, which is none. */
export function parseSignature(text: string | undefined): CarriedThought | undefined {
  if (text === undefined || text === '' || text === SKIP_VALIDATION) return undefined;
  if (text.startsWith(FOREIGN)) {
    const inner = Buffer.from(text.slice(FOREIGN.length), 'base64').toString('utf8');
    const [, kind, issuer, value] = /^([sr]):([a-z][a-z0-9-]{0,40}):([\s\S]*)$/.exec(inner) ?? [];
    if (issuer !== undefined && value !== undefined) {
      return kind === 'r'
        ? { kind: 'redacted', data: value, issuer }
        : { kind: 'signature', signature: { issuer, value } };
    }
  }
  return { kind: 'signature', signature: { issuer: ISSUER, value: text } };
}

/** The signature alone; an encrypted block is none. */
export function signatureOf(text: string | undefined): ThinkingSignature | undefined {
  const carried = parseSignature(text);
  return carried?.kind === 'signature' ? carried.signature : undefined;
}
