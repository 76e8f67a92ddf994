import fc from 'fast-check';
import { PriceSheet, type PriceVersion } from '../../price.js';
import type { PriceRecord, Sku } from '../prices.repository.js';
import { ADJUSTMENT_LIMITS, adjustedPrice } from './adjusted-price.js';
import { planPublication } from './plan-publication.js';

const pico = fc.bigInt({ min: 0n, max: 10n ** 15n });
const ppm = fc.integer(ADJUSTMENT_LIMITS);

describe('adjustedPrice', () => {
  it('is exact or absent: never rounded, for any price and any adjustment', () => {
    fc.assert(
      fc.property(pico, ppm, (price, by) => {
        const adjusted = adjustedPrice(price, by);
        const exact = price * BigInt(1_000_000 + by);
        if (adjusted === undefined) expect(exact % 1_000_000n).not.toBe(0n);
        else expect(adjusted * 1_000_000n).toBe(exact);
      }),
    );
  });

  it('charges what the base would have been charged times the adjustment, to the last pico', () => {
    fc.assert(
      fc.property(pico, ppm, fc.bigInt({ min: 0n, max: 10n ** 9n }), (price, by, quantity) => {
        const adjusted = adjustedPrice(price * 1_000_000n, by);
        expect((adjusted ?? -1n) * quantity * 1_000_000n).toBe(
          price * 1_000_000n * quantity * BigInt(1_000_000 + by),
        );
      }),
    );
  });

  it('keeps the order of prices, so that a dearer tier stays dearer', () => {
    fc.assert(
      fc.property(pico, pico, ppm, (one, other, by) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        const sheet = [low, high].map((price) => adjustedPrice(price * 1_000_000n, by) ?? 0n);
        expect((sheet[0] ?? 0n) <= (sheet[1] ?? 0n)).toBe(true);
        const version = (tierFrom: number, unitPricePico: bigint): PriceVersion => ({
          id: `${tierFrom}`,
          tokenClass: 'input',
          tierFrom,
          unitPricePico,
          currency: 'USD',
          validFromMs: 0,
        });
        const prices = new PriceSheet([version(0, sheet[0] ?? 0n), version(200_001, sheet[1] ?? 0n)]);
        expect(prices.dearest('input')?.unitPricePico).toBe(sheet[1]);
      }),
    );
  });

  it.each([
    [3_000_000n, -150_000, 2_550_000n],
    [75_000n, 250_000, 93_750n],
    [1n, -1, undefined],
    [5n, -1_000_000, 0n],
  ])('of %s by %s ppm is %s', (price, by, expected) => expect(adjustedPrice(price, by)).toBe(expected));
});

describe('planPublication', () => {
  const AT = Date.parse('2027-01-01T00:00:00Z');
  const sku = (over: Partial<Sku> = {}): Sku => ({
    kind: 'list',
    modelId: 'm',
    providerId: null,
    organizationId: 'o',
    tokenClass: 'input',
    tierFrom: 0,
    serviceTier: 'standard',
    currency: 'USD',
    ...over,
  });
  const wanted = (unitPricePico: bigint, over: Partial<Sku> = {}) => ({ sku: sku(over), unitPricePico });
  const price = (unitPricePico: bigint, validFrom: string, over: Partial<Sku> = {}): PriceRecord => ({
    ...sku(over),
    id: 'p',
    providerSlug: null,
    unitPricePico,
    validFrom: new Date(validFrom),
    validTo: null,
    source: 'test',
    createdBy: 'test',
    createdAt: new Date(0),
    multiplierPpm: 1_000_000n,
    baseId: null,
    package: null,
  });

  it('publishes what is new, lowest tier first, and leaves what is in force', () => {
    const plan = planPublication(
      [wanted(9n, { tierFrom: 200_001 }), wanted(5n), wanted(7n, { tokenClass: 'output' })],
      [price(7n, '2026-01-01T00:00:00Z', { tokenClass: 'output' }), price(4n, '2026-01-01T00:00:00Z')],
      AT,
    );
    expect(plan.publish.map(({ sku: { tierFrom } }) => tierFrom)).toEqual([0, 200_001]);
    expect(plan.unchanged).toEqual([wanted(7n, { tokenClass: 'output' })]);
    expect(plan.refused).toEqual([]);
  });

  it('publishes nothing the second time', () => {
    expect(planPublication([wanted(5n)], [price(5n, '2027-01-01T00:00:00Z')], AT)).toMatchObject({
      publish: [],
      unchanged: [wanted(5n)],
      refused: [],
    });
  });

  it('refuses a price that a markup has made higher than prices may be', () => {
    const plan = planPublication([wanted(10n ** 12n), wanted(10n ** 12n + 1n)], [], AT);
    expect(plan.publish).toEqual([wanted(10n ** 12n)]);
    expect(plan.refused).toEqual([{ wanted: wanted(10n ** 12n + 1n), reason: 'the price is too large' }]);
  });

  it.each([
    ['a later price stands in the way', '2027-02-01T00:00:00Z', 'already begins at 2027-02-01'],
    ['another begins at the same instant', '2027-01-01T00:00:00Z', 'at this instant'],
  ])('refuses when %s', (_, begins, reason) => {
    const plan = planPublication([wanted(5n)], [price(4n, begins)], AT);
    expect(plan).toMatchObject({ publish: [], refused: [{ reason: expect.stringContaining(reason) }] });
  });
});
