import type { Door } from './doors.js';
import type { DoorWorld } from './door-world.js';

const organization = async (world: DoorWorld) => ({ organization: (await world.customer()).organization });
const provider = async (world: DoorWorld) => ({ provider: (await world.deployment()).provider });
const deployment = async (world: DoorWorld) => ({ deployment: (await world.deployment()).deployment });
const group = async (world: DoorWorld) => ({
  group: (await world.make('POST', '/admin/v1/groups', { name: world.name() })).id,
});
const credential = async (world: DoorWorld) => {
  const path = await provider(world);
  const body = { name: world.name(), credential: 'second' };
  const made = await world.make('POST', `/admin/v1/providers/${path.provider}/credentials`, body);
  return { ...path, credential: made.id };
};
const manager = async (world: DoorWorld) => {
  const customer = await world.customer();
  return { customer, secret: await world.managementSecret(customer) };
};
const managedKey = async (world: DoorWorld) => {
  const { customer, secret } = await manager(world);
  const body = { name: world.name() };
  const { id } = await world.make('POST', `/admin/v1/projects/${customer.project}/keys`, body);
  return { path: { key: id }, secret };
};
const AUTO_DISABLE = { enabled: true, statuses: ['401'], keywords: ['no credit'], retest_seconds: 60 };
const ROUTING = {
  preference: 'cost',
  provider: { allow_fallbacks: true, max_price: { prompt: 1, completion: 2 } },
};
const BUDGET = { amount: '5.00', window: 'daily' };
const RATE_LIMITS = { requests_per_minute: 5 };

const COMMITMENT = {
  amount: '1000.00',
  currency: 'USD',
  valid_from: '2099-01-01',
  valid_until: '2100-01-01',
};

