import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { ThresholdBilling } from '../../../src/billing/invoicing/threshold/threshold-billing.service.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { brokenBooks } from '../../support/payments.js';
import { spend } from '../../support/spend.js';

let api: AdminApi;
beforeAll(async () => {
  api = await startAdminApi([BillingApiModule]);
});
afterEach(async () => {
  expect(await brokenBooks(api.databaseUrl)).toEqual([]);
});
afterAll(() => api.close());

const DOLLAR = 1_000_000_000n;
const put = (organization: string, body: object, role: 'finance' | 'support' = 'finance') =>
  api.call({
    method: 'put',
    path: `/finance/v1/organizations/${organization}/billing-threshold`,
    body,
    role,
  });
const run = () => api.app.get(ThresholdBilling).run();

async function createCustomer(billingMode: string): Promise<{ id: string; uuid: string }> {
  const { body } = await api.post('/organizations', {
    name: 'Customer',
    billing_mode: billingMode,
    credit_limit: '100',
  });
  const id = body.id as string;
  await api.post(`/organizations/${id}/payment-methods`, { provider: 'sandbox', token: 'pm_card_visa' });
  const uuid = id.replace(/^org_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { id, uuid };
}
const invoicesOf = (uuid: string) =>
  api.sql('select status, net_minor::text as net from invoice where organization_id = $1', [uuid]);

it('bills a customer on credit as soon as it has used so much, once, and its calls go on', async () => {
  const { id, uuid } = await createCustomer('postpaid');
  const set = await put(id, { amount: '10' });
  expect(set.body).toEqual({
    object: 'billing_threshold',
    organization: id,
    amount: '10.000000000',
    currency: 'USD',
  });
  await spend(api.databaseUrl, uuid, 9n * DOLLAR);
  expect(await run()).toBe(0);
  await spend(api.databaseUrl, uuid, 3n * DOLLAR);
  expect(await run()).toBe(1);
  expect(await run()).toBe(0);
  expect(await invoicesOf(uuid)).toEqual([{ status: 'draft', net: '1200' }]);
  await spend(api.databaseUrl, uuid, 3n * DOLLAR);
  expect(await run()).toBe(0);
});

it('leaves those without a threshold, and those who pay in advance, to the end of their month', async () => {
  const free = await createCustomer('postpaid');
  await spend(api.databaseUrl, free.uuid, 30n * DOLLAR);
  const prepaid = await createCustomer('prepaid');
  await put(prepaid.id, { amount: '1' });
  await api.post(`/organizations/${prepaid.id}/top-ups`, { amount: '20' });
  await spend(api.databaseUrl, prepaid.uuid, 15n * DOLLAR);
  expect(await run()).toBe(0);
  expect((await put(prepaid.id, { amount: null })).body.amount).toBeNull();
});

it.each([[{ amount: '0' }], [{ amount: '-1' }], [{ amount: '1e3' }], [{}]])(
  'refuses %j, naming amount',
  async (body) => {
    const { id } = await createCustomer('postpaid');
    const answer = await put(id, body);
    expect([answer.status, answer.body.error.param]).toEqual([400, 'amount']);
    expect((await put(id, { amount: '1' }, 'support')).status).toBe(403);
  },
);
