import fc from 'fast-check';
import { addSums } from './column-sums.js';

const nano = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const text = (units: bigint): string => {
  const digits = (units < 0n ? -units : units).toString().padStart(10, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
};

it('adds the sums of parts exactly, by name and currency', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('EUR', 'USD'), nano), { maxLength: 20 }), (parts) => {
      const sums = addSums(
        parts.map(([currency, units]) => ({ name: 'amount', currency, sum: text(units) })),
      );
      for (const currency of ['EUR', 'USD']) {
        const units = parts.filter((part) => part[0] === currency).map((part) => part[1]);
        const found = sums.find((sum) => sum.currency === currency);
        if (units.length === 0) expect(found).toBeUndefined();
        else expect(found?.sum).toBe(text(units.reduce((a, b) => a + b, 0n)));
      }
    }),
  );
});

it('refuses sums that have not as many decimals', () => {
  const of = (sum: string) => ({ name: 'amount', currency: 'EUR', sum });
  expect(() => addSums([of('1.00'), of('1.000')])).toThrow('not the same decimals');
});
