import type { Door } from './doors.js';
import type { DoorWorld } from './door-world.js';

const organization = async (world: DoorWorld) => ({ organization: (await world.customer()).organization });
const invoice = async (world: DoorWorld) => ({ invoice: (await world.issued()).invoice });
const entity = async (world: DoorWorld) => {
  const body = { name: 'Seller', number_prefix: world.name().toUpperCase() };
  return { entity: (await world.make('POST', '/finance/v1/legal-entities', body)).id };
};
const reason = { reason: 'test' };

/** The doors of finance. */
export const FINANCE_DOORS: Readonly<Record<string, Door>> = {
  'POST /finance/v1/audits': () => ({}),
  'POST /finance/v1/balance-transactions/{transaction}/assign': async (world) => ({
    path: { transaction: await world.movement() },
    body: { as: 'deposit', reason: 'test' },
  }),
  'POST /finance/v1/exports': async (world) => ({
    body: {
      ...(await organization(world)),
      from: '2026-01-01T00:00:00Z',
      to: '2026-02-01T00:00:00Z',
      format: 'csv',
    },
    wrong: { to: ['2026-01-01T00:00:00Z', '2025-12-31T00:00:00Z'] },
  }),
  'POST /finance/v1/invoices/{invoice}/credit-notes': async (world) => ({
    path: await invoice(world),
    body: { reason: 'goodwill', memo: 'test', lines: [{ line: 1, amount: '1.00' }] },
    wrong: { 'lines.0.amount': ['1000.00'], 'lines.0.line': [7] },
  }),
  'POST /finance/v1/invoices/{invoice}/finalize': async (world) => ({
    path: { invoice: (await world.draft()).invoice },
  }),
  'POST /finance/v1/invoices/{invoice}/pay': async (world) => ({ path: await invoice(world), body: {} }),
  'POST /finance/v1/invoices/{invoice}/void': async (world) => ({ path: await invoice(world) }),
  'POST /finance/v1/invoices/{invoice}/write-off': async (world) => ({
    path: await invoice(world),
    body: reason,
  }),
  'POST /finance/v1/legal-entities': (world) => ({
    body: { name: 'Seller', number_prefix: world.name().toUpperCase(), tax_rates_ppm: { DE: 190_000 } },
    wrong: {
      tax_rates_ppm: [{ DE: -1 }, { DE: 1_000_001 }, { DE: 0.5 }, { DE: '190000' }, { de: 1 }, { DEU: 1 }],
      number_prefix: ['de', 'D-E'],
    },
  }),
  'PATCH /finance/v1/legal-entities/{entity}': async (world) => ({
    path: await entity(world),
    body: { name: 'Other' },
  }),
  'PUT /finance/v1/legal-entities/{entity}/account-codes': async (world) => ({
    path: await entity(world),
    body: { codes: [{ account: 'revenue', code: '8400' }] },
  }),
  'PATCH /finance/v1/organizations/{organization}/billing-account': async (world) => ({
    path: await organization(world),
    body: { net_days: 30 },
  }),
  'PUT /finance/v1/organizations/{organization}/billing-threshold': async (world) => ({
    path: await organization(world),
    body: { amount: '500.00' },
  }),
  'POST /finance/v1/organizations/{organization}/corrections': async (world) => {
    const customer = await world.customer();
    return {
      path: { organization: customer.organization },
      body: { events: [customer.request], charge_again: false, reason: 'other', memo: 'test' },
      wrong: { events: [[world.stranger.request], [world.stranger.event]] },
    };
  },
  'POST /finance/v1/organizations/{organization}/periods/{period}/close': async (world) => {
    const customer = await world.customer();
    return {
      path: { organization: customer.organization, period: await world.period(customer) },
      body: { early: true },
    };
  },
  'POST /finance/v1/organizations/{organization}/wallet/block': async (world) => ({
    path: await organization(world),
    body: reason,
  }),
  'POST /finance/v1/organizations/{organization}/wallet/release': async (world) => ({
    path: await organization(world),
    body: reason,
  }),
  'POST /finance/v1/organizations/{organization}/wallet/unblock': async (world) => ({
    path: await organization(world),
    body: reason,
  }),
  'POST /finance/v1/payments/{payment}/cancel': async (world) => ({
    path: { payment: await world.payment('invoice', 'PO 1') },
    body: {},
  }),
  'POST /finance/v1/payments/{payment}/mark-paid': async (world) => ({
    path: { payment: await world.payment('invoice', 'PO 1') },
    body: { reference: 'line 14' },
  }),
  'POST /finance/v1/payments/{payment}/refresh': async (world) => ({
    path: { payment: await world.payment('sandbox', 'pm_card_visa') },
    body: {},
  }),
  'POST /finance/v1/payments/{payment}/refunds': async (world) => ({
    path: { payment: await world.payment('sandbox', 'pm_card_visa') },
    body: { amount: '1.00', reason: 'test' },
    wrong: { amount: ['10.01', '0.001'] },
  }),
  'POST /finance/v1/price-previews': (world) => ({
    body: {
      from: '2026-01-01T00:00:00Z',
      to: '2026-02-01T00:00:00Z',
      prices: [{ model: world.model.modelId, token_class: 'input', unit_price: '2.50' }],
      currency: 'USD',
    },
    wrong: { to: ['2026-01-01T00:00:00Z', '2025-12-31T00:00:00Z'], 'prices.0.unit_price': ['0.0000001'] },
  }),
  'POST /finance/v1/provider-statements': async (world) => {
    const { slug } = await world.deployment();
    return {
      body: { provider: slug, format: 'csv', content: world.statementFile() },
      wrong: { provider: ['nobody'], content: ['nonsense', 'day,model\r\n'] },
    };
  },
  'POST /finance/v1/provider-statements/{statement}/accept': async (world) => ({
    path: { statement: await world.statement() },
    body: reason,
  }),
  'POST /finance/v1/provider-statements/{statement}/pay': async (world) => {
    const statement = await world.statement();
    await world.make('POST', `/finance/v1/provider-statements/${statement}/accept`, reason);
    return { path: { statement }, body: { reference: 'transfer 1' } };
  },
};
