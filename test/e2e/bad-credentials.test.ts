import { request } from 'node:http';
import { revokedBy, type Revocation } from '../support/bad-keys.js';
import { readBooks } from '../support/books.js';
import { chatBody, post, untilSettled } from '../support/calls.js';
import { CHAT_MODEL, createSecret, startGateway, type TestGateway } from '../support/gateway.js';
import { createKey, createTenant } from '../support/builders/tenant.builder.js';
import { expectRefusal, type Dialect } from '../support/refusals.js';

const ROUTES: [string, Dialect][] = [
  ['/v1/chat/completions', 'openai'],
  ['/v1/messages', 'anthropic'],
];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const call = (path: string, headers: Record<string, string>, method = 'POST'): Promise<Response> =>
  fetch(gateway.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'GET' || method === 'HEAD' ? {} : { body: JSON.stringify(chatBody(CHAT_MODEL)) }),
  });

/** The status of a call with two Authorization headers; fetch would make one of them. */
const statusOfBoth = (path: string, authorization: string[]): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const { host, hostname, port } = new URL(gateway.url);
    const body = JSON.stringify(chatBody(CHAT_MODEL));
    const headers = ['host', host, 'content-type', 'application/json', 'content-length', `${body.length}`];
    for (const value of authorization) headers.push('authorization', value);
    const sent = request({ hostname, port, path, method: 'POST', headers, agent: false });
    sent.once('response', (response) => resolve(response.resume().statusCode)).once('error', reject);
    sent.end(body);
  });

/** The same key with its last character changed: the checksum no longer fits. */
const misspelt = (secret: string): string => secret.slice(0, -1) + (secret.endsWith('a') ? 'b' : 'a');

describe.each(ROUTES)('POST %s', (path, dialect) => {
  it('answers 401 to every credential that is none, and calls nobody', async () => {
    const { secret } = gateway;
    const foreign = (await createSecret(gateway.pool, gateway.tenant.keyId)).replace('fg_live', 'fg_admin');
    const headers: Record<string, string>[] = [
      {},
      { authorization: '' },
      { authorization: 'Bearer' },
      { authorization: 'Bearer ' },
      { authorization: secret },
      { authorization: `Basic ${secret}` },
      { authorization: `Bearer ${secret} x` },
      { authorization: `Bearer "${secret}"` },
      { authorization: `Bearer ${misspelt(secret)}` },
      { authorization: `Bearer ${secret.toUpperCase()}` },
      { authorization: `Bearer ${secret}a` },
      { authorization: `Bearer ${secret.slice(0, -1)}` },
      { authorization: `Bearer ${foreign}` },
      { authorization: 'Bearer sim-test' },
      { authorization: "Bearer ' or 1=1 --" },
      { authorization: `Bearer ${'x'.repeat(8_000)}` },
      { 'x-api-key': '' },
      { 'x-api-key': misspelt(secret) },
      { 'x-api-key': `Bearer ${secret}` },
      { 'x-api-key': secret, authorization: `Bearer ${misspelt(secret)}` },
      { 'x-api-key': misspelt(secret), authorization: `Bearer ${secret}` },
      { 'x-api-key': secret, authorization: 'Basic abc' },
      { cookie: `key=${secret}` },
      { 'x-goog-api-key': secret },
    ];
    const before = await readBooks(gateway);
    for (const credential of headers) {
      const response = await call(path, credential);
      await expectRefusal(response, { dialect, status: 401, about: JSON.stringify(credential) });
    }
    for (const query of ['key', 'api_key', 'access_token', 'x-api-key']) {
      await expectRefusal(await call(`${path}?${query}=${secret}`, {}), { dialect, status: 401 });
    }
    expect(await readBooks(gateway)).toEqual(before);
  });

  it('takes either header, and both when they say the same', async () => {
    const { secret } = gateway;
    for (const credential of [
      { authorization: `Bearer ${secret}` },
      { authorization: `bearer  ${secret}` },
      { 'x-api-key': secret },
      { 'x-api-key': secret, authorization: `Bearer ${secret}` },
    ]) {
      expect((await call(path, credential)).status).toBe(200);
    }
    await untilSettled(gateway);
  });

  it('answers 401 to two Authorization headers that differ, in either order', async () => {
    const good = `Bearer ${gateway.secret}`;
    for (const [first, second, status] of [
      [good, `Bearer ${misspelt(gateway.secret)}`, 401],
      ['Bearer x', good, 401],
      [good, good, 200],
    ] as const)
      expect(await statusOfBoth(path, [first, second])).toBe(status);
    await untilSettled(gateway);
  });

  const ways: Revocation[] = ['revoked', 'expired', 'secret expired', 'project archived'];
  it.each(ways)('answers 401 to a key that is %s', async (how) => {
    const keyId = await createKey(gateway.pool, gateway.tenant);
    const secret = await createSecret(gateway.pool, keyId);
    await revokedBy(gateway, { keyId, how });
    const before = await readBooks(gateway);
    await expectRefusal(await call(path, { 'x-api-key': secret }), { dialect, status: 401 });
    expect(await readBooks(gateway)).toEqual(before);
  });

  it('charges the organization whose key it is, and no other', async () => {
    const other = await createTenant(gateway.pool, { name: 'Other' });
    const secret = await createSecret(gateway.pool, other.keyId);
    const before = await readBooks(gateway);
    const response = await call(path, { 'x-api-key': secret });
    await expectRefusal(response, { dialect, status: 402 });
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await readBooks(gateway)).toEqual(before);
  });

  it('answers 404 in its own shape to other methods and to addresses below it', async () => {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      const response = await call(path, { 'x-api-key': gateway.secret }, method);
      await expectRefusal(response, { dialect, status: 404, about: method });
    }
    expect((await call(path, {}, 'HEAD')).status).toBe(404);
    for (const below of ['/xyz', '/a/b/c', '/%00', '/..%2f..%2fetc']) {
      const response = await call(path + below, { 'x-api-key': gateway.secret });
      expect([400, 404]).toContain(response.status);
      await expectRefusal(response, { dialect, status: response.status, about: below });
    }
  });
});

