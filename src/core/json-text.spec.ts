import fc from 'fast-check';
import { codesOf } from './json-text.js';

it('answers the codes that charCodeAt does, of any text of any length', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.integer({ min: 8_000, max: 20_000 }))
      .map(([piece, length]) => piece.repeat(length).slice(0, length)),
  );
  fc.assert(
    fc.property(text, (value) => {
      const codes = codesOf(value);
      expect(Array.from(codes.subarray(0, value.length), (code) => String.fromCharCode(code)).join('')).toBe(
        value,
      );
      expect(codes[value.length]).toBe(0);
    }),
    { numRuns: 60 },
  );
});
