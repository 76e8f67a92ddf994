import fc from 'fast-check';
import { SERVICE_TIERS } from '../core/token-usage.js';
import { PriceSheet, selectPrices, type PriceEntry, type PriceVersion } from './price.js';

let count = 0;
const version = (over: Partial<PriceVersion> = {}): PriceVersion => ({
  id: `price-${++count}`,
  tokenClass: 'input',
  tierFrom: 0,
  unitPricePico: 3_000_000n,
  currency: 'USD',
  validFromMs: 0,
  ...over,
});
const entry = (over: Partial<PriceEntry> = {}, price: Partial<PriceVersion> = {}): PriceEntry => ({
  kind: 'list',
  modelId: 'a/b',
  version: version(price),
  ...over,
});
const scope = { providerId: 'p1', organizationId: 'o1', atMs: 100 };

describe('PriceSheet', () => {
  it('takes the highest tier that the input reaches', () => {
    const sheet = new PriceSheet([
      version({ tierFrom: 200_001, unitPricePico: 4n }),
      version({ unitPricePico: 2n }),
    ]);
    expect(sheet.priceOf('input', 200_000)?.unitPricePico).toBe(2n);
    expect(sheet.priceOf('input', 200_001)?.unitPricePico).toBe(4n);
  });

  it('takes the price of the service tier, and the standard one where a tier has none', () => {
    const sheet = new PriceSheet([
      version({ unitPricePico: 4n }),
      version({ tierFrom: 10, unitPricePico: 8n }),
      version({ serviceTier: 'flex', unitPricePico: 2n }),
    ]);
    expect(sheet.priceOf('input', 5, 'flex')?.unitPricePico).toBe(2n);
    expect(sheet.priceOf('input', 50, 'flex')?.unitPricePico).toBe(2n);
    expect(sheet.priceOf('input', 50, 'priority')?.unitPricePico).toBe(8n);
    expect(sheet.priceOf('input', 5)?.unitPricePico).toBe(4n);
  });

  it('holds the dearest of all tiers: no price that a call can get is above it', () => {
    const some = fc.record({
      tierFrom: fc.constantFrom(0, 10, 100),
      serviceTier: fc.constantFrom(undefined, ...SERVICE_TIERS),
      unitPricePico: fc.bigInt(0n, 50n),
    });
    fc.assert(
      fc.property(
        fc.array(some, { minLength: 1, maxLength: 6 }),
        fc.nat(200),
        fc.constantFrom(...SERVICE_TIERS),
        (prices, input, tier) => {
          const sheet = new PriceSheet(prices.map((price) => version(price)));
          const got = sheet.priceOf('input', input, tier)?.unitPricePico ?? 0n;
          expect(got <= (sheet.dearest('input')?.unitPricePico ?? 0n)).toBe(true);
        },
      ),
    );
  });

  it('names the dearest tier of a class, which need not be the highest', () => {
    const sheet = new PriceSheet([
      version({ tierFrom: 5, unitPricePico: 1n }),
      version({ unitPricePico: 9n }),
    ]);
    expect(sheet.dearest('input')?.unitPricePico).toBe(9n);
  });

  it('says that a class has no price instead of charging nothing', () => {
    const sheet = new PriceSheet([version()]);
    expect(sheet.has('input')).toBe(true);
    expect(sheet.has('output')).toBe(false);
    expect(sheet.priceOf('output', 1)).toBeUndefined();
    expect(sheet.dearest('output')).toBeUndefined();
  });
});

