import fc from 'fast-check';
import { base62, parseShortId, shortId, uuidv7 } from './ids.js';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('a number in base 62', () => {
  it('has the digits that dividing one by one gives, and no zeros in front but to its width', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), fc.nat({ max: 24 }), (value, width) => {
        let digits = '';
        for (let rest = value; rest > 0n; rest /= 62n) digits = DIGITS[Number(rest % 62n)] + digits;
        expect(base62(value, width)).toBe(digits.padStart(width, '0'));
      }),
    );
  });

  it('of a UUID leads back to it', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        expect(parseShortId(shortId(uuid))).toBe(uuid);
      }),
    );
  });
});

describe('a time-ordered UUID', () => {
  const made = Array.from({ length: 2_000 }, () => uuidv7());

  it('says its version, its variant and its millisecond', () => {
    const before = Date.now();
    const uuid = uuidv7();
    const ms = Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16);
    expect(ms).toBeGreaterThanOrEqual(before);
    expect(ms).toBeLessThanOrEqual(Date.now());
    for (const each of made)
      expect(each).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('is never made twice, and of many every digit that is drawn takes every value', () => {
    expect(new Set(made).size).toBe(made.length);
    for (const place of [15, 16, 17, 20, 21, 22, 24, 30, 35]) {
      expect(new Set(made.map((uuid) => uuid[place])).size).toBe(16);
    }
    expect(new Set(made.map((uuid) => uuid[19]))).toEqual(new Set(['8', '9', 'a', 'b']));
  });
});
