import type { ThinkingSignature } from './completion.js';

/** What stands before a signature that names its issuer. Signatures are base64 and hold no colon. */
const ISSUED = /^([a-z][a-z0-9-]{0,40}):/;

/** A signature in a field that has no place for who made it: "issuer:value". */
export const issuedText = ({ issuer, value }: ThinkingSignature): string => `${issuer}:${value}`;

/** The inverse of issuedText; undefined for a text that names no issuer. */
export function parseIssued(text: string): ThinkingSignature | undefined {
  const issuer = ISSUED.exec(text)?.[1];
  return issuer === undefined ? undefined : { issuer, value: text.slice(issuer.length + 1) };
}