describe('selectPrices', () => {
  it('does not let a service tier of a contract hide the standard list price', () => {
    const list = entry();
    const flex = entry({ organizationId: 'o1' }, { serviceTier: 'flex', unitPricePico: 1n });
    const { sheet } = selectPrices([list, flex], scope);
    expect(sheet.priceOf('input', 0, 'flex')?.id).toBe(list.version.id);
  });

  const own = entry({}, { unitPricePico: 1n });
  const ofProvider = entry({ providerId: 'p1' }, { unitPricePico: 2n });
  const ofOrganization = entry({ organizationId: 'o1' }, { unitPricePico: 3n });
  const ofBoth = entry({ organizationId: 'o1', providerId: 'p1' }, { unitPricePico: 4n });
  const foreign = [
    entry({ organizationId: 'o2' }, { unitPricePico: 90n }),
    entry({ providerId: 'p2' }, { unitPricePico: 91n }),
    entry({ organizationId: 'o1', providerId: 'p2' }, { unitPricePico: 92n }),
  ];

  it.each([
    ['organization and provider', [own, ofProvider, ofOrganization, ofBoth], 4n],
    ['organization', [own, ofProvider, ofOrganization], 3n],
    ['provider', [own, ofProvider], 2n],
    ['the model', [own], 1n],
  ])('lets the price of %s win', (_, entries, expected) => {
    const { sheet } = selectPrices([...foreign, ...entries].reverse(), scope);
    expect(sheet.priceOf('input', 0)?.unitPricePico).toBe(expected);
  });

  it('never shows one organization the contract price of another', () => {
    const { sheet } = selectPrices([ofOrganization, own], { ...scope, organizationId: undefined });
    expect(sheet.priceOf('input', 0)?.unitPricePico).toBe(1n);
  });

  it('decides class by class', () => {
    const { sheet } = selectPrices(
      [ofOrganization, own, entry({}, { tokenClass: 'output', unitPricePico: 7n })],
      scope,
    );
    expect(sheet.priceOf('input', 0)?.unitPricePico).toBe(3n);
    expect(sheet.priceOf('output', 0)?.unitPricePico).toBe(7n);
  });

  it('takes all tiers from the winning group and none from another', () => {
    const ownTier = entry({}, { tierFrom: 1_000, unitPricePico: 50n });
    const { sheet } = selectPrices([own, ownTier, ofOrganization], scope);
    expect(sheet.priceOf('input', 5_000)?.unitPricePico).toBe(3n);
  });

  it('does not let a group win whose lowest tier does not hold yet', () => {
    const upperOnly = entry({ organizationId: 'o1' }, { tierFrom: 1_000, unitPricePico: 50n });
    const { sheet } = selectPrices([own, upperOnly], scope);
    expect(sheet.priceOf('input', 5)?.unitPricePico).toBe(1n);
    expect(sheet.priceOf('input', 5_000)?.unitPricePico).toBe(1n);
  });
});

/** Successive prices of one tier: starts are distinct, each ends where the next begins. */
const history = (tierFrom: number, starts: number[], fromPico: bigint): PriceEntry[] => {
  const sorted = [...new Set(starts)].sort((a, b) => a - b);
  return sorted.map((validFromMs, index) =>
    entry(
      {},
      { tierFrom, validFromMs, validToMs: sorted[index + 1], unitPricePico: fromPico + BigInt(index) },
    ),
  );
};

it('finds at any instant and size exactly the price that a plain search finds', () => {
  const starts = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 });
  const tiers = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { maxLength: 4 });
  fc.assert(
    fc.property(
      starts,
      starts,
      tiers,
      fc.nat(110),
      fc.nat(60),
      (baseStarts, tierStarts, from, atMs, tokens) => {
        const entries = [
          ...history(0, baseStarts, 1_000n),
          ...from.flatMap((tierFrom) => history(tierFrom, tierStarts, BigInt(tierFrom) * 10_000n)),
        ];
        const { sheet, fromMs, untilMs } = selectPrices(entries, { ...scope, atMs });
        const holding = entries
          .map(({ version: price }) => price)
          .filter((price) => price.validFromMs <= atMs && atMs < (price.validToMs ?? Infinity));
        const reached = holding.filter((price) => price.tierFrom <= tokens);
        const highest = Math.max(...reached.map((price) => price.tierFrom));
        const hasBase = holding.some((price) => price.tierFrom === 0);
        const expected = hasBase ? reached.find((price) => price.tierFrom === highest) : undefined;
        expect(sheet.priceOf('input', tokens)).toBe(expected);
        expect(fromMs <= atMs && atMs < untilMs).toBe(true);
        const atEnd = selectPrices(entries, { ...scope, atMs: Math.min(untilMs, 1_000) - 1 });
        expect(atEnd.sheet.priceOf('input', tokens)).toBe(sheet.priceOf('input', tokens));
      },
    ),
  );
});
