import { createHash } from 'node:crypto';

const NINE = /^[a-zA-Z0-9]{9}$/;

/**
 * A tool call id in the only form that Mistral takes: an id that fits stays, any other becomes its hash. The same id
 * always gives the same text, so calls and results keep together; the way back is not needed, for a history is always
 * the caller's own and answers bring new ids. Two ids of one conversation meet with a chance of 1 in 10^14.
 */
export function nineAlphanumerics(id: string): string {
  if (NINE.test(id)) return id;
  const number = createHash('sha256').update(id).digest().readBigUInt64BE();
  return number.toString(36).padStart(13, '0').slice(-9);
}
