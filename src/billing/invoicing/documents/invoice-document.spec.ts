import { documentLines, documentTaxes, percentText, taxNotes } from './invoice-document.js';

it.each([
  [190_000, '19'],
  [88_750, '8.875'],
  [0, '0'],
  [1, '0.0001'],
  [1_000_000, '100'],
  [200_000, '20'],
])('writes %i parts per million as %s per cent', (ppm, text) => {
  expect(percentText(ppm)).toBe(text);
});

it('prints tokens per million, searches per call, and credit without either', () => {
  const tax = { category: 'S', ratePpm: 190_000 } as const;
  const usage = {
    modelId: 'm',
    tokenClass: 'search' as const,
    priceVersionId: 'p',
    unitPricePico: 10_000_000_000n,
    quantity: 3n,
    amountNano: 30_000_000n,
  };
  const rest = { kind: 'usage' as const, description: 'd', amountNano: 30_000_000n, amountMinor: 3n, tax };
  const lines = documentLines(
    [
      { ...rest, usage },
      { ...rest, usage: { ...usage, tokenClass: 'input', unitPricePico: 3_000_000n } },
      { ...rest, kind: 'promo' },
    ],
    'USD',
  );
  expect(lines.map(({ quantity, unit, unit_price, amount }) => [quantity, unit, unit_price, amount])).toEqual(
    [
      ['3', 'calls', '0.010000000000', '0.03'],
      ['3', 'tokens', '3.000000', '0.03'],
      ['', '', '', '0.03'],
    ],
  );
});

it('says once why a tax is not charged', () => {
  const group = { category: 'AE', ratePpm: 0, baseMinor: 5n, taxMinor: 0n } as const;
  expect(taxNotes([group, group])).toEqual([expect.stringContaining('Reverse charge')]);
  expect(documentTaxes([group], 'EUR')).toEqual([{ category: 'AE', rate: '0', base: '0.05', tax: '0.00' }]);
});
