import fc from 'fast-check';
import { CatalogService } from '../../../src/catalog/catalog.service.js';
import { publicId } from '../../../src/core/ids.js';
import type { JsonObject } from '../../../src/core/json.js';
import { multipliedPico } from '../../../src/core/money.js';
import { adminDoor, createAdminSecret, type AdminDoor } from '../../support/admin-door.js';
import { createKey } from '../../support/builders/tenant.builder.js';
import { chatBody, post, untilSettled } from '../../support/calls.js';
import { createSecret, serveModel, startGateway, type TestGateway } from '../../support/gateway.js';
import { brokenRules, giveCredit } from '../../support/money.js';

/** Ratio 15 and completion ratio 2; ratio 0.25 and 1.33: a ratio of 1 is 2 USD per million input tokens. */
const DEAR = 'test/ratio-15';
const CHEAP = 'test/quarter';
const QUOTA_NANO = 2_000n;
const TWO_WAYS = 'test/two-ways';

let gateway: TestGateway;
let admin: AdminDoor;
let ways: { deploymentId: string }[];

beforeAll(async () => {
  gateway = await startGateway({ balanceNano: 0n });
  await giveCredit(gateway, 1_000_000_000_000n);
  const { pool, simulator, url } = gateway;
  const serve = (id: string, upstreamModel: string, prices: Record<string, bigint>) =>
    serveModel(pool, {
      id,
      protocol: 'openai-chat',
      upstreamModel,
      baseUrl: `${simulator.baseUrl}/v1`,
      prices,
    });
  await serve(DEAR, 'ratio', {
    input: 30_000_000n,
    output: 60_000_000n,
    cache_read: 3_000_000n,
    cache_write_5m: 37_500_000n,
    cache_write_1h: 60_000_000n,
  });
  await serve(CHEAP, 'quarter', { input: 500_000n, output: 665_000n });
  ways = [
    await serve(TWO_WAYS, 'way-1', { input: 1_000_000n, output: 1_000_000n }),
    await serve(TWO_WAYS, 'way-2', { input: 1_000_000n, output: 1_000_000n }),
  ];
  await gateway.api.app.get(CatalogService).refresh();
  admin = adminDoor(url, await createAdminSecret(gateway));
});
afterAll(() => gateway.close());
beforeEach(() => gateway.simulator.reset());

let groups = 0;
/** A new group, and a key in it. */
async function keyIn(group: JsonObject): Promise<{ id: string; secret: string }> {
  const made = await admin('POST', '/groups', { name: `group-${(groups += 1)}`, ...group });
  expect(made.status).toBe(201);
  const keyId = await createKey(gateway.pool, gateway.tenant);
  const moved = await admin('PATCH', `/keys/${publicId('key', keyId)}`, { group: made.json['id'] });
  expect(moved.json).toMatchObject({ group: made.json['id'] });
  return { id: made.json['id'] as string, secret: await createSecret(gateway.pool, keyId) };
}
const ask = (secret: string, model: string, more: JsonObject = {}) =>
  post({ url: gateway.url, secret }, '/v1/chat/completions', chatBody(model, more));
/** The upstream says that it used so much. */
const use = (prompt_tokens: number, completion_tokens: number, cached_tokens = 0): void =>
  gateway.simulator.use({
    answer: {
      kind: 'json',
      body: {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }],
        usage: {
          prompt_tokens,
          completion_tokens,
          total_tokens: prompt_tokens + completion_tokens,
          prompt_tokens_details: { cached_tokens },
        },
      },
    },
  });
/** The detail of the last call, as an admin sees it. */
async function lastCall(): Promise<JsonObject> {
  await untilSettled(gateway);
  const { rows } = await gateway.pool.query<{ id: string }>(
    'select id from request order by id desc limit 1',
  );
  return (await admin('GET', `/requests/${publicId('request', rows[0]?.id ?? '')}`)).json;
}
async function nanoOf(secret: string, model: string): Promise<bigint> {
  const answer = await ask(secret, model);
  expect(answer.status).toBe(200);
  await answer.text();
  const { amount } = await lastCall();
  return BigInt((amount as string).replace('.', ''));
}

