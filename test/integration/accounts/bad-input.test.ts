import pg from 'pg';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { runSql } from '../../support/database.js';

let api: AdminApi;
const paths: Record<string, string> = {};
beforeAll(async () => {
  api = await startAdminApi();
  const organization = (await api.post('/organizations', { name: 'Acme' })).body.id as string;
  const project = (await api.post(`/organizations/${organization}/projects`, { name: 'Chat' })).body
    .id as string;
  const key = (await api.post(`/projects/${project}/keys`, { name: 'k' })).body.id as string;
  Object.assign(paths, { organization, project, key });
});
afterAll(() => api.close());

const LONG = 'x'.repeat(10_000);
/** Wrong for every kind of field. */
const ALWAYS = ['a\0b', '\ud83d', LONG, 1e30, -1, 0.5, [[]], [null]];
const NOT_NULL = [null];
const NOT_TEXT = [true, {}, []];
const TEXT = [...ALWAYS, ...NOT_NULL, ...NOT_TEXT, '', '   '];
const MONEY = [
  ...ALWAYS,
  ...NOT_NULL,
  ...NOT_TEXT,
  5,
  '',
  '-0.01',
  '1e30',
  '1E-3',
  'NaN',
  'Infinity',
  '0.0000000001',
  '9223372036.854775808',
  '1,5',
  ' 1',
  '1'.repeat(5_000),
];
const WORD = [...ALWAYS, ...NOT_NULL, ...NOT_TEXT, '', 'nonsense', 'constructor'];
const FLAG = [...ALWAYS, ...NOT_NULL, {}, [], 'true', 0, 1];
const OBJECT = [...ALWAYS, true, [], '', 'text'];
const ID = [...ALWAYS, ...NOT_TEXT, '', 'pm_1', `org_${'0'.repeat(32)}`, `pm_${'g'.repeat(32)}`];
const LIMIT = [...ALWAYS.filter((value) => value !== -1), ...NOT_TEXT, '5', 0, -1, 2_147_483_648];
const TIME = [
  ...ALWAYS,
  ...NOT_TEXT,
  '',
  'tomorrow',
  '2020-01-01T00:00:00Z',
  '2099-02-30T00:00:00Z',
  '2099-01-01',
];
const MAP = [
  ...ALWAYS,
  ...NOT_NULL,
  true,
  [],
  'text',
  { a: 1 },
  { a: null },
  { a: {} },
  { '': 'x' },
  { ['k'.repeat(41)]: 'x' },
  { a: 'v'.repeat(501) },
  Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v'])),
];
const LIST = [...ALWAYS, ...NOT_NULL, true, {}, 'text', [1], [''], [LONG], ['a', 'a']];

const BUDGET: [string, unknown[]][] = [
  ['budget', OBJECT],
  ['budget.amount', MONEY],
  ['budget.window', WORD],
];
const ROUTING: [string, unknown[]][] = [
  ['routing_defaults', [...OBJECT, null]],
  ['routing_defaults.preference', WORD],
  ['routing_defaults.allowed_providers', [...LIST, [], ['nobody']]],
  ['routing_defaults.eu_native', FLAG],
  ['routing_defaults.allow_quantization', FLAG],
  ['routing_defaults.allow_zero_data_retention', FLAG],
  ['routing_defaults.enable_model_fallback', FLAG],
];
const ORGANIZATION: [string, unknown[]][] = [
  ['name', TEXT],
  ['compatibility', WORD],
  ['timezone', [...WORD, 'Mars/Base', '+02:00', 'AET', 'IST', 'SystemV/PST8PDT']],
  ['billing_mode', WORD],
  ['credit_limit', MONEY],
  ['status', WORD],
  ['tax', OBJECT],
  ['tax.country', [...ALWAYS, ...NOT_TEXT, '', 'de', 'ZZ', 'DEU']],
  ['tax.vat_id', [...ALWAYS, ...NOT_TEXT, '', 'x'.repeat(21), '=cmd()']],
  ...ROUTING,
  ...BUDGET,
];
const KEY: [string, unknown[]][] = [
  ['name', TEXT],
  ['payment_method', ID],
  ['expires_at', TIME],
  ['allowed_models', [...LIST, ['no-such-model']]],
  ['allowed_ips', [...LIST, ['10.0.0.256'], ['10.0.0.0/33'], ['::/129'], ['localhost']]],
  ['scopes', [...LIST, [], ['admin']]],
  ['rate_limits', [...OBJECT, null]],
  ['rate_limits.requests_per_minute', LIMIT],
  ['rate_limits.tokens_per_minute', LIMIT],
  ['rate_limits.concurrency', LIMIT],
  ['metadata', MAP],
  ...BUDGET,
];

