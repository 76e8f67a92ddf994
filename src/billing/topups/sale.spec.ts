import fc from 'fast-check';
import { nanoPerMinor } from '../../core/currency.js';
import { creditAgain, netOfMoney, shareMoney, taxOnCredit, type Sale } from './sale.js';

const CENT = 10_000_000n;
const saleOf = (netMinor: bigint, ratePpm: number, currency = 'EUR'): Sale => {
  const tax = { category: ratePpm === 0 ? ('Z' as const) : ('S' as const), ratePpm };
  const netNano = netMinor * nanoPerMinor(currency);
  return { currency, netNano, taxNano: taxOnCredit(netNano, { tax, currency }), tax };
};
const sales = fc
  .tuple(
    fc.bigInt({ min: 1n, max: 10_000_000n }),
    fc.integer({ min: 0, max: 300_000 }),
    fc.constantFrom('EUR', 'JPY', 'KWD'),
  )
  .map(([netMinor, ratePpm, currency]) => saleOf(netMinor, ratePpm, currency));

it('charges the tax on top of the credit, rounded once', () => {
  expect(saleOf(5_000n, 190_000).taxNano).toBe(950n * CENT);
  expect(saleOf(1_234n, 88_750).taxNano).toBe(110n * CENT);
  expect(taxOnCredit(50n * CENT, { tax: null, currency: 'EUR' })).toBe(0n);
});

it('without a debt everything is credit and its tax; without a tax the debt takes exactly itself', () => {
  fc.assert(
    fc.property(sales, (sale) => {
      const { netNano, taxNano } = sale;
      expect(shareMoney(sale, 0n)).toEqual({ debtNano: 0n, creditNano: netNano, taxNano, roundingNano: 0n });
    }),
  );
  expect(shareMoney({ currency: 'EUR', netNano: 10n, taxNano: 0n, tax: null }, 4n)).toEqual({
    debtNano: 4n,
    creditNano: 6n,
    taxNano: 0n,
    roundingNano: 0n,
  });
});

it('a debt takes its share of credit and tax; all the money is somewhere, and rounding is below two minor units', () => {
  fc.assert(
    fc.property(sales, fc.bigInt({ min: 0n, max: 10n ** 18n }), (sale, wanted) => {
      const grossNano = sale.netNano + sale.taxNano;
      const debtNano = wanted % (grossNano + 1n);
      const { creditNano, taxNano, roundingNano } = shareMoney(sale, debtNano);
      expect(debtNano + creditNano + taxNano + roundingNano).toBe(grossNano);
      expect(creditNano >= 0n && creditNano <= sale.netNano && taxNano >= 0n).toBe(true);
      const most = 2n * nanoPerMinor(sale.currency);
      expect(roundingNano < most && -roundingNano < most).toBe(true);
      if (debtNano === grossNano) expect(creditNano).toBe(0n);
    }),
  );
});

it('money given back in any number of parts takes exactly the credit of the sale, in whole minor units', () => {
  const cuts = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 6 });
  fc.assert(
    fc.property(sales, cuts, (sale, points) => {
      const unit = nanoPerMinor(sale.currency);
      const grossMinor = (sale.netNano + sale.taxNano) / unit;
      const marks = [...points.map((point) => (grossMinor * BigInt(point)) / 1_000_000n), grossMinor].sort(
        (a, b) => (a < b ? -1 : 1),
      );
      let taken = 0n;
      let net = 0n;
      for (const mark of marks) {
        const part = netOfMoney(sale, taken, mark * unit - taken);
        expect(part >= 0n && part % unit === 0n).toBe(true);
        net += part;
        taken = mark * unit;
      }
      expect(net).toBe(sale.netNano);
    }),
  );
});

it('credit that comes back is taxed as its sale was', () => {
  const sale = saleOf(5_000n, 190_000);
  // Twenty of it kept, and 11.90 that had paid a debt, tax included.
  expect(creditAgain(sale, 2_000n * CENT, 1_190n * CENT)).toEqual({
    netNano: 3_000n * CENT,
    taxNano: 570n * CENT,
  });
  expect(creditAgain(sale, 4_000_000n, 0n)).toEqual({ netNano: 0n, taxNano: 0n });
});
