import fc from 'fast-check';
import { displayStart, generateSecret, hashSecret, isWellFormedSecret, last4 } from './key-material.js';

const PEPPER = 'pepper-pepper-pepper-pepper-0123456789';
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('a secret', () => {
  it('is well formed and never the same, a hundred thousand times', () => {
    const seen = new Set<string>();
    let malformed = 0;
    for (let count = 0; count < 100_000; count++) {
      const secret = generateSecret('fg_live');
      if (!isWellFormedSecret(secret, 'fg_live')) malformed++;
      seen.add(secret);
    }
    expect(malformed).toBe(0);
    expect(seen.size).toBe(100_000);
  });

  it('has the published form', () => {
    expect(generateSecret('fg_live')).toMatch(/^fg_live_[0-9A-Za-z]{38}$/);
    expect(generateSecret('fg_admin')).toMatch(/^fg_admin_[0-9A-Za-z]{38}$/);
  });

  it('uses every character about equally often', () => {
    const counts = new Map<string, number>();
    for (let count = 0; count < 5_000; count++) {
      for (const char of generateSecret('fg_live').slice(8, 40))
        counts.set(char, (counts.get(char) ?? 0) + 1);
    }
    const expected = (5_000 * 32) / 62;
    let chiSquare = 0;
    for (const char of BASE62) chiSquare += ((counts.get(char) ?? 0) - expected) ** 2 / expected;
    expect(chiSquare).toBeLessThan(140); // 61 degrees of freedom: exceeded once in about ten million runs
  });

  it('is refused after any single character was changed', () => {
    const secret = generateSecret('fg_live');
    for (let at = 0; at < secret.length; at++) {
      for (const char of `${BASE62}_-. é`) {
        if (char === secret[at]) continue;
        const changed = secret.slice(0, at) + char + secret.slice(at + 1);
        expect(isWellFormedSecret(changed, 'fg_live')).toBe(false);
      }
    }
  });

  it('is refused when characters are cut, added or swapped', () => {
    fc.assert(
      fc.property(fc.nat(44), (at) => {
        const secret = generateSecret('fg_live');
        expect(isWellFormedSecret(secret.slice(0, at) + secret.slice(at + 1), 'fg_live')).toBe(false);
        expect(isWellFormedSecret(`${secret.slice(0, at)}a${secret.slice(at)}`, 'fg_live')).toBe(false);
        const [one, other] = [secret[at], secret[at + 1]];
        if (one !== other) {
          const swapped = `${secret.slice(0, at)}${other}${one}${secret.slice(at + 2)}`;
          expect(isWellFormedSecret(swapped, 'fg_live')).toBe(false);
        }
      }),
    );
  });

  it('is refused under the other prefix, and nonsense never throws', () => {
    expect(isWellFormedSecret(generateSecret('fg_live'), 'fg_admin')).toBe(false);
    expect(isWellFormedSecret(generateSecret('fg_admin').replace('fg_admin', 'fg_live'), 'fg_live')).toBe(
      false,
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(isWellFormedSecret(text, 'fg_live')).toBe(false);
        expect(isWellFormedSecret(`fg_live_${text}`, 'fg_live')).toBe(false);
      }),
    );
  });
});

describe('what is stored of a secret', () => {
  it('depends on the secret and on the pepper, and shows eight of its characters', () => {
    const secret = generateSecret('fg_live');
    const hash = hashSecret(secret, PEPPER);
    expect(hash).toHaveLength(32);
    expect(hash.equals(hashSecret(secret, PEPPER))).toBe(true);
    expect(hash.equals(hashSecret(secret, `${PEPPER}!`))).toBe(false);
    expect(hash.equals(hashSecret(generateSecret('fg_live'), PEPPER))).toBe(false);
    expect(displayStart(secret)).toBe(secret.slice(0, 12));
    expect(displayStart(generateSecret('fg_admin'))).toHaveLength(13);
    expect(last4(secret)).toBe(secret.slice(-4));
  });
});
