import type { ThinkingSignature } from '../completion.js';

/** Issuer of the signatures and encrypted blocks that Anthropic makes. */
export const ISSUER = 'anthropic';

/**
 * A signature travels in Anthropic's `signature` member, which holds base64 and so never a colon. One made by another
 * vendor is written "issuer:value": a client of this protocol replays it untouched, and it goes back to
 * its own issuer only. Anthropic's own is written as it is.
 */
export const signatureText = ({ issuer, value }: ThinkingSignature): string =>
  issuer === ISSUER && !FOREIGN.test(value) ? value : `${issuer}:${value}`;

const FOREIGN = /^([a-z][a-z0-9-]{0,40}):/;

/** The inverse of signatureText. An empty text is no signature. */
export function parseSignature(text: string): ThinkingSignature | undefined {
  if (text === '') return undefined;
  const issuer = FOREIGN.exec(text)?.[1];
  return issuer === undefined
    ? { issuer: ISSUER, value: text }
    : { issuer, value: text.slice(issuer.length + 1) };
}