interface Route {
  method: 'post' | 'patch';
  path: () => string;
  /** A body that would be taken. */
  body: Record<string, unknown>;
  fields: [string, unknown[]][];
}

const ROUTES: Record<string, Route> = {
  'POST /organizations': {
    method: 'post',
    path: () => '/organizations',
    body: { name: 'x' },
    fields: [...ORGANIZATION, ['currency', [...WORD, 'usd', 'DEM', 'XAU']]],
  },
  'PATCH /organizations/{organization}': {
    method: 'patch',
    path: () => `/organizations/${paths['organization']}`,
    body: {},
    fields: [...ORGANIZATION, ['default_payment_method', ID]],
  },
  'POST /organizations/{organization}/projects': {
    method: 'post',
    path: () => `/organizations/${paths['organization']}/projects`,
    body: { name: 'x' },
    fields: [['name', TEXT], ['tags', MAP], ...ROUTING, ...BUDGET],
  },
  'PATCH /projects/{project}': {
    method: 'patch',
    path: () => `/projects/${paths['project']}`,
    body: {},
    fields: [['name', TEXT], ['status', WORD], ['tags', MAP], ...ROUTING, ...BUDGET],
  },
  'POST /projects/{project}/keys': {
    method: 'post',
    path: () => `/projects/${paths['project']}/keys`,
    body: { name: 'x' },
    fields: KEY,
  },
  'PATCH /keys/{key}': { method: 'patch', path: () => `/keys/${paths['key']}`, body: {}, fields: KEY },
  'POST /keys/{key}/rotate': {
    method: 'post',
    path: () => `/keys/${paths['key']}/rotate`,
    body: {},
    fields: [['overlap_seconds', [...ALWAYS, null, '5', 604_801]]],
  },
  'POST /organizations/{organization}/payment-methods': {
    method: 'post',
    path: () => `/organizations/${paths['organization']}/payment-methods`,
    body: { provider: 'sandbox', token: 'pm_card_visa' },
    fields: [
      ['provider', WORD],
      ['token', TEXT],
    ],
  },
  'POST /organizations/{organization}/members': {
    method: 'post',
    path: () => `/organizations/${paths['organization']}/members`,
    body: { email: 'a@example.com', role: 'admin' },
    fields: [
      ['email', [...TEXT, 'nobody', 'a@b', 'a b@example.com', '@example.com', 'a@b@example.com']],
      ['role', WORD],
    ],
  },
};

/** The body with one field set, on a complete parent. */
function withField(body: Record<string, unknown>, field: string, value: unknown): Record<string, unknown> {
  const [outer = '', inner] = field.split('.');
  if (inner === undefined) return { ...body, [outer]: value };
  const parent = outer === 'budget' ? { amount: '1', window: 'daily' } : {};
  return { ...body, [outer]: { ...parent, [inner]: value } };
}

const counted = async (): Promise<unknown> => {
  const [row] = await api.sql('select count(*)::int as n from audit_log');
  return row?.['n'];
};

describe.each(Object.entries(ROUTES))('%s', (_, route) => {
  const send = (body: unknown) => api.call({ method: route.method, path: route.path(), body });

  it.each(route.fields)('answers 400 naming %s for everything it cannot be', async (field, values) => {
    const before = await counted();
    for (const value of values) {
      const { status, body } = await send(withField(route.body, field, value));
      const shown = JSON.stringify(value)?.slice(0, 60);
      expect([shown, status, body.error?.type]).toEqual([shown, 400, 'invalid_request_error']);
      expect([shown, String(body.error.param).startsWith(field)]).toEqual([shown, true]);
      expect(body.error.message.length).toBeGreaterThan(10);
    }
    expect(await counted()).toBe(before);
  });

  it('answers 400 naming an unknown field, at any depth, also the likes of __proto__', async () => {
    for (const field of ['id', 'unheard_of', 'organization_id', 'balance_nano']) {
      const { status, body } = await send({ ...route.body, [field]: 'x' });
      expect([status, body.error.param, body.error.message]).toEqual([
        400,
        field,
        `Unknown field "${field}".`,
      ]);
    }
    for (const text of ['{"__proto__":{"role":"owner"}}', '{"constructor":{"prototype":{}}}']) {
      const { status } = await api.call({
        method: route.method,
        path: route.path(),
        body: text,
        headers: { 'content-type': 'application/json' },
      });
      expect(status).toBe(400);
    }
    if (route.fields.some(([field]) => field === 'budget')) {
      const nested = await send({ ...route.body, budget: { amount: '1', window: 'daily', spent: '0' } });
      expect([nested.status, nested.body.error.param]).toEqual([400, 'budget.spent']);
    }
  });

  it('answers 400 for a body that is no object', async () => {
    for (const body of [[], [{}], [route.body]]) expect((await send(body)).status).toBe(400);
  });
});

