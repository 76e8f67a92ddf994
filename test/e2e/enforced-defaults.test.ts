import { publicId } from '../../src/core/ids.js';
import type { JsonObject } from '../../src/core/json.js';
import { adminDoor, createAdminSecret, type AdminDoor } from '../support/admin-door.js';
import { createKey } from '../support/builders/tenant.builder.js';
import { createSecret } from '../support/gateway.js';
import { send, Statements } from '../support/statements.js';

const CHAT = 'test/bound';
const ABROAD = 'test/abroad';
const VECTORS = 'test/vectors';

let world: Statements;
let admin: AdminDoor;

beforeAll(async () => {
  world = await Statements.start('standard', [
    { id: CHAT, upstreamModel: 'home', slug: 'home', set: { provider: { eu_native: true } } },
    { id: CHAT, upstreamModel: 'away', slug: 'away', set: { deployment: { priority: 9 } } },
    { id: ABROAD, upstreamModel: 'abroad', slug: 'abroad' },
    { id: VECTORS, upstreamModel: 'text-embedding-3-small', slug: 'vectors', prices: { input: 1_000n } },
  ]);
  admin = adminDoor(world.gateway.url, await createAdminSecret(world.gateway));
});
afterAll(() => world.close());
beforeEach(() => world.begin());

const LEVELS = ['organization', 'project', 'key'] as const;
const user = [{ role: 'user', content: 'Hello.' }];
/** Everything by which a request could ask for more than it may. */
const LOOSE: JsonObject = {
  eu_native: false,
  allowed_providers: ['home', 'away', 'abroad', 'vectors'],
  provider: { only: ['home', 'away', 'abroad', 'vectors'], order: ['away', 'abroad', 'vectors'] },
  fallbacks: [ABROAD],
  models: [ABROAD],
  fallback_model: ABROAD,
};
/** Every door, with a body for a model. */
const DOORS: [name: string, path: (model: string) => string, body: (model: string) => JsonObject][] = [
  ['chat', () => '/v1/chat/completions', (model) => ({ model, max_tokens: 20, messages: user })],
  ['messages', () => '/v1/messages', (model) => ({ model, max_tokens: 20, messages: user })],
  ['responses', () => '/v1/responses', (model) => ({ model, max_output_tokens: 20, input: 'Hello.' })],
  [
    'gemini',
    (model) => `/v1beta/models/${model}:generateContent`,
    () => ({ contents: [{ role: 'user', parts: [{ text: 'Hello.' }] }] }),
  ],
];

/** A key under defaults that one level enforces, while lower levels try to lift them. */
async function keyUnder(level: (typeof LEVELS)[number], bound: JsonObject): Promise<string> {
  const { tenant } = await world.addCustomer({});
  const keyId = await createKey(world.gateway.pool, tenant);
  const secret = await createSecret(world.gateway.pool, keyId);
  const places = {
    organization: `/organizations/${publicId('organization', tenant.organizationId)}`,
    project: `/projects/${publicId('project', tenant.projectId)}`,
    key: `/keys/${publicId('key', keyId)}`,
  };
  for (const other of LEVELS.slice(LEVELS.indexOf(level) + 1)) {
    const lifted = { eu_native: false, enforced: false, enable_model_fallback: true };
    expect((await admin('PATCH', places[other], { routing_defaults: lifted })).status).toBe(200);
  }
  const set = await admin('PATCH', places[level], { routing_defaults: { ...bound, enforced: true } });
  expect(set).toMatchObject({ status: 200, json: { routing_defaults: { ...bound, enforced: true } } });
  return secret;
}
const upstreams = (): unknown[] => [
  ...new Set(world.gateway.simulator.journal.map(({ body }) => (body as JsonObject)['model'])),
];
const ask = (secret: string, path: string, body: JsonObject) =>
  send({ url: world.gateway.url, secret }, path, body, {
    authorization: `Bearer ${secret}`,
    'x-api-key': secret,
    'x-goog-api-key': secret,
  });

describe.each(LEVELS)('defaults that a %s enforces', (level) => {
  it.each([
    { eu_native: true },
    { provider: { only: ['home'] } },
    { provider: { ignore: ['away', 'abroad'] } },
  ])('hold on every door, whatever the request and lower levels say: %j', async (bound) => {
    const secret = await keyUnder(level, bound);
    for (const [name, path, body] of DOORS) {
      const answer = await ask(secret, path(CHAT), { ...body(CHAT), ...LOOSE });
      expect([name, answer.status]).toEqual([name, 200]);
      expect([name, upstreams()]).toEqual([name, ['home']]);
      world.begin();
    }
  });

  it('hold where the upstream that is left fails: no fallback model goes abroad', async () => {
    const secret = await keyUnder(level, { eu_native: true });
    world.gateway.simulator.use({ match: { model: 'home' }, answer: { kind: 'error', status: 500 } });
    for (const [name, path, body] of DOORS) {
      const answer = await ask(secret, path(CHAT), { ...body(CHAT), ...LOOSE });
      expect([name, answer.status]).toEqual([name, 502]);
      expect([name, upstreams()]).toEqual([name, ['home']]);
    }
  });

  it('leave nobody where nobody meets them: 404, with nothing sent, embeddings included', async () => {
    const secret = await keyUnder(level, { eu_native: true });
    const vectors = { model: VECTORS, input: 'x', ...LOOSE };
    expect((await ask(secret, '/v1/embeddings', vectors)).status).toBe(404);
    for (const [, path, body] of DOORS)
      expect((await ask(secret, path(ABROAD), { ...body(ABROAD), ...LOOSE })).status).toBe(404);
    expect(world.calls).toBe(0);
  });
});

describe('the doors of routing defaults', () => {
  it('take a provider object for a key, and refuse what is none by its name', async () => {
    const keyId = await createKey(world.gateway.pool, world.customer.tenant);
    const path = `/keys/${publicId('key', keyId)}`;
    const provider = { order: ['home'], sort: 'price', max_price: { prompt: 1.5 }, quantizations: ['fp8'] };
    const set = await admin('PATCH', path, { routing_defaults: { provider, preference: 'cost' } });
    expect(set.json).toMatchObject({ routing_defaults: { provider, preference: 'cost' } });
    for (const [field, value] of [
      ['only', ['nobody']],
      ['sort', 'best'],
      ['quantizations', ['fp1']],
      ['zdr', 'yes'],
      ['max_price', { prompt: -1 }],
      ['preferred_max_latency', 0],
    ] as const) {
      const refused = await admin('PATCH', path, { routing_defaults: { provider: { [field]: value } } });
      expect([field, refused.status]).toEqual([field, 400]);
      expect((refused.json['error'] as JsonObject)['param']).toContain(`routing_defaults.provider.${field}`);
    }
  });
});
