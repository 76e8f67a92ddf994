import fc from 'fast-check';
import { base62, parseShortId, shortId } from './ids.js';

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