describe('other addresses', () => {
  it.each([
    '/',
    '/v1',
    '/v1/',
    '/v1/nothing',
    '/v2/chat/completions',
    '/v1/chat/completionsx',
    '//v1/messages',
  ])('%s is a 404 in the OpenAI shape', async (path) => {
    await expectRefusal(await post(gateway, path, {}), { dialect: 'openai', status: 404, about: path });
  });

  it.each<[string, string, Dialect]>([
    ['GET', '/v1/models/%E0%A4%A', 'openai'],
    ['GET', '/v1/models/%', 'openai'],
    ['GET', '/%ff/%', 'openai'],
    ['GET', '/v1/messages/%ff', 'anthropic'],
    ['POST', '/v1/messages/%ff', 'anthropic'],
    ['GET', '/v1beta/models/%ff', 'google'],
  ])('%s %s, which cannot be decoded, is a 404 in the shape of its route', async (method, path, dialect) => {
    const response = await call(path, { 'x-api-key': gateway.secret }, method);
    await expectRefusal(response, { dialect, status: 404, about: path });
  });

  it.each<[string, Record<string, string>, Dialect]>([
    ['in the OpenAI shape', {}, 'openai'],
    [
      "in Anthropic's where anthropic-version asks for it",
      { 'anthropic-version': '2023-06-01' },
      'anthropic',
    ],
  ])('the models refuse %s, as they answer', async (_shape, version, dialect) => {
    const own = { ...version, 'x-api-key': gateway.secret };
    const wrong = { ...version, 'x-api-key': misspelt(gateway.secret) };
    for (const path of ['/v1/models', '/v1/models/nobody/knows-it'])
      await expectRefusal(await call(path, wrong, 'GET'), { dialect, status: 401, about: path });
    const unknown = await call('/v1/models/nobody/knows-it', own, 'GET');
    await expectRefusal(unknown, { dialect, status: 404, names: 'nobody/knows-it' });
  });

  it('a model or a key whose name cannot be decoded is refused in the shape of its route', async () => {
    const contents = [{ role: 'user', parts: [{ text: 'Hello.' }] }];
    const asked = await post(gateway, '/v1beta/models/%ff:generateContent', { contents });
    await expectRefusal(asked, { dialect: 'google', status: 404, names: '%ff' });
    const key = await call('/v1/manage/api-keys/%ff', {}, 'GET');
    expect(await key.json()).toMatchObject({ error: expect.stringMatching(/./) });
  });

  it.each([
    '/V1/messages',
    '/v1/MESSAGES/count_tokens',
    '/v1/Chat/completions',
    '/V1BETA/models/m:generateContent',
    '/ADMIN/v1/models',
  ])('%s is not the address in small letters', async (path) => {
    const response = await call(path, { 'x-api-key': gateway.secret });
    await expectRefusal(response, { dialect: 'openai', status: 404, about: path });
  });
});
