import fc from 'fast-check';
import { countTokens, firstTokens, splitTokens } from './token-count.js';

describe('token counts', () => {
  it('agree with the pieces a text is split into, which lose nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, limit) => {
        const tokens = splitTokens(text);
        expect(tokens.join('')).toBe(text);
        expect(tokens).toHaveLength(countTokens(text));
        expect(firstTokens(text, limit)).toBe(tokens.slice(0, limit).join(''));
      }),
    );
  });

  it('count characters, not UTF-16 units', () => {
    expect(countTokens('🚀🚀🚀🚀')).toBe(1);
    expect(countTokens('abcde')).toBe(2);
    expect(countTokens('')).toBe(0);
  });
});
