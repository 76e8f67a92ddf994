import fc from 'fast-check';
import { nanoPerMinor, roundToMinor } from '../../core/currency.js';
import { roundLines, taxOn, type ExactLine } from './minor-shares.js';
import type { Tax } from './tax/tax-decision.js';

const vat: Tax = { category: 'S', ratePpm: 190_000 };
const line = (amountNano: bigint, tax: Tax = vat): ExactLine => ({ amountNano, tax });

it('gives the cents that rounding leaves over to the lines with the largest remainders', () => {
  const third = 3_333_333_333n;
  const { lines, netMinor, taxMinor, totalMinor } = roundLines(
    [line(third), line(third), line(third + 1n)],
    'USD',
  );
  expect(lines.map(({ amountMinor }) => amountMinor)).toEqual([333n, 333n, 334n]);
  expect([netMinor, taxMinor, totalMinor]).toEqual([1_000n, 190n, 1_190n]);
});

it.each([
  [10_000n, 88_750, 888n],
  [1_000n, 190_000, 190n],
  [1n, 500_000, 1n],
  [-1n, 500_000, -1n],
])('tax on %s at %i ppm is %s: rounded half away from zero', (base, ppm, tax) => {
  expect(taxOn(base, ppm)).toBe(tax);
});

it.each([
  ['JPY', 1_234_500_000_000n, 1_235n],
  ['KWD', 1_234_500_000_000n, 1_234_500n],
])('%s has minor units of its own', (currency, nano, minor) => {
  expect(roundLines([line(nano)], currency).netMinor).toBe(minor);
});

it('is right for any lines: they add up to their group, the groups to the net, and no line is off by a minor unit', () => {
  const taxes = fc.constantFrom<Tax>(vat, { category: 'AE', ratePpm: 0 }, { category: 'S', ratePpm: 88_750 });
  const amounts = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
  const lines = fc.array(fc.record({ amountNano: amounts, tax: taxes }), { maxLength: 30 });
  fc.assert(
    fc.property(lines, fc.constantFrom('JPY', 'USD', 'KWD'), (given, currency) => {
      const result = roundLines(given, currency);
      for (const group of result.groups) {
        const mine = result.lines.filter(
          ({ tax }) => tax.category === group.category && tax.ratePpm === group.ratePpm,
        );
        const exact = mine.reduce((total, { amountNano }) => total + amountNano, 0n);
        expect(mine.reduce((total, { amountMinor }) => total + amountMinor, 0n)).toBe(group.baseMinor);
        expect(group.baseMinor).toBe(roundToMinor(exact, currency));
        expect(group.taxMinor).toBe(taxOn(group.baseMinor, group.ratePpm));
      }
      for (const { amountMinor, amountNano } of result.lines) {
        const off = amountMinor * nanoPerMinor(currency) - amountNano;
        expect(off < 0n ? -off : off).toBeLessThan(nanoPerMinor(currency));
      }
      expect(result.netMinor).toBe(result.groups.reduce((total, { baseMinor }) => total + baseMinor, 0n));
      expect(result.totalMinor).toBe(result.netMinor + result.taxMinor);
      expect(result.lines).toHaveLength(given.length);
    }),
  );
});
