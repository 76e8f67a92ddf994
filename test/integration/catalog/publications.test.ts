import { CatalogAdminModule } from '../../../src/catalog/catalog-admin.module.js';
import { CatalogService } from '../../../src/catalog/catalog.service.js';
import { parsePublicId, uuidv7 } from '../../../src/core/ids.js';
import type { TokenClass } from '../../../src/core/token-usage.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { invalid, refusalOf } from './refusals.js';

const FROM = '2999-01-01T00:00:00.000Z';

describe('POST /admin/v1/prices/publish', () => {
  let api: AdminApi;
  let providerId: string;
  let organization: string;
  beforeAll(async () => {
    api = await startAdminApi([CatalogAdminModule]);
    const provider = { slug: 'up', protocol: 'openai-chat', base_url: 'https://api.example.com/v1' };
    providerId = parsePublicId('provider', (await api.post('/providers', provider)).body.id as string) ?? '';
    organization = (await api.post('/organizations', { name: 'Acme', currency: 'USD' })).body.id as string;
  });
  afterAll(() => api.close());

  /** A model with an input price in two tiers and an output price. */
  const newModel = async (over: object = {}, input = '3'): Promise<string> => {
    const model = `m/${uuidv7()}`;
    await api.post('/models', { id: model, context_window: 1000, max_output_tokens: 100 });
    const price = { model, kind: 'list', currency: 'USD', token_class: 'input', ...over };
    await api.post('/prices', { ...price, unit_price: input });
    await api.post('/prices', { ...price, unit_price: '6', tier_from: 200_001 });
    await api.post('/prices', { ...price, token_class: 'output', unit_price: '15' });
    return model;
  };
  const publish = (over: object) =>
    api.post('/prices/publish', {
      base: 'list',
      currency: 'USD',
      adjustment_ppm: -150_000,
      valid_from: FROM,
      ...over,
    });
  const priceAt = async (modelId: string, tokenClass: TokenClass, inputTokens: number, atMs: number) => {
    await api.app.get(CatalogService).refresh();
    const organizationId = parsePublicId('organization', organization) ?? '';
    const query = { modelId, providerId, organizationId, currency: 'USD', atMs };
    return api.app.get(CatalogService).snapshot().listPrices(query).priceOf(tokenClass, inputTokens)
      ?.unitPricePico;
  };
  const countPrices = async () => (await api.sql('select count(*)::int as n from price_version'))[0]?.['n'];

  it('makes a contract list with a discount, with every tier, and the same again publishes nothing', async () => {
    const model = await newModel();
    const before = await countPrices();
    const dry = await publish({ models: [model], organization, dry_run: true });
    expect(dry.body).toMatchObject({ dry_run: true, unchanged: [], refused: [] });
    expect(dry.body.published).toHaveLength(3);
    expect(await countPrices()).toBe(before);

    const made = await publish({ models: [model], organization });
    expect(made.status).toBe(201);
    expect(made.body.published).toMatchObject([
      {
        token_class: 'input',
        tier_from: 0,
        unit_price: '2.550000',
        organization,
        source: 'list -150000 ppm',
      },
      { token_class: 'output', tier_from: 0, unit_price: '12.750000', valid_from: FROM },
      { token_class: 'input', tier_from: 200_001, unit_price: '5.100000' },
    ]);
    const at = Date.parse(FROM);
    expect(await priceAt(model, 'input', 1, at - 1)).toBe(3_000_000n);
    expect(await priceAt(model, 'input', 1, at)).toBe(2_550_000n);
    expect(await priceAt(model, 'input', 200_001, at)).toBe(5_100_000n);

    const again = await publish({ models: [model], organization });
    expect(again.body).toMatchObject({ published: [], refused: [] });
    expect(again.body.unchanged).toHaveLength(3);
    expect(await countPrices()).toBe(Number(before) + 3);
  });

  it('makes list prices out of what a provider takes, with a markup', async () => {
    const model = await newModel({ kind: 'cost', provider: 'up' });
    const made = await publish({
      base: 'cost',
      base_provider: 'up',
      provider: 'up',
      adjustment_ppm: 250_000,
      models: [model],
      token_classes: ['output'],
    });
    expect(made.body.published).toMatchObject([
      {
        kind: 'list',
        provider: 'up',
        token_class: 'output',
        unit_price: '18.750000',
        source: 'up cost +250000 ppm',
      },
    ]);
  });

  it('publishes nothing at all when one price would not be exact', async () => {
    const [fine, inexact] = [await newModel(), await newModel({}, '0.000001')];
    const before = await countPrices();
    const refused = await publish({ models: [fine, inexact], organization });
    expect(refusalOf(refused)).toEqual(invalid('adjustment_ppm'));
    expect(refused.body.error).toMatchObject({
      code: 'price_not_exact',
      message: expect.stringContaining(inexact),
    });
    expect(await countPrices()).toBe(before);
  });

  it('publishes nothing when a later price stands in the way of one', async () => {
    const model = await newModel();
    await publish({
      models: [model],
      organization,
      token_classes: ['output'],
      valid_from: '2999-06-01T00:00:00Z',
    });
    const before = await countPrices();
    const refused = await publish({ models: [model], organization });
    expect(refused.status).toBe(409);
    expect(refused.body.error).toMatchObject({ code: 'price_conflict', param: 'valid_from' });
    expect(await countPrices()).toBe(before);
  });

  it('takes over at once for all together when no instant is given', async () => {
    const model = await newModel();
    const made = await publish({ models: [model], organization, valid_from: null });
    expect(new Set(made.body.published.map((price: { valid_from: string }) => price.valid_from)).size).toBe(
      1,
    );
  });

  it.each<[string, object, string]>([
    ['no base provider for cost', { base: 'cost' }, 'base_provider'],
    ['an unknown provider', { base_provider: 'nobody' }, 'base_provider'],
    ['an unknown target provider', { provider: 'nobody' }, 'provider'],
    ['an unknown model', { models: ['no/such'] }, 'models'],
    ['a class that is none', { token_classes: ['words'] }, 'token_classes'],
    ['an adjustment below nothing', { adjustment_ppm: -1_000_001 }, 'adjustment_ppm'],
    ['an adjustment that is no whole number', { adjustment_ppm: 0.5 }, 'adjustment_ppm'],
    ['an adjustment as a text', { adjustment_ppm: '1e3' }, 'adjustment_ppm'],
    ['an unknown customer', { organization: 'org_0190d2c4-0000-7000-8000-00000000002a' }, 'organization'],
    ['a currency without a base', { currency: 'CHF' }, 'base'],
  ])('refuses %s', async (_, over, param) => {
    expect(refusalOf(await publish(over))).toEqual(invalid(param));
  });

  it('is not for support', async () => {
    expect((await api.post('/prices/publish', {}, 'support')).status).toBe(403);
  });
});
