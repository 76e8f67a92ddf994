import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { base62 } from '../../core/ids.js';
import { derivePurposeKey } from '../../platform/crypto/sealed-box.js';

/** What a secret opens: the customers' API or the admins'. */
export type SecretPrefix = 'fg_live' | 'fg_admin';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
/** The largest multiple of 62 in a byte; larger bytes are drawn again, so that every character is as likely. */
const FAIR_BYTES = 248;
/** Random characters shown of a stored key. */
const SHOWN_CHARACTERS = 4;

/** 32 random base-62 characters: 190 bits. */
function randomCharacters(): string {
  let text = '';
  while (text.length < RANDOM_LENGTH) {
    for (const byte of randomBytes(RANDOM_LENGTH * 2)) {
      if (byte < FAIR_BYTES && text.length < RANDOM_LENGTH) text += ALPHABET[byte % 62];
    }
  }
  return text;
}

const checksum = (text: string): string => base62(BigInt(crc32(text)), CHECKSUM_LENGTH);

/**
 * A new secret: prefix, 32 random base-62 characters, and the CRC-32 of all that as 6 base-62 characters, so
 * that a mistyped or cut key is refused without asking the database (the form of GitHub's tokens).
 */
export function generateSecret(prefix: SecretPrefix): string {
  const body = `${prefix}_${randomCharacters()}`;
  return body + checksum(body);
}

/** True when the text has the form of a secret with this prefix and its checksum is right. */
export function isWellFormedSecret(secret: string, prefix: SecretPrefix): boolean {
  const start = `${prefix}_`;
  if (secret.length !== start.length + RANDOM_LENGTH + CHECKSUM_LENGTH || !secret.startsWith(start))
    return false;
  if (!/^[0-9A-Za-z]+$/.test(secret.slice(start.length))) return false;
  return checksum(secret.slice(0, -CHECKSUM_LENGTH)) === secret.slice(-CHECKSUM_LENGTH);
}

const hashKeys = new Map<string, Buffer>();

/**
 * What is stored of a secret: HMAC-SHA-256 under a key derived from the pepper. A dump of the database alone
 * therefore tells nothing, and no slow hash is needed for a secret of 190 random bits.
 */
export function hashSecret(secret: string, pepper: string): Buffer {
  let key = hashKeys.get(pepper);
  if (key === undefined) {
    key = derivePurposeKey(pepper, 'key-hash');
    hashKeys.set(pepper, key);
  }
  return createHmac('sha256', key).update(secret).digest();
}

/** The start by which people recognise a key: "fg_live_3fK9". */
export const displayStart = (secret: string): string =>
  secret.slice(0, secret.lastIndexOf('_') + 1 + SHOWN_CHARACTERS);

/** The last four characters of a key. */
export const last4 = (secret: string): string => secret.slice(-4);

/** What is stored of a new secret. */
export interface StoredSecret {
  hash: Buffer;
  displayStart: string;
  last4: string;
}

/** The stored form of a secret; the secret itself is shown once and forgotten. */
export const storedForm = (secret: string, pepper: string): StoredSecret => ({
  hash: hashSecret(secret, pepper),
  displayStart: displayStart(secret),
  last4: last4(secret),
});
