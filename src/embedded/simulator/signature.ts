import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Seed } from './seed.js';

/** Not a secret: it only makes a signature hard to get right by accident. */
const SIGNING_KEY = 'faregate-upstream-simulator';
const SALT_BYTES = 12;

const mac = (salt: Buffer, thinking: string): Buffer =>
  createHmac('sha256', SIGNING_KEY).update(salt).update(thinking).digest();

/** The signature of a thinking block, over the text as it is shown (empty when the text is withheld). */
export function signThinking(thinking: string, seed: Seed): string {
  const salt = Buffer.from(seed.letters(SALT_BYTES, 'signature'));
  return Buffer.concat([salt, mac(salt, thinking)]).toString('base64');
}

/** True when the signature was made by signThinking for exactly this text. */
export function isSignatureOf(thinking: string, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64');
  const expected = mac(bytes.subarray(0, SALT_BYTES), thinking);
  const given = bytes.subarray(SALT_BYTES);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
