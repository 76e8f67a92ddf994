import fc from 'fast-check';
import {
  CURRENCIES,
  divideRounded,
  formatMinor,
  minorExponent,
  minorToNano,
  nanoPerMinor,
  nanoToMinor,
  roundToMinor,
} from './currency.js';

it.each([
  ['USD', 2],
  ['EUR', 2],
  ['JPY', 0],
  ['KRW', 0],
  ['KWD', 3],
  ['TND', 3],
])('%s has %i decimals', (currency, exponent) => {
  expect(minorExponent(currency)).toBe(exponent);
});

it('knows every currency once, and none that is not in circulation', () => {
  expect(new Set(CURRENCIES).size).toBe(CURRENCIES.length);
  expect(CURRENCIES.every((code) => /^[A-Z]{3}$/.test(code))).toBe(true);
  for (const code of ['DEM', 'XXX', 'XAU', 'usd', '']) expect(() => minorExponent(code)).toThrow(RangeError);
});

it.each([
  [5_000_000n, 'USD', 1n],
  [4_999_999n, 'USD', 0n],
  [-5_000_000n, 'USD', -1n],
  [500_000_000n, 'JPY', 1n],
  [499_999_999n, 'JPY', 0n],
  [500_000n, 'KWD', 1n],
])('rounds %s nano of %s to %s minor units', (nano, currency, minor) => {
  expect(roundToMinor(nano, currency)).toBe(minor);
});

it.each([
  [1234n, 'USD', '12.34'],
  [-5n, 'USD', '-0.05'],
  [1234n, 'JPY', '1234'],
  [1n, 'KWD', '0.001'],
])('writes %s minor units of %s as %s', (minor, currency, text) => {
  expect(formatMinor(minor, currency)).toBe(text);
});

it('says when an amount is not a whole number of minor units', () => {
  expect(nanoToMinor(10_000_000n, 'USD')).toBe(1n);
  expect(nanoToMinor(10_000_001n, 'USD')).toBeNull();
});

it('never rounds by more than half a minor unit, and the same on both sides of zero', () => {
  const amounts = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
  fc.assert(
    fc.property(amounts, fc.constantFrom('JPY', 'USD', 'KWD'), (nano, currency) => {
      const off = minorToNano(roundToMinor(nano, currency), currency) - nano;
      expect(2n * (off < 0n ? -off : off)).toBeLessThanOrEqual(nanoPerMinor(currency));
      expect(divideRounded(-nano, 7n)).toBe(-divideRounded(nano, 7n));
    }),
  );
});
