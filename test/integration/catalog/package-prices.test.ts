import { CatalogAdminModule } from '../../../src/catalog/catalog-admin.module.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';

let api: AdminApi;
let postpaid: string;
let prepaid: string;
beforeAll(async () => {
  api = await startAdminApi([CatalogAdminModule]);
  await api.post('/models', { id: 'a/b', context_window: 1000, max_output_tokens: 100 });
  const terms = { name: 'Acme', currency: 'USD', credit_limit: '100', billing_mode: 'postpaid' };
  postpaid = (await api.post('/organizations', terms)).body.id as string;
  prepaid = (await api.post('/organizations', { name: 'Early', currency: 'USD' })).body.id as string;
});
afterAll(() => api.close());

const post = (over: object = {}) =>
  api.post('/prices', {
    model: 'a/b',
    kind: 'list',
    token_class: 'search',
    currency: 'USD',
    organization: postpaid,
    package: { size: 1_000, price: '5.00' },
    ...over,
  });
const stored = async () =>
  (
    await api.sql(
      'select (select count(*) from price_version) as prices, (select count(*) from package_price) as packages',
      [],
    )
  )[0];

it('enters a package, whose unit price is its share to the last place', async () => {
  const made = await post();
  expect(made.status).toBe(201);
  const expected = { unit_price: '0.005000000000', package: { size: 1_000, price: '5.000000000' } };
  expect(made.body).toMatchObject(expected);
  const read = await api.call({ method: 'get', path: `/prices/${String(made.body.id)}`, role: 'auditor' });
  expect(read.body).toMatchObject(expected);
  const tokens = await post({ token_class: 'output', package: { size: 10_000, price: '1' } });
  expect(tokens.body).toMatchObject({
    unit_price: '100.000000',
    package: { size: 10_000, price: '1.000000000' },
  });
  const plain = await post({ token_class: 'input', package: null, unit_price: '1' });
  expect(plain.body).toMatchObject({ unit_price: '1.000000', package: null });
});

it.each([
  ['package.size', { package: { size: 1, price: '5' } }],
  ['package.size', { package: { size: -1_000, price: '5' } }],
  ['package.size', { package: { size: 1e12, price: '5' } }],
  ['package.size', { package: { size: '1000', price: '5' } }],
  ['package.price', { package: { size: 1_000, price: '-5' } }],
  ['package.price', { package: { size: 1_000, price: '0' } }],
  ['package.price', { package: { size: 1_000, price: '5e0' } }],
  ['package.price', { package: { size: 1_000, price: '99999999999999999999' } }],
  ['package.price', { package: { size: 3, price: '5' } }],
  ['package.price', { package: { size: 2, price: '1000000' } }],
  ['package.price', { package: { size: 1_000 } }],
  ['package', { package: 'thousand' }],
  ['package', { organization: null }],
  ['package', { kind: 'cost', organization: null, provider: 'up' }],
  ['unit_price', { unit_price: '0.005' }],
  ['unit_price', { package: null }],
  ['organization', { organization: 'org_00000000000000000000000000000000' }],
])('refuses what is wrong with %s by its name and writes nothing: %j', async (param, over) => {
  const before = await stored();
  const { status, body } = await post(over);
  expect([status, body.error]).toEqual([400, expect.objectContaining({ param })]);
  expect(await stored()).toEqual(before);
});

it('refuses customers who pay in advance', async () => {
  const { status, body } = await post({ organization: prepaid });
  expect([status, body.error]).toEqual([400, expect.objectContaining({ param: 'organization' })]);
});
