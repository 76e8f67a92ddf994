import pg from 'pg';
import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { CatalogService } from '../../../src/catalog/catalog.service.js';
import { publicId } from '../../../src/core/ids.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { reverseEvent, runCall } from '../../support/builders/call.builder.js';
import { createModel, createPrice, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';

const WINDOW = { from: '2000-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' };

describe('POST /finance/v1/price-previews', () => {
  let api: AdminApi;
  let pool: pg.Pool;
  let model: TestModel;
  let tenants: Tenant[];

  beforeAll(async () => {
    api = await startAdminApi([BillingApiModule]);
    pool = new pg.Pool({ connectionString: api.databaseUrl, max: 2 });
    model = await createModel(pool);
    tenants = [
      await createTenant(pool, { overdraftNano: 10n ** 12n }),
      await createTenant(pool, { overdraftNano: 10n ** 12n }),
    ];
    for (const tenant of tenants) {
      await runCall(pool, tenant, { model, quantities: { input: 1_000_001, cache_read: 500, output: 7 } });
      const wrong = await runCall(pool, tenant, { model, quantities: { input: 333, output: 10 } });
      await reverseEvent(pool, wrong.event);
    }
    await runCall(pool, tenants[0] as Tenant, { model, quantities: { input: 3 } });
  });
  afterAll(async () => {
    await pool.end();
    await api.close();
  });

  const preview = (over: object, role: 'finance' | 'auditor' | 'support' = 'finance') =>
    api.post('/finance/v1/price-previews', { ...WINDOW, ...over }, role);
  const tried = (over: object = {}) => ({
    model: model.modelId,
    token_class: 'input',
    unit_price: '2.5',
    ...over,
  });
  const rows = async () =>
    (
      await pool.query(
        'select (select count(*) from usage_event)::int as e, (select count(*) from price_version)::int as p, (select count(*) from ledger_entry)::int as l',
      )
    ).rows[0];

  it('re-rates every line exactly, by customer, model and class, and changes nothing', async () => {
    const before = await rows();
    const { status, body } = await preview({ prices: [tried()], currency: 'USD' }, 'auditor');
    expect(status).toBe(200);
    const mine = body.data.filter(
      (row: { organization: string }) =>
        row.organization === publicId('organization', tenants[0]?.organizationId ?? ''),
    );
    expect(mine).toEqual([
      expect.objectContaining({
        token_class: 'cache_read',
        quantity: '500',
        kept_quantity: '500',
        difference: '0.000000000',
      }),
      {
        organization: mine[0].organization,
        model: model.modelId,
        token_class: 'input',
        quantity: '1000004',
        kept_quantity: '0',
        amount: '3.000012000',
        // 2.5000025 and 0.0000075; what was reversed comes to nothing.
        preview_amount: '2.500010000',
        difference: '-0.500002000',
        currency: 'USD',
      },
      expect.objectContaining({ token_class: 'output', quantity: '7', amount: '0.000105000' }),
    ]);
    expect(body.totals).toEqual([
      { amount: '6.000525000', preview_amount: '5.000522500', difference: '-1.000002500', currency: 'USD' },
    ]);
    expect(await rows()).toEqual(before);
  });

  it('says the same sums as were charged when the prices are the same, and keeps to one customer', async () => {
    const organization = publicId('organization', tenants[1]?.organizationId ?? '');
    const { body } = await preview({ organization, prices: [tried({ unit_price: '3' })], currency: 'USD' });
    const [charged] = await api.sql(
      'select sum(amount_nano + absorbed_nano)::text as nano from usage_event where organization_id = $1',
      [tenants[1]?.organizationId],
    );
    expect(body.totals).toMatchObject([{ difference: '0.000000000' }]);
    expect(BigInt(body.totals[0].amount.replace('.', ''))).toBe(BigInt(charged?.['nano'] as string));
    expect(new Set(body.data.map((row: { organization: string }) => row.organization))).toEqual(
      new Set([organization]),
    );
  });

  it('rates each customer at their own prices of an instant to come', async () => {
    await createPrice(pool, {
      kind: 'list',
      modelId: model.modelId,
      providerId: null,
      organizationId: tenants[0]?.organizationId ?? '',
      tokenClass: 'input',
      currency: 'USD',
      pico: 1_000_000n,
      validFrom: '2998-01-01T00:00:00Z',
    });
    await api.app.get(CatalogService).refresh();
    const { body } = await preview({ prices_at: '2999-01-01T00:00:00Z' });
    const input = body.data.filter((row: { token_class: string }) => row.token_class === 'input');
    const byCustomer = Object.fromEntries(
      input.map((row: { organization: string; preview_amount: string }) => [
        row.organization,
        row.preview_amount,
      ]),
    );
    expect(byCustomer).toEqual({
      [publicId('organization', tenants[0]?.organizationId ?? '')]: '1.000004000',
      [publicId('organization', tenants[1]?.organizationId ?? '')]: '3.000003000',
    });
  });

  it('leaves charges in other currencies as they are', async () => {
    const { body } = await preview({ prices: [tried()], currency: 'EUR' });
    expect(body.totals).toMatchObject([{ currency: 'USD', difference: '0.000000000' }]);
  });

  it.each<[string, object, string]>([
    ['no prices', {}, 'prices'],
    [
      'both sorts of prices',
      {
        prices: [{ model: 'm', token_class: 'input', unit_price: '1' }],
        currency: 'USD',
        prices_at: '2999-01-01T00:00:00Z',
      },
      'prices',
    ],
    [
      'prices without a currency',
      { prices: [{ model: 'm', token_class: 'input', unit_price: '1' }] },
      'currency',
    ],
    ['a past instant', { prices_at: '2020-01-01T00:00:00Z' }, 'prices_at'],
    [
      'a window that ends before it begins',
      { from: '2100-01-01T00:00:00Z', to: '2000-01-01T00:00:00Z', prices_at: '2999-01-01T00:00:00Z' },
      'to',
    ],
    [
      'a price below zero',
      { prices: [{ model: 'm', token_class: 'input', unit_price: '-1' }], currency: 'USD' },
      'prices.0.unit_price',
    ],
    [
      'an exponent',
      { prices: [{ model: 'm', token_class: 'input', unit_price: '1e-6' }], currency: 'USD' },
      'prices.0.unit_price',
    ],
  ])('refuses %s', async (_, over, param) => {
    const answer = await preview(over);
    expect([answer.status, answer.body.error.param]).toEqual([400, param]);
  });

  it('is not for support', async () => expect((await preview({}, 'support')).status).toBe(403));
});
