import { gzipSync } from 'node:zlib';
import { BAD_CHAT, fullChat } from '../support/bad-chat.js';
import { FLAG, LIST, withMember, WORD, type BadField } from '../support/bad-fields.js';
import { BAD_MESSAGES, fullMessages } from '../support/bad-messages.js';
import { BAD_RESPONSES, fullResponses } from '../support/bad-responses.js';
import { readBooks } from '../support/books.js';
import { post, untilSettled } from '../support/calls.js';
import { CHAT_MODEL, MESSAGES_MODEL, startGateway, type TestGateway } from '../support/gateway.js';
import { cutOffRequest, expectRefusal, type Dialect } from '../support/refusals.js';

const MAX_BODY_BYTES = 200_000;
const MODELS = [CHAT_MODEL, MESSAGES_MODEL];

/** The router's fields, the same on both routes. */
const ROUTING: BadField[] = [
  ['preference', WORD],
  ['allowed_providers', [...LIST, '[]', '[1]', '[null]', '["nobody"]', '["__proto__"]']],
  ['eu_native', FLAG],
  ['allow_quantization', FLAG],
  ['allow_zero_data_retention', FLAG],
  ['enable_model_fallback', FLAG],
];

/** The smallest request of a route that says something. */
type Minimal = (model: string, said: string) => Record<string, unknown>;

const turns: Minimal = (model, said) => ({
  model,
  max_tokens: 16,
  messages: [{ role: 'user', content: said }],
});

const ROUTES: {
  path: string;
  dialect: Dialect;
  full: (model: string) => object;
  minimal: Minimal;
  fields: BadField[];
}[] = [
  {
    path: '/v1/chat/completions',
    dialect: 'openai',
    full: fullChat,
    minimal: turns,
    fields: [...BAD_CHAT, ...ROUTING],
  },
  {
    path: '/v1/responses',
    dialect: 'openai',
    full: fullResponses,
    minimal: (model, input) => ({ model, max_output_tokens: 16, input }),
    fields: [...BAD_RESPONSES, ...ROUTING],
  },
  {
    path: '/v1/messages',
    dialect: 'anthropic',
    full: fullMessages,
    minimal: turns,
    fields: [...BAD_MESSAGES, ...ROUTING],
  },
];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ env: { MAX_BODY_BYTES: String(MAX_BODY_BYTES) } });
});
afterAll(() => gateway.close());

/** Runs refused calls and looks that nothing moved: no money, no row, no call to the upstream. */
async function expectUntouched(calls: () => Promise<void>): Promise<void> {
  await untilSettled(gateway);
  const before = await readBooks(gateway);
  await calls();
  expect(await readBooks(gateway)).toEqual(before);
}

