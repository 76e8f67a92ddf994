import type { ThinkingSignature } from '../completion.js';
import { issuedText, parseIssued } from '../signature-text.js';

/** Issuer of the signatures and encrypted blocks that Anthropic makes. */
export const ISSUER = 'anthropic';

/**
 * A signature travels in Anthropic's `signature` member. One made by another vendor is written with its issuer: a client
 * of this protocol replays it untouched, and it goes back to its own issuer only. Anthropic's own is written as it is.
 */
export const signatureText = (signature: ThinkingSignature): string =>
  signature.issuer === ISSUER && parseIssued(signature.value) === undefined
    ? signature.value
    : issuedText(signature);

/** The inverse of signatureText. An empty text is no signature. */
export function parseSignature(text: string): ThinkingSignature | undefined {
  return text === '' ? undefined : (parseIssued(text) ?? { issuer: ISSUER, value: text });
}
