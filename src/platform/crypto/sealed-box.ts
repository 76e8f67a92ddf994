import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** First byte of every sealed value, so that a second key can be introduced beside the first. */
const KEY_ID = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A 256-bit key for one purpose out of one long secret (HKDF-SHA-256, RFC 5869). Two purposes never share a key,
 * so that what one of them seals is of no use to the other.
 */
export function derivePurposeKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `faregate:${purpose}`, 32));
}

/** A sealed value that was changed, moved to another place, or sealed under another key. */
export class SealBrokenError extends Error {
  override readonly name = 'SealBrokenError';
}

/**
 * Encrypts small values at rest: AES-256-GCM with a random 96-bit nonce.
 * Layout: key id (1 byte), nonce (12), ciphertext, tag (16).
 */
export class SealedBox {
  readonly #key: Buffer;

  /** `purpose` names what is sealed ("provider-credential"); another purpose cannot open it. */
  constructor(secret: string, purpose: string) {
    this.#key = derivePurposeKey(secret, purpose);
  }

  /** `aad` names the place the value belongs to ("provider:<uuid>"); it opens there and nowhere else. */
  seal(plaintext: string, aad: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const header = Buffer.from([KEY_ID]);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(
      Buffer.concat([header, Buffer.from(aad)]),
    );
    return Buffer.concat([
      header,
      nonce,
      cipher.update(plaintext, 'utf8'),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }

  /** The sealed text. Throws SealBrokenError when the value was not sealed by this key for this place. */
  open(sealed: Uint8Array, aad: string): string {
    const bytes = Buffer.from(sealed);
    if (bytes.length < 1 + NONCE_BYTES + TAG_BYTES || bytes[0] !== KEY_ID) {
      throw new SealBrokenError('not a sealed value of a known key');
    }
    const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.concat([bytes.subarray(0, 1), Buffer.from(aad)]))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const plain = decipher.update(bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES));
      return Buffer.concat([plain, decipher.final()]).toString('utf8');
    } catch {
      throw new SealBrokenError('the sealed value does not belong here, or was changed');
    }
  }
}