describe.each(ROUTES)('POST $path', ({ path, dialect, full, minimal, fields }) => {
  it.each(MODELS)('accepts the request that the tables below spoil (%s)', async (model) => {
    const response = await post(gateway, path, full(model));
    expect([response.status, response.status === 200 ? '' : await response.text()]).toEqual([200, '']);
    await untilSettled(gateway);
  });

  it.each(fields)('refuses every wrong value of %s before it costs anything', async (field, values) => {
    await expectUntouched(async () => {
      // Fields are read before the model's upstream matters: each model gets every other value.
      for (const [at, value] of values.entries()) {
        const body = withMember(full(MODELS[at % MODELS.length] ?? ''), field, value);
        const response = await post(gateway, path, body);
        await expectRefusal(response, { dialect, status: 400, names: field, about: value });
      }
    });
  });

  it('answers 404 to model names that do not exist, however odd', async () => {
    const names = ['nope', '__proto__', 'constructor', ' ', 'x'.repeat(50_000), '../../etc', "';--"];
    await expectUntouched(async () => {
      for (const model of names) {
        const response = await post(gateway, path, full(model));
        await expectRefusal(response, { dialect, status: 404, names: 'model', about: model.slice(0, 20) });
      }
    });
  });

  it('refuses bodies that are not a JSON object', async () => {
    const valid = JSON.stringify(full(CHAT_MODEL));
    const bodies: (string | Uint8Array<ArrayBuffer>)[] = [
      '',
      ' ',
      'null',
      'true',
      '1',
      '"text"',
      '[]',
      `[${valid}]`,
      '{',
      valid.slice(0, -1),
      `${valid}${valid}`,
      `\ufeff${valid}`,
      valid.replace('{', '{"temperature":NaN,'),
      valid.replace('{', '{"temperature":Infinity,'),
      valid.replace('{', '{"temperature":+1,'),
      valid.replace('{', "{'temperature':1,"),
      valid.replace('{', '{,'),
      valid.replace('{', '{"a":"\u0001",'),
      '['.repeat(100_000),
      '{"a":'.repeat(30_000),
      new Uint8Array(
        Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
      ),
      new Uint8Array(Buffer.from(valid, 'utf16le')),
      new Uint8Array(Buffer.from(valid.replace('{', '{"a":"ä",'), 'latin1')),
      new Uint8Array(gzipSync(valid)),
    ];
    await expectUntouched(async () => {
      for (const body of bodies) {
        const response = await fetch(gateway.url + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.secret}` },
          body,
        });
        await expectRefusal(response, {
          dialect,
          status: 400,
          names: 'equest body',
          about: String(body).slice(0, 30),
        });
      }
    });
  });

  it('takes 64 levels of nesting and refuses the 65th, wherever it stands', async () => {
    const nested = (levels: number, open: string, close: string): string =>
      withMember(
        full(CHAT_MODEL),
        'metadata',
        `{"a":${open.repeat(levels - 2)}1${close.repeat(levels - 2)}}`,
      );
    expect((await post(gateway, path, nested(64, '[', ']'))).status).toBe(200);
    await untilSettled(gateway);
    await expectUntouched(async () => {
      for (const body of [nested(65, '[', ']'), nested(65, '{"b":', '}'), nested(20_000, '[', ']')]) {
        await expectRefusal(await post(gateway, path, body), { dialect, status: 400, names: '64 levels' });
      }
    });
  });

  it('refuses other media types with 415', async () => {
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=a',
      'json',
    ];
    await expectUntouched(async () => {
      for (const type of types) {
        const response = await post(gateway, path, full(CHAT_MODEL), { 'content-type': type });
        await expectRefusal(response, { dialect, status: 415, names: 'Content-Type', about: type });
      }
    });
  });

  it('refuses a compressed body with 415 instead of reading something else', async () => {
    await expectUntouched(async () => {
      const response = await post(gateway, path, full(CHAT_MODEL), { 'content-encoding': 'gzip' });
      await expectRefusal(response, { dialect, status: 415, names: 'Content-Encoding' });
    });
  });

  it('refuses a body over the limit with 413, told in advance or not, and keeps on serving', async () => {
    const body = withMember(full(CHAT_MODEL), 'user', `"${'x'.repeat(MAX_BODY_BYTES)}"`);
    await expectUntouched(async () => {
      await expectRefusal(await post(gateway, path, body), {
        dialect,
        status: 413,
        names: `${MAX_BODY_BYTES}`,
      });
      const chunked = await fetch(gateway.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': gateway.secret },
        body: new Blob([body]).stream(),
        duplex: 'half',
      } as RequestInit);
      await expectRefusal(chunked, { dialect, status: 413, names: `${MAX_BODY_BYTES}` });
    });
  });

  it('forgets a caller who leaves before the body is complete', async () => {
    await expectUntouched(async () => {
      await cutOffRequest(gateway, path, 'content-length: 5000\r\n\r\n{"model":');
      await cutOffRequest(gateway, path, 'transfer-encoding: chunked\r\n\r\n9\r\n{"model":\r\n');
    });
  });

  it('refuses members named twice, NUL, half surrogate pairs and numbers beyond a double, wherever they are', async () => {
    const body = JSON.stringify(full(CHAT_MODEL));
    const hostile = [
      body.replace('{', '{"temperature":0.5,').replace(/}$/, ',"temperature":1}'),
      body.replace('{', '{"metadata":{"a":"1","\\u0061":"2"},'),
      body.replace('{', '{"metadata":{"a":"\\u0000"},'),
      body.replace('{', '{"metadata":{"\\ud83d":"a"},'),
      body.replace('{', '{"whatever":[[1e999]],'),
      body.replace('{', `{"whatever":${'['.repeat(70)}${']'.repeat(70)},`),
    ];
    await expectUntouched(async () => {
      for (const text of hostile) {
        const response = await post(gateway, path, text);
        await expectRefusal(response, { dialect, status: 400, about: text.slice(0, 60) });
      }
    });
  });

  it('serves and settles names and ids that PostgreSQL cannot keep as they are', async () => {
    for (const model of MODELS) {
      for (const user of ['a?b', `${'x'.repeat(199)}\ud83d\ude00`, '__proto__']) {
        const body = { ...minimal(model, user), user, metadata: { user_id: user } };
        const response = await post(gateway, path, body);
        expect([response.status, user]).toEqual([200, user]);
      }
    }
    await untilSettled(gateway);
    const { rows } = await gateway.pool.query("select id from request where end_user like 'a_b'");
    expect(rows.length).toBeGreaterThan(0);
  });

  it('treats __proto__ and constructor as names like any other', async () => {
    const body = JSON.stringify(minimal(CHAT_MODEL, 'Hi')).replace(
      '{',
      '{"__proto__":{"stream":true,"n":9},"constructor":{"prototype":{"n":9}},',
    );
    const response = await post(gateway, path, body);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(({} as Record<string, unknown>)['n']).toBeUndefined();
    await untilSettled(gateway);
  });
});