describe('a group of keys', () => {
  it('statement 73: multiplies every price, in the list of models, the hold, the charge and its evidence', async () => {
    const { secret, id } = await keyIn({ price_multiplier: '1.25' });
    const listed = await fetch(`${gateway.url}/v1/models`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    const { data } = (await listed.json()) as { data: JsonObject[] };
    const shown = data.find((model) => model['id'] === DEAR)?.['pricing'];
    expect(shown).toMatchObject({ input: '0.000037500000', output: '0.000075000000' });
    use(1_000, 500);
    const answer = await ask(secret, DEAR);
    expect(((await answer.json()) as { usage: JsonObject }).usage).toMatchObject({ cost: 0.075 });
    const call = await lastCall();
    expect(call).toMatchObject({
      amount: '0.075000000',
      route: { group: { multiplier_ppm: 1_250_000 } },
      charge: {
        lines: [
          {
            token_class: 'input',
            unit_price: '37.500000',
            list_unit_price: '30.000000',
            price_multiplier: '1.25',
          },
          { token_class: 'output', price_arithmetic: '0.000060000000 × 1.25 → 0.000075000000' },
        ],
      },
    });
    const [line] = (call['charge'] as { lines: JsonObject[] }).lines;
    const made = await admin('GET', `/prices/${line?.['price'] as string}`);
    expect(made.json).toMatchObject({ price_multiplier: '1.25', base_price: line?.['list_price'] });
    const { json } = await admin('PATCH', `/groups/${id}`, { price_multiplier: '0.5' });
    expect(json).toMatchObject({ price_multiplier: '0.5' });
    use(1_000, 500);
    expect(await nanoOf(secret, DEAR)).toBe(30_000_000n);
    expect(await brokenRules(gateway)).toEqual([]);
  });

  it('statement 73: selects the deployments that may serve its keys, and shows no others', async () => {
    const deployments = [publicId('deployment', ways[1]?.deploymentId ?? '')];
    const { secret } = await keyIn({ deployments });
    for (let call = 0; call < 6; call++) expect((await ask(secret, TWO_WAYS)).status).toBe(200);
    const models = gateway.simulator.journal.map(({ body }) => (body as JsonObject)['model']);
    expect(new Set(models)).toEqual(new Set(['way-2']));
    const refused = await ask(secret, DEAR);
    expect([refused.status, await refused.json()]).toMatchObject([404, { error: { param: 'group' } }]);
    const fallback = await ask(secret, TWO_WAYS, { models: [DEAR] });
    expect(fallback.status).toBe(200);
    const listed = await fetch(`${gateway.url}/v1/models`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    const { data } = (await listed.json()) as { data: { id: string }[] };
    expect(data.map((model) => model.id)).toEqual([TWO_WAYS]);
  });

  it('statement 73: holds from a price’s first instant, whichever of the two came first', async () => {
    const { secret } = await keyIn({ price_multiplier: '3' });
    const price = { model: CHEAP, kind: 'list', currency: 'USD', token_class: 'input' };
    const [provider] = (
      await gateway.pool.query<{ slug: string }>(
        `select p.slug from deployment d join provider p on p.id = d.provider_id where d.model_id = $1`,
        [CHEAP],
      )
    ).rows;
    const entered = await admin('POST', '/prices', {
      ...price,
      provider: provider?.slug,
      unit_price: '0.700001',
    });
    expect(entered).toMatchObject({ status: 201, json: { price_multiplier: '1', base_price: null } });
    use(1_000_000, 0);
    expect(await nanoOf(secret, CHEAP)).toBe(2_100_003_000n);
    await admin('POST', '/prices', { ...price, provider: provider?.slug, unit_price: '0.5' });
    use(1_000_000, 0);
    expect(await nanoOf(secret, CHEAP)).toBe(1_500_000_000n);
    const { json } = await admin('GET', `/prices?model=${CHEAP}&limit=100`);
    expect((json['data'] as JsonObject[]).every((one) => one['base_price'] === null)).toBe(true);
    expect(await brokenRules(gateway)).toEqual([]);
  });

  it('statement 73: is part of what past usage would have cost under other prices', async () => {
    const { secret } = await keyIn({ price_multiplier: '2.5' });
    await untilSettled(gateway);
    const from = new Date().toISOString();
    use(1_000_000, 0);
    expect(await nanoOf(secret, DEAR)).toBe(75_000_000_000n);
    const finance = adminDoor(gateway.url, await createAdminSecret(gateway, 'finance'));
    const tried = { model: DEAR, token_class: 'input', unit_price: '10' };
    const to = new Date(Date.now() + 60_000).toISOString();
    const { json } = await finance('POST', '/finance/v1/price-previews', {
      from,
      to,
      prices: [tried],
      currency: 'USD',
    });
    const [line] = json['data'] as JsonObject[];
    expect(line).toMatchObject({
      model: DEAR,
      token_class: 'input',
      amount: '75.000000000',
      preview_amount: '25.000000000',
    });
    const listed = await admin('GET', `/prices?model=${DEAR}&price_multiplier=2.5&token_class=input`);
    expect(listed.json['data']).toMatchObject([{ unit_price: '75.000000', price_multiplier: '2.5' }]);
  });

  it('statement 73: is inherited by keys that a management key makes, which cannot choose another', async () => {
    const { id, secret } = await keyIn({ price_multiplier: '2' });
    await gateway.pool.query(
      `update api_key set scopes = '{manage}' where id =
      (select api_key_id from api_key_secret where last4 = $1)`,
      [secret.slice(-4)],
    );
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const manage = (body: JsonObject) => post({ url: gateway.url, secret }, '/v1/manage/api-keys', body);
    const made = await manage({ name: 'made' });
    expect(await made.json()).toMatchObject({ group: id });
    expect((await manage({ name: 'cheaper', group: null })).status).toBe(400);
    expect((await manage({ name: 'cheaper', group: id })).status).toBe(400);
  });

  it('refuses a multiplier that is none, a name that is taken, an unknown deployment, and to end while keys are in it', async () => {
    for (const price_multiplier of ['-1', '1.0000001', 'x', '1001'])
      expect(await admin('POST', '/groups', { name: 'bad', price_multiplier })).toMatchObject({
        status: 400,
        json: { error: { param: 'price_multiplier' } },
      });
    const { id } = await keyIn({ name: 'taken' });
    expect((await admin('POST', '/groups', { name: 'taken' })).status).toBe(409);
    expect((await admin('DELETE', `/groups/${id}`)).status).toBe(409);
    const unknown = publicId('deployment', '00000000-0000-7000-8000-000000000000');
    expect((await admin('POST', '/groups', { name: 'lost', deployments: [unknown] })).status).toBe(400);
    const spare = await admin('POST', '/groups', { name: 'spare' });
    expect(await admin('DELETE', `/groups/${spare.json['id'] as string}`)).toMatchObject({
      json: { deleted: true },
    });
  });
});

describe('the formula of quota and ratios', () => {
  it('statement 74: (1000 + 500 × 2) × 15 × 1 is a quota of 30,000, 0.06 dollars', async () => {
    const { secret } = await keyIn({ price_multiplier: '1' });
    use(1_000, 500);
    const nano = await nanoOf(secret, DEAR);
    expect(nano).toBe(60_000_000n);
    expect(nano / QUOTA_NANO).toBe(30_000n);
  });

  it('statement 74: (2000 + 1000 × 1.33) × 0.25 × 0.5 is a quota of 416.25', async () => {
    const { secret } = await keyIn({ price_multiplier: '0.5' });
    use(2_000, 1_000);
    const nano = await nanoOf(secret, CHEAP);
    expect(nano).toBe(832_500n);
    expect(nano * 100n).toBe(41_625n * QUOTA_NANO);
  });

  it('statement 74: cached input counts at its own ratio, and every class times the group’s', async () => {
    const { secret } = await keyIn({ price_multiplier: '0.8' });
    use(1_000, 100, 600);
    // (400 + 600 × 0.1 + 100 × 2) × 15 × 0.8 = 7,920
    expect(await nanoOf(secret, DEAR)).toBe(7_920n * QUOTA_NANO);
    expect(await brokenRules(gateway)).toEqual([]);
  });

  it('statement 74: the database multiplies and rounds as the formula does', async () => {
    const pairs = fc.sample(
      fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.bigInt({ min: 0n, max: 1_000_000_000n })),
      300,
    );
    const { rows } = await gateway.pool.query<{ made: string }>(
      `select multiplied(p, m)::text as made from unnest($1::bigint[], $2::bigint[]) with ordinality as t(p, m, n) order by n`,
      [pairs.map(([pico]) => String(pico)), pairs.map(([, ppm]) => String(ppm))],
    );
    expect(rows.map(({ made }) => BigInt(made))).toEqual(
      pairs.map(([pico, ppm]) => multipliedPico(pico, ppm)),
    );
  });
});