/** The doors of administration and of management keys. */
export const ADMIN_DOORS: Readonly<Record<string, Door>> = {
  'POST /admin/v1/deployments': async (world) => {
    const { slug } = await world.deployment();
    const model = world.name();
    await world.make('POST', '/admin/v1/models', { id: model, context_window: 10, max_output_tokens: 10 });
    return { body: { model, provider: slug, upstream_model: 'gpt-5.5' } };
  },
  'PATCH /admin/v1/deployments/{deployment}': async (world) => ({
    path: await deployment(world),
    body: { weight: 3 },
  }),
  'DELETE /admin/v1/deployments/{deployment}': async (world) => ({ path: await deployment(world) }),
  'PUT /admin/v1/deployments/{deployment}/auto-disable': async (world) => ({
    path: await deployment(world),
    body: AUTO_DISABLE,
  }),
  'DELETE /admin/v1/deployments/{deployment}/auto-disable': async (world) => {
    const path = await deployment(world);
    await world.make('PUT', `/admin/v1/deployments/${path.deployment}/auto-disable`, AUTO_DISABLE);
    return { path };
  },
  'POST /admin/v1/deployments/{deployment}/test': async (world) => ({ path: await deployment(world) }),
  'POST /admin/v1/groups': (world) => ({ body: { name: world.name(), price_multiplier: '0.8' } }),
  'PATCH /admin/v1/groups/{group}': async (world) => ({
    path: await group(world),
    body: { description: 'other' },
  }),
  'DELETE /admin/v1/groups/{group}': async (world) => ({ path: await group(world) }),
  'PATCH /admin/v1/keys/{key}': async (world) => ({
    path: { key: (await world.customer()).key },
    body: { name: 'other', budget: BUDGET },
  }),
  'POST /admin/v1/keys/{key}/revoke': async (world) => ({
    path: { key: (await world.customer()).key },
    body: {},
  }),
  'POST /admin/v1/keys/{key}/rotate': async (world) => ({
    path: { key: (await world.customer()).key },
    body: { overlap_seconds: 5 },
  }),
  'POST /admin/v1/models': (world) => ({
    body: { id: world.name(), context_window: 10, max_output_tokens: 10 },
  }),
  'PATCH /admin/v1/models/{model}': async (world) => {
    const { model } = await world.deployment();
    return { path: { model }, body: { name: 'Other', rate_limits: RATE_LIMITS } };
  },
  'POST /admin/v1/organizations': () => ({
    body: { name: 'Acme', routing_defaults: ROUTING, budget: BUDGET, tax: { country: 'DE' } },
  }),
  'PATCH /admin/v1/organizations/{organization}': async (world) => ({
    path: await organization(world),
    body: { name: 'Other', credit_limit: '500.00' },
  }),
  'PUT /admin/v1/organizations/{organization}/alerts': async (world) => ({
    path: await organization(world),
    body: { balance_below: ['10.00', '1.00'], budget_percent: [80], emails: ['a@example.com'] },
  }),
  'PUT /admin/v1/organizations/{organization}/auto-top-up': async (world) => ({
    path: { organization: (await world.payer('sandbox', 'pm_card_visa')).organization },
    body: { threshold: '10.00', amount: '50.00', monthly_cap: '500.00', enabled: true },
    wrong: { amount: ['0.001'] },
  }),
  'POST /admin/v1/organizations/{organization}/commitments': async (world) => ({
    path: await organization(world),
    body: COMMITMENT,
    wrong: { currency: ['EUR'], valid_from: ['2020-01-01'], valid_until: ['2099-01-01', '2098-01-01'] },
  }),
  'POST /admin/v1/organizations/{organization}/commitments/{commitment}/end': async (world) => {
    const path = await organization(world);
    const at = `/admin/v1/organizations/${path.organization}/commitments`;
    const commitment = (await world.make('POST', at, COMMITMENT)).id;
    return {
      path: { ...path, commitment },
      body: { valid_until: '2099-06-01' },
      wrong: { valid_until: ['2098-12-31', '2100-01-02'] },
    };
  },
  'POST /admin/v1/organizations/{organization}/credits': async (world) => ({
    path: await organization(world),
    body: { amount: '1.00', currency: 'USD', kind: 'promo', reason: 'test' },
    wrong: { currency: ['EUR', 'JPY'], expires_at: ['2020-01-01T00:00:00Z'] },
  }),
  'POST /admin/v1/organizations/{organization}/credits/{credit}/revoke': async (world) => {
    const { organization: payer } = await world.payer('sandbox', 'pm_card_visa');
    const body = { amount: '1.00', currency: 'USD', kind: 'promo', reason: 'test' };
    const made = await world.make('POST', `/admin/v1/organizations/${payer}/credits`, body);
    return { path: { organization: payer, credit: made.id }, body: { reason: 'a mistake' } };
  },
  'POST /admin/v1/organizations/{organization}/members': async (world) => ({
    path: await organization(world),
    body: { email: 'a@example.com', role: 'admin' },
  }),
  'POST /admin/v1/organizations/{organization}/payment-methods': async (world) => ({
    path: await organization(world),
    body: { provider: 'sandbox', token: 'pm_card_visa' },
    wrong: { token: ['pm_card_of_nobody'] },
  }),
  'POST /admin/v1/organizations/{organization}/payment-methods/setup-intents': async (world) => ({
    path: await organization(world),
    body: {},
  }),
  'POST /admin/v1/organizations/{organization}/payment-methods/{paymentMethod}/detach': async (world) => ({
    path: await world.payer('sandbox', 'pm_card_visa'),
    body: {},
  }),
  'POST /admin/v1/organizations/{organization}/projects': async (world) => ({
    path: await organization(world),
    body: { name: 'Chat', budget: BUDGET },
  }),
  'POST /admin/v1/organizations/{organization}/top-ups': async (world) => ({
    path: { organization: (await world.payer('sandbox', 'pm_card_visa')).organization },
    body: { amount: '10.00' },
    wrong: { amount: ['10.001', '1000000.01'] },
  }),
  'POST /admin/v1/organizations/{organization}/webhook-endpoints': async (world) => ({
    path: await organization(world),
    body: { url: 'http://127.0.0.1:9/hook' },
  }),
  'PATCH /admin/v1/organizations/{organization}/webhook-endpoints/{endpoint}': async (world) => ({
    path: await world.webhookEndpoint(),
    body: { description: 'other' },
  }),
  'POST /admin/v1/organizations/{organization}/webhook-endpoints/{endpoint}/deliveries/{delivery}/retry':
    async (world) => ({ path: await world.delivery(), body: {} }),
  'POST /admin/v1/organizations/{organization}/webhook-endpoints/{endpoint}/rotate': async (world) => ({
    path: await world.webhookEndpoint(),
    body: { overlap_seconds: 5 },
  }),
  'POST /admin/v1/organizations/{organization}/webhook-endpoints/{endpoint}/test': async (world) => ({
    path: await world.webhookEndpoint(),
    body: {},
  }),
  'POST /admin/v1/prices': async (world) => ({
    body: {
      model: (await world.deployment()).model,
      kind: 'list',
      token_class: 'input',
      unit_price: '3.00',
      currency: 'USD',
    },
    wrong: { unit_price: ['0.0000001'], model: ['nobody'] },
  }),
  'POST /admin/v1/prices/publish': async (world) => ({
    body: {
      base: 'cost',
      base_provider: world.providerSlug,
      adjustment_ppm: 250_000,
      currency: 'USD',
      models: [world.model.modelId],
      organization: (await world.customer()).organization,
    },
    wrong: { models: [['nobody']], token_classes: [['nothing']] },
  }),
  'PATCH /admin/v1/projects/{project}': async (world) => ({
    path: { project: (await world.customer()).project },
    body: { name: 'Other', rate_limits: RATE_LIMITS },
  }),
  'POST /admin/v1/projects/{project}/keys': async (world) => ({
    path: { project: (await world.customer()).project },
    body: { name: 'key', budget: BUDGET, routing_defaults: ROUTING },
  }),
  'POST /admin/v1/providers': (world) => ({
    body: { slug: world.name(), protocol: 'openai-chat', base_url: 'https://api.example.com/v1' },
  }),
  'PATCH /admin/v1/providers/{provider}': async (world) => ({
    path: await provider(world),
    body: { name: 'Other' },
  }),
  'PUT /admin/v1/providers/{provider}/auto-disable': async (world) => ({
    path: await provider(world),
    body: AUTO_DISABLE,
  }),
  'DELETE /admin/v1/providers/{provider}/auto-disable': async (world) => {
    const path = await provider(world);
    await world.make('PUT', `/admin/v1/providers/${path.provider}/auto-disable`, AUTO_DISABLE);
    return { path };
  },
  'POST /admin/v1/providers/{provider}/credentials': async (world) => ({
    path: await provider(world),
    body: { name: world.name(), credential: 'second' },
  }),
  'PATCH /admin/v1/providers/{provider}/credentials/{credential}': async (world) => ({
    path: await credential(world),
    body: { weight: 3 },
  }),
  'DELETE /admin/v1/providers/{provider}/credentials/{credential}': async (world) => ({
    path: await credential(world),
  }),
  'POST /admin/v1/search-documents': (world) => ({
    body: { url: `https://example.com/${world.name()}`, title: 'Title', content: 'Content' },
  }),
  'DELETE /admin/v1/search-documents/{document}': async (world) => {
    const body = { url: `https://example.com/${world.name()}`, title: 'Title', content: 'Content' };
    const { id } = await world.make('POST', '/admin/v1/search-documents', body);
    return { path: { document: id } };
  },
  'POST /v1/manage/api-keys': async (world) => ({
    secret: (await manager(world)).secret,
    body: { name: world.name(), budget: BUDGET },
  }),
  'PATCH /v1/manage/api-keys/{key}': async (world) => ({
    ...(await managedKey(world)),
    body: { name: 'other', budget: BUDGET },
  }),
  'DELETE /v1/manage/api-keys/{key}': (world) => managedKey(world),
};
