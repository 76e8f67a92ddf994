import fc from 'fast-check';
import { roundPicoToNano } from '../../../core/money.js';
import { packageRestNano, startedPackages, type PackageUsage } from './package-usage.js';

const DOLLAR = 1_000_000_000n;
const usage = (quantity: bigint, over: Partial<PackageUsage> = {}): PackageUsage => ({
  modelId: 'vendor/model',
  tokenClass: 'search',
  priceVersionId: 'p1',
  size: 1_000n,
  priceNano: 5n * DOLLAR,
  quantity,
  ratedNano: (quantity * 5n * DOLLAR) / 1_000n,
  ...over,
});

it.each([
  [0n, 0n, 0n],
  [1n, 1n, 4_995_000_000n],
  [999n, 1n, 5_000_000n],
  [1_000n, 1n, 0n],
  [1_001n, 2n, 4_995_000_000n],
  [-3n, 0n, 0n],
])('%s calls begin %s packages of 1,000 and leave %s nano of them to pay', (quantity, packages, rest) => {
  expect(startedPackages(usage(quantity))).toBe(packages);
  expect(packageRestNano(usage(quantity))).toBe(rest);
});

it('calls and rest come to whole packages, never less than nothing or more than one package', () => {
  const calls = fc.array(fc.bigInt({ min: 1n, max: 100_000n }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(
      calls,
      fc.bigInt({ min: 2n, max: 50_000n }),
      fc.bigInt({ min: 1n, max: 10n ** 7n }),
      (each, size, pico) => {
        // A package whose unit price is a whole number of pico: 1,000 times the size of one that costs whole nano.
        const whole = size * 1_000n;
        const quantity = each.reduce((sum, call) => sum + call, 0n);
        const ratedNano = each.reduce((sum, call) => sum + roundPicoToNano(call * pico), 0n);
        const one = usage(quantity, { size: whole, priceNano: size * pico, ratedNano });
        const rest = packageRestNano(one);
        expect(rest).toBeGreaterThanOrEqual(0n);
        expect(rest).toBeLessThanOrEqual(one.priceNano + BigInt(each.length));
        const total = startedPackages(one) * one.priceNano;
        if (rest > 0n) expect(ratedNano + rest).toBe(total);
        else expect(ratedNano - total).toBeLessThanOrEqual(BigInt(each.length));
      },
    ),
  );
});
