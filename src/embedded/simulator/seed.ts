import { createHash } from 'node:crypto';
import type { JsonObject } from '../../core/json.js';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A short digest of a text. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Choices that look random but depend on a text alone, so that the same request gets the same answer. */
export class Seed {
  constructor(private readonly text: string) {}

  /** The seed of a request; whether it streams does not change what is said. */
  static ofRequest(path: string, body: JsonObject): Seed {
    const { stream: _stream, stream_options: _options, ...said } = body;
    return new Seed(digest(path + JSON.stringify(said)));
  }

  /** Another seed, for a named part of the answer. */
  branch(label: string): Seed {
    return new Seed(`${this.text}/${label}`);
  }

  /** A whole number from 0 up to but not including `limit`. */
  below(limit: number, label: string): number {
    return this.bytes(label).readUInt32BE(0) % limit;
  }

  /** `count` (at most 32) letters and digits, as in vendors' ids. */
  letters(count: number, label: string): string {
    return Array.from(this.bytes(label).subarray(0, count), (byte) => LETTERS.charAt(byte % 62)).join('');
  }

  private bytes(label: string): Buffer {
    return createHash('sha256').update(`${this.text}#${label}`).digest();
  }
}
