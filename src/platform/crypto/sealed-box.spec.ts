import fc from 'fast-check';
import { SealBrokenError, SealedBox } from './sealed-box.js';

const SECRET = 'correct horse battery staple 0123456789';
const box = new SealedBox(SECRET, 'provider-credential');

describe('a sealed value', () => {
  it('opens at its own place, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, aad) => {
        expect(box.open(box.seal(text, aad), aad)).toBe(text);
      }),
    );
  });

  it('does not open when it is moved to another row', () => {
    const sealed = box.seal('sk-upstream', 'provider:1');
    expect(() => box.open(sealed, 'provider:2')).toThrow(SealBrokenError);
  });

  it('does not open for another purpose of the same secret, nor under another secret', () => {
    const sealed = box.seal('sk-upstream', 'provider:1');
    expect(() => new SealedBox(SECRET, 'idempotency').open(sealed, 'provider:1')).toThrow(SealBrokenError);
    expect(() => new SealedBox(`${SECRET}!`, 'provider-credential').open(sealed, 'provider:1')).toThrow(
      SealBrokenError,
    );
  });

  it('does not open after any single bit was flipped, or when cut', () => {
    const sealed = box.seal('sk-upstream', 'provider:1');
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const changed = Buffer.from(sealed);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(() => box.open(changed, 'provider:1')).toThrow(SealBrokenError);
      }),
    );
    for (const length of [0, 1, 12, 28, sealed.length - 1]) {
      expect(() => box.open(sealed.subarray(0, length), 'provider:1')).toThrow(SealBrokenError);
    }
  });

  it('never looks the same twice and never shows its text', () => {
    const [one, other] = [box.seal('sk-upstream', 'a'), box.seal('sk-upstream', 'a')];
    expect(one.equals(other)).toBe(false);
    expect(one.includes('sk-upstream')).toBe(false);
  });
});