describe('any admin route', () => {
  const raw = (body: string, type = 'application/json') =>
    api.call({ method: 'post', path: '/organizations', body, headers: { 'content-type': type } });

  it.each([
    ['{"name":', 400],
    ['nonsense', 400],
    ['null', 400],
    [`{"name":${'['.repeat(300_000)}`, 400],
    [`{"tax":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`, 400],
    [`{"name":"${'x'.repeat(1_100_000)}"}`, 413],
  ])('answers a body that cannot be read with a problem (%#)', async (body, status) => {
    const answer = await raw(body);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toMatchObject({ type: 'invalid_request_error' });
    expect(answer.headers['x-request-id']).toMatch(/^req_/);
    expect(answer.text).not.toMatch(/node_modules|at |Unexpected token/);
  });

  it.each([
    ['a member twice', '{"name":"a","name":"b"}', 'twice'],
    ['a member twice, once by an escape', '{"name":"a","n\\u0061me":"b"}', 'twice'],
    ['NUL', '{"name":"a\\u0000"}', 'NUL'],
    ['half a surrogate pair', '{"name":"\\ud83d"}', 'surrogate'],
    ['a number beyond a double', '{"name":"a","tax":{"country":1e999}}', 'number'],
    ['65 levels', `{"tax":${'['.repeat(64)}${']'.repeat(64)}}`, '64 levels'],
    ['bytes that are no UTF-8', Buffer.from([...Buffer.from('{"name":"'), 0xff, 0xfe, 0x22, 0x7d]), 'UTF-8'],
  ])('refuses a body with %s under /admin and /finance, and writes nothing', async (_, body, word) => {
    const count = () => api.sql('select count(*)::int as n from organization');
    const before = await count();
    const url = await api.app.getUrl();
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${api.secrets.admin}` };
    for (const path of ['/admin/v1/organizations', '/finance/v1/anything']) {
      const answer = await fetch(url + path, { method: 'POST', body, headers });
      const { error } = (await answer.json()) as { error: { message: string; type: string } };
      expect([answer.status, error.type]).toEqual([400, 'invalid_request_error']);
      expect(error.message).toContain(word);
    }
    expect(await count()).toEqual(before);
  });

  it('answers 415 for a compressed body', async () => {
    const answer = await api.call({
      method: 'post',
      path: '/organizations',
      body: '{}',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    expect(answer.status).toBe(415);
  });

  it('answers 415 for another media type', async () => {
    const answer = await raw('name=x', 'application/x-www-form-urlencoded');
    expect([answer.status, answer.body.error.type]).toEqual([415, 'invalid_request_error']);
  });

  it('answers an unknown route in the same shape', async () => {
    const answer = await api.get('/nothing');
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({
      error: { message: expect.any(String), type: 'not_found_error', param: null, code: null },
    });
    expect(answer.headers['x-request-id']).toMatch(/^req_/);
  });

  it('answers 500 to a fault of ours, and nothing from inside', async () => {
    await api.sql(`alter table organization rename to organization_away`);
    const broken = await api.get('/organizations');
    await api.sql(`alter table organization_away rename to organization`);
    expect([broken.status, broken.body.error.message]).toEqual([500, 'Internal error']);
    expect(broken.body.error.type).toBe('api_error');
    expect(broken.text).not.toMatch(/organization|prisma|select/i);
  });

  it('answers 503 with retry-after when the database is too slow or away', async () => {
    const other = new pg.Client({ connectionString: api.databaseUrl });
    await other.connect();
    await other.query('begin; lock table organization in access exclusive mode');
    const slow = await api.patch(`/organizations/${paths['organization']}`, { name: 'x' });
    await other.end();
    expect([slow.status, slow.body.error.type]).toEqual([503, 'overloaded_error']);
    expect(slow.headers['retry-after']).toBe('2');
    expect(slow.text).not.toMatch(/lock|55P03|prisma/i);
    const gone = await startAdminApi();
    await runSql(new URL('/postgres', gone.databaseUrl).href, `drop database ${nameOf(gone)} with (force)`);
    const away = await gone.get('/organizations');
    await gone.close();
    expect([away.status, away.headers['retry-after']]).toEqual([503, '2']);
    expect(away.text).not.toContain(nameOf(gone));
  });
});

const nameOf = ({ databaseUrl }: AdminApi): string => new URL(databaseUrl).pathname.slice(1);
