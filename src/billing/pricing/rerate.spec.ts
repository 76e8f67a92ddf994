import fc from 'fast-check';
import { PriceSheet, type PriceVersion } from '../../catalog/price.js';
import { readTriedPrices, triedSheets } from './preview-prices.js';
import { PreviewFold, rerate, type PastLine } from './rerate.js';

const line = (over: Partial<PastLine> = {}): PastLine => ({
  multiplierPpm: 1_000_000,
  serviceTier: null,
  organizationId: 'o',
  modelId: 'm',
  providerId: 'p',
  currency: 'USD',
  tokenClass: 'input',
  pricedAs: 'input',
  inputTokens: 10,
  quantity: 1_001n,
  amountNano: 3_003_000n,
  ...over,
});
const version = (unitPricePico: bigint, over: Partial<PriceVersion> = {}): PriceVersion => ({
  id: 'x',
  tokenClass: 'input',
  tierFrom: 0,
  unitPricePico,
  currency: 'USD',
  validFromMs: 0,
  ...over,
});

it('rounds each line once, half up, as rating does', () => {
  expect(rerate(line(), new PriceSheet([version(2_500_500n)]))).toBe(2_503_001n);
});

it('a reversal is exactly the negative of its charge, at any price', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 10n ** 9n }),
      fc.bigInt({ min: 0n, max: 10n ** 9n }),
      (quantity, pico) => {
        const sheet = new PriceSheet([version(pico)]);
        const charged = rerate(line({ quantity }), sheet) ?? -1n;
        expect(rerate(line({ quantity: -quantity }), sheet)).toBe(-charged);
      },
    ),
  );
});

it('gives the sums back unchanged when the prices are those that were charged', () => {
  const past = fc.record({
    organizationId: fc.constantFrom('a', 'b'),
    modelId: fc.constantFrom('m', 'n'),
    quantity: fc.bigInt({ min: -1_000_000n, max: 1_000_000n }).filter((quantity) => quantity !== 0n),
  });
  fc.assert(
    fc.property(fc.array(past), fc.bigInt({ min: 0n, max: 10n ** 8n }), (parts, pico) => {
      const sheet = new PriceSheet([version(pico)]);
      const lines = parts.map((part) => line({ ...part, amountNano: rerate(line(part), sheet) ?? 0n }));
      const fold = new PreviewFold(() => sheet);
      lines.forEach((one) => fold.add(one));
      const sums = fold.finish();
      for (const sum of sums) expect([sum.previewNano, sum.keptQuantity]).toEqual([sum.amountNano, 0n]);
      expect(sums.reduce((total, { amountNano }) => total + amountNano, 0n)).toBe(
        lines.reduce((total, { amountNano }) => total + amountNano, 0n),
      );
    }),
  );
});

it('takes the tier of the call, the stand-in where the class has no price, and keeps what has neither', () => {
  const sheet = new PriceSheet([version(1_000n), version(2_000n, { tierFrom: 11 })]);
  expect(rerate(line({ quantity: 1n }), sheet)).toBe(1n);
  expect(rerate(line({ quantity: 1n, inputTokens: 11 }), sheet)).toBe(2n);
  expect(rerate(line({ quantity: 1n, tokenClass: 'cache_read' }), sheet)).toBe(1n);
  expect(rerate(line({ tokenClass: 'output', pricedAs: 'output' }), sheet)).toBeUndefined();
  const fold = new PreviewFold(() => sheet);
  fold.add(line({ tokenClass: 'output', pricedAs: 'output', quantity: 7n, amountNano: 5n }));
  expect(fold.finish()).toMatchObject([{ keptQuantity: 7n, amountNano: 5n, previewNano: 5n }]);
});

describe('triedSheets', () => {
  const tried = (over: object = {}) => ({
    model: 'm',
    token_class: 'input' as const,
    unit_price: '3',
    ...over,
  });
  it('reads prices as they are quoted', () => {
    expect(triedSheets([tried()], 'USD').get('m')?.priceOf('input', 5)?.unitPricePico).toBe(3_000_000n);
    const search = tried({ token_class: 'search', unit_price: '0.001' });
    expect(triedSheets([search], 'USD').get('m')?.priceOf('search', 5)?.unitPricePico).toBe(1_000_000_000n);
  });
  it.each([
    [[tried({ unit_price: '0.0000001' })], 'prices.0.unit_price'],
    [[tried(), tried()], 'prices.1'],
    [[tried({ tier_from: 5 })], 'prices.0.tier_from'],
  ])('refuses %j', (prices, param) => {
    expect(() => triedSheets(prices, 'USD')).toThrow(
      expect.objectContaining({ kind: 'invalid_request', details: expect.objectContaining({ param }) }),
    );
  });
});

describe('readTriedPrices', () => {
  it('reads a list of prices', () => {
    const list = [{ model: 'm', token_class: 'input', unit_price: '3' }];
    expect(readTriedPrices(JSON.stringify(list))).toEqual([{ ...list[0], tier_from: 0 }]);
  });
  it.each([
    'x',
    '{}',
    '[]',
    '[7]',
    '[{"model":"m","token_class":"input","unit_price":3}]',
    '[{"model":"m","token_class":"words","unit_price":"3"}]',
    '[{"model":"m","token_class":"input","unit_price":"3","tier_from":-1}]',
  ])('refuses %j', (text) => {
    expect(() => readTriedPrices(text)).toThrow(expect.objectContaining({ kind: 'invalid_request' }));
  });
});
