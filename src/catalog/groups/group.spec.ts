import fc from 'fast-check';
import { MAX_AMOUNT, multipliedPico } from '../../core/money.js';
import { formatMultiplier, judgeMultiplier, parseMultiplier } from './group.js';

describe('the multiplier of a group', () => {
  it('is read and written without a loss', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1_000_000_000n }), (ppm) => {
        expect(parseMultiplier(formatMultiplier(ppm))).toBe(ppm);
      }),
    );
    expect([0n, 500_000n, 1_000_000n, 1_250_000n, 1_000_000_000n].map(formatMultiplier)).toEqual([
      '0',
      '0.5',
      '1',
      '1.25',
      '1000',
    ]);
  });

  it.each([['-1'], ['1.0000001'], ['1000.1'], ['1e3'], [''], ['NaN'], [1.5], [null]])(
    'is not %j',
    (value) => {
      expect(judgeMultiplier(value)).not.toBeNull();
    },
  );

  it('makes a price that is off by half a pico at most, upwards when exactly between', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: MAX_AMOUNT }),
        fc.bigInt({ min: 0n, max: 1_000_000_000n }),
        (pico, ppm) => {
          const off = multipliedPico(pico, ppm) * 1_000_000n - pico * ppm;
          expect(off > -500_000n && off <= 500_000n).toBe(true);
        },
      ),
    );
  });
});
