import fc from 'fast-check';
import { CatalogSnapshot, type CatalogContents } from './catalog-snapshot.js';
import type { CatalogModel, CatalogProvider, Deployment } from './model.js';
import { selectPrices, type PriceEntry } from './price.js';

const model = (id: string, over: Partial<CatalogModel> = {}): CatalogModel => ({
  id,
  name: id,
  contextWindow: 1_000,
  maxOutputTokens: 100,
  capabilities: [],
  aliases: [],
  status: 'active',
  ...over,
});
const provider = (slug: string, over: Partial<CatalogProvider> = {}): CatalogProvider => ({
  id: `id-of-${slug}`,
  slug,
  name: slug,
  adapter: 'openai',
  protocol: 'openai-chat',
  baseUrl: 'https://example.com/v1',
  euNative: false,
  zeroDataRetention: false,
  allowPrivateNetwork: false,
  simulated: false,
  headers: {},
  status: 'active',
  credentials: [],
  needsCredential: false,
  ...over,
});
const deployment = (at: CatalogProvider, over: Partial<Deployment> = {}): Deployment => ({
  id: `at-${at.slug}`,
  modelId: 'a/b',
  provider: at,
  upstreamModel: 'b',
  priority: 0,
  weight: 1,
  status: 'active',
  ...over,
});
const snapshot = (over: Partial<CatalogContents> = {}): CatalogSnapshot =>
  new CatalogSnapshot({
    version: 1n,
    models: [],
    providers: [],
    deployments: [],
    prices: [],
    groups: [],
    ...over,
  });

describe('resolve', () => {
  const catalog = snapshot({
    models: [
      model('anthropic/claude-opus-4.8', { aliases: ['best'] }),
      model('openai/gpt-5.5', { aliases: ['gpt-5.5'] }),
      model('openai/gone', { status: 'disabled', aliases: ['old'] }),
    ],
  });

  it.each([
    ['anthropic/claude-opus-4.8', 'anthropic/claude-opus-4.8'],
    ['anthropic/claude-opus-4-8', 'anthropic/claude-opus-4.8'],
    ['claude-opus-4-8', 'anthropic/claude-opus-4.8'],
    ['claude-opus-4.8', 'anthropic/claude-opus-4.8'],
    ['claude-opus-4-8-20260101', 'anthropic/claude-opus-4.8'],
    ['best', 'anthropic/claude-opus-4.8'],
    ['gpt-5.5', 'openai/gpt-5.5'],
    ['gpt-5.5-2026-04-23', 'openai/gpt-5.5'],
  ])('finds %s', (name, id) => {
    expect(catalog.resolve(name)?.id).toBe(id);
  });

  it.each([
    '',
    'claude-opus-4-9',
    'gpt-5-5',
    'openai/gone',
    'old',
    'claude-opus-4-8-20261399',
    '__proto__',
    'BEST',
  ])('does not know %j', (name) => {
    expect(catalog.resolve(name)).toBeUndefined();
  });

  it('lets a catalogue alias come before a rule', () => {
    const both = snapshot({
      models: [
        model('anthropic/claude-x'),
        model('other/claude-x', { aliases: ['claude-x', 'claude-x-20260101'] }),
      ],
    });
    expect(both.resolve('claude-x')?.id).toBe('other/claude-x');
    expect(both.resolve('claude-x-20260101')?.id).toBe('other/claude-x');
  });

  it('lists active models only', () => {
    expect(catalog.models().map(({ id }) => id)).toEqual(['anthropic/claude-opus-4.8', 'openai/gpt-5.5']);
  });
});

describe('deploymentsOf', () => {
  const simulator = provider('simulator', { simulated: true });
  const slugs = (deployments: Deployment[]): string[] =>
    snapshot({ deployments })
      .deploymentsOf('a/b')
      .map(({ provider: at }) => at.slug);

  it('uses the simulator only while no real provider serves the model', () => {
    expect(slugs([deployment(simulator)])).toEqual(['simulator']);
    expect(slugs([deployment(simulator), deployment(provider('real'))])).toEqual(['real']);
    expect(slugs([deployment(simulator), deployment(provider('off', { status: 'disabled' }))])).toEqual([
      'simulator',
    ]);
  });

  it('leaves out everything that is not active', () => {
    const real = provider('real');
    expect(
      slugs((['draining', 'disabled', 'deleted'] as const).map((status) => deployment(real, { status }))),
    ).toEqual([]);
    expect(snapshot().deploymentsOf('a/b')).toEqual([]);
  });

  it('finds a provider by slug, active or not', () => {
    const providers = [provider('off', { status: 'disabled' })];
    expect(snapshot({ providers }).provider('off')?.slug).toBe('off');
    expect(snapshot({ providers }).provider('toString')).toBeUndefined();
  });
});

describe('prices', () => {
  let count = 0;
  const price = (over: Partial<PriceEntry>, validFromMs: number, validToMs?: number): PriceEntry => ({
    kind: 'list',
    modelId: 'a/b',
    ...over,
    version: {
      id: `price-${++count}`,
      tokenClass: 'input',
      tierFrom: 0,
      unitPricePico: BigInt(count),
      currency: 'USD',
      validFromMs,
      validToMs,
    },
  });
  const query = { modelId: 'a/b', providerId: 'p1', organizationId: 'o1', currency: 'USD', atMs: 5 };

  it('keeps list and cost, currencies and models apart', () => {
    const catalog = snapshot({ prices: [price({}, 0), price({ kind: 'cost', providerId: 'p1' }, 0)] });
    expect(catalog.listPrices(query).has('input')).toBe(true);
    expect(catalog.costPrices(query).priceOf('input', 0)).not.toBe(
      catalog.listPrices(query).priceOf('input', 0),
    );
    expect(catalog.costPrices({ ...query, providerId: 'p2' }).has('input')).toBe(false);
    expect(catalog.listPrices({ ...query, currency: 'EUR' }).has('input')).toBe(false);
    expect(catalog.listPrices({ ...query, modelId: 'a/c' }).has('input')).toBe(false);
  });

  it('gives the same sheet again until a price changes', () => {
    const catalog = snapshot({ prices: [price({}, 0, 10), price({}, 10)] });
    expect(catalog.listPrices({ ...query, atMs: 9 })).toBe(catalog.listPrices(query));
    expect(catalog.listPrices({ ...query, atMs: 10 })).not.toBe(catalog.listPrices(query));
  });

  it('answers from its kept sheets what a fresh choice would answer, in any order of questions', () => {
    const prices = [
      price({}, 0, 10),
      price({}, 10),
      price({ providerId: 'p1' }, 5),
      price({ organizationId: 'o1' }, 7, 12),
      price({ organizationId: 'o1' }, 12),
      price({ organizationId: 'o1', providerId: 'p2' }, 3, 4),
    ];
    const question = fc.record({
      providerId: fc.constantFrom('p1', 'p2', 'p3'),
      organizationId: fc.constantFrom('o1', 'o2'),
      atMs: fc.integer({ min: -1, max: 15 }),
    });
    fc.assert(
      fc.property(fc.array(question, { maxLength: 30 }), (questions) => {
        const catalog = snapshot({ prices });
        for (const asked of questions) {
          const kept = catalog.listPrices({ ...query, ...asked }).priceOf('input', 0);
          expect(kept).toBe(selectPrices(prices, asked).sheet.priceOf('input', 0));
        }
      }),
    );
  });
});
