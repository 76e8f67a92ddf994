import type { JsonObject } from '../../../src/core/json.js';
import { createBudget, createKey } from '../../support/builders/tenant.builder.js';
import { createSecret } from '../../support/gateway.js';
import { Statements } from '../../support/statements.js';

const SHARED = 'test/shared';
const DEARER = 'test/dearer';
const EMBEDDING = 'test/embedding';

interface Answer {
  status: number;
  json: JsonObject;
}

describe('what a Cortecs customer sees and does beside calls', () => {
  let world: Statements;
  beforeAll(async () => {
    const shared = { id: SHARED, upstreamModel: 'shared', capabilities: ['tools', 'image_input'] };
    world = await Statements.start('cortecs', [
      { ...shared, slug: 'azure', prices: { input: 5_000_000n, output: 9_000_000n } },
      {
        ...shared,
        slug: 'scaleway',
        prices: { input: 7_000_000n, output: 8_000_000n, cache_read: 1n },
        set: {
          provider: { eu_native: true, zero_data_retention: true },
          deployment: { quantization: 'fp8' },
        },
      },
      { id: DEARER, upstreamModel: 'dearer', slug: 'mistral', capabilities: ['temperature'] },
      { id: EMBEDDING, upstreamModel: 'embedding', slug: 'nebius', capabilities: ['embeddings'] },
    ]);
    // One model is sold in euros, too.
    await world.gateway.pool.query(
      `with source as (select s.id, p.id as version, s.token_class from sku s join price_version p on p.sku_id = s.id
         where s.model_id = $1 and s.kind = 'list'),
       made as (insert into sku (kind, model_id, token_class, currency)
         select 'list', $1, token_class, 'EUR' from source where token_class in ('input', 'output') returning id)
       insert into price_version (id, sku_id, unit_price_pico, valid, source, created_by)
       select gen_random_uuid(), id, 2000000, tstzrange('2026-01-01', null), 'test', 'test' from made`,
      [DEARER],
    );
    await world.reloadCatalogue();
  });
  afterAll(() => world.close());

  const call = async (
    method: string,
    path: string,
    how: { secret?: string; body?: unknown } = {},
  ): Promise<Answer> => {
    const answer = await fetch(`${world.gateway.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${how.secret ?? world.customer.secret}`,
        ...(how.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(how.body !== undefined && { body: JSON.stringify(how.body) }),
    });
    return { status: answer.status, json: (await answer.json()) as JsonObject };
  };

  describe('models', () => {
    const list = async (query = '', secret?: string): Promise<JsonObject[]> => {
      const { status, json } = await call(
        'GET',
        `/v1/models${query}`,
        secret === undefined ? {} : { secret },
      );
      expect(status).toBe(200);
      return json['data'] as JsonObject[];
    };
    const idsOf = (models: JsonObject[]): unknown[] => models.map(({ id }) => id);
    const find = (models: JsonObject[], id: string) => models.find((model) => model['id'] === id);

    it('statement 95: prices are the lowest of the providers, with currency, providers and tags', async () => {
      const shared = find(await list(), SHARED);
      expect(shared).toMatchObject({
        object: 'model',
        created: expect.any(Number),
        owned_by: 'test',
        description: expect.any(String),
        context_size: 200_000,
        tags: ['Instruct', 'Tools', 'Image'],
        pricing: { input_token: 5, output_token: 8, cache_read_cost: 0.000001, currency: 'USD' },
      });
      expect(shared?.['providers']).toEqual(['azure', 'scaleway']);
      expect(shared).not.toHaveProperty('providers_details');
    });

    it('statement 95: extended tells the price and the quantisation at each provider', async () => {
      expect(find(await list('?extended=true'), SHARED)).toMatchObject({
        release_date: null,
        input_modalities: ['text', 'image'],
        output_modalities: ['text'],
        supported_features: ['tools', 'image_input'],
        providers_details: {
          azure: { pricing: { input_token: 5, output_token: 9, currency: 'USD' }, quantization: null },
          scaleway: { pricing: { input_token: 7, output_token: 8 }, quantization: 'fp8' },
        },
      });
    });

    it('statement 95: filtered by tag, chat models alone unless another is asked for', async () => {
      expect(idsOf(await list())).not.toContain(EMBEDDING);
      expect(idsOf(await list('?tag=Embedding'))).toEqual([EMBEDDING]);
      expect(idsOf(await list('?tag=image'))).toEqual([SHARED]);
      expect(new Set(idsOf(await list('?tag=Image&tag=Embedding')))).toEqual(new Set([EMBEDDING, SHARED]));
      expect(await call('GET', '/v1/models?tag=Wisdom')).toMatchObject({
        status: 400,
        json: { error: { param: 'tag', message: expect.stringContaining('Embedding') } },
      });
    });

    it('statement 95: filtered by currency, at the prices in it', async () => {
      const models = await list('?currency=EUR');
      expect(idsOf(models)).toEqual([DEARER]);
      expect(models[0]?.['pricing']).toEqual({ currency: 'EUR', input_token: 2, output_token: 2 });
      expect(await call('GET', '/v1/models?currency=euro')).toMatchObject({
        status: 400,
        json: { error: { param: 'currency' } },
      });
    });

    it('statement 95: only providers that keep the promise count, in the list and in its prices', async () => {
      for (const query of ['eu_native', 'allow_zero_data_retention']) {
        const [model, ...others] = await list(`?${query}=true`);
        expect(model).toMatchObject({ id: SHARED, providers: ['scaleway'], pricing: { input_token: 7 } });
        expect(others).toEqual([]);
      }
      const exact = find(await list('?allow_quantization=false'), SHARED);
      expect(exact).toMatchObject({ providers: ['azure'], pricing: { output_token: 9 } });
      expect(await call('GET', '/v1/models?eu_native=maybe')).toMatchObject({
        status: 400,
        json: { error: { param: 'eu_native' } },
      });
    });

    it("statement 95: other profiles see OpenRouter's fields, and filter by parameters", async () => {
      const { secret } = await world.addCustomer({ profile: 'standard' });
      const models = await list('', secret);
      expect(idsOf(models)).toContain(EMBEDDING);
      expect(find(models, SHARED)).toMatchObject({
        context_length: 200_000,
        architecture: { modality: 'text+image->text', input_modalities: ['text', 'image'] },
        top_provider: { context_length: 200_000, max_completion_tokens: 8_192 },
        supported_parameters: ['tools', 'image_input'],
        pricing: { prompt: '0.000005000000', completion: '0.000008000000', currency: 'USD' },
      });
      expect(idsOf(await list('?supported_parameters=tools,image_input', secret))).toEqual([SHARED]);
      expect(find(models, DEARER)).toMatchObject({ pricing: { prompt: '0.000003000000' } });
    });
  });

  describe('keys', () => {
    const DOOR = '/v1/manage/api-keys';
    const chat = (secret: string): Promise<Answer> =>
      call('POST', '/v1/chat/completions', {
        secret,
        body: { model: SHARED, messages: [{ role: 'user', content: 'Hello.' }] },
      });
    /** A management key of the customer's project. */
    const manager = async (columns: Record<string, unknown> = {}): Promise<string> => {
      const { pool } = world.gateway;
      const keyId = await createKey(pool, world.customer.tenant, 'manager');
      for (const [column, value] of Object.entries({ scopes: ['manage'], ...columns }))
        await pool.query(`update api_key set ${column} = $2 where id = $1`, [keyId, value]);
      return createSecret(pool, keyId);
    };

    it('statement 97: a management key creates, lists, changes and deletes keys of its project', async () => {
      const secret = await manager();
      const made = await call('POST', DOOR, { secret, body: { name: 'team a', allowed_models: [SHARED] } });
      expect(made).toMatchObject({
        status: 201,
        json: { name: 'team a', is_management_key: false, created_at: expect.any(String) },
      });
      const own = made.json['secret'] as string;
      expect((await chat(own)).status).toBe(200);
      const listed = await call('GET', DOOR, { secret });
      expect(listed.json['api_keys']).toContainEqual(
        expect.objectContaining({ name: 'team a', is_management_key: false }),
      );
      expect(listed.json['api_keys']).toContainEqual(
        expect.objectContaining({ name: 'manager', is_management_key: true }),
      );
      expect(JSON.stringify(listed.json)).not.toContain(own);
      const changed = await call('PATCH', `${DOOR}/${made.json['id']}`, {
        secret,
        body: { budget: { amount: '5', window: 'monthly' } },
      });
      expect(changed).toMatchObject({ status: 200, json: { budget: { window: 'monthly' } } });
      const deleted = await call('DELETE', `${DOOR}/${encodeURIComponent('team a')}`, { secret });
      expect(deleted).toMatchObject({ status: 200, json: { status: 'revoked' } });
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expect((await chat(own)).status).toBe(401);
      expect(JSON.stringify((await call('GET', DOOR, { secret })).json)).not.toContain('team a');
      const { rows } = await world.gateway.pool.query(
        "select actor, action from audit_log where action like 'api_key.%' order by id",
      );
      expect(rows.map(({ action }) => action)).toEqual([
        'api_key.create',
        'api_key.update',
        'api_key.revoke',
      ]);
      expect(rows.every(({ actor }) => (actor as string).startsWith('key_'))).toBe(true);
    });

    it('statement 97: an ordinary key gets 403, a wrong one 401, in the form {error: text}', async () => {
      for (const [method, path] of [
        ['GET', DOOR],
        ['POST', DOOR],
        ['PATCH', `${DOOR}/key`],
        ['DELETE', `${DOOR}/key`],
      ] as const) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : { name: 'x' };
        expect(await call(method, path, { body })).toMatchObject({
          status: 403,
          json: { error: expect.stringContaining('manage') },
        });
        const secret = `fg_live_${'x'.repeat(38)}`;
        expect(await call(method, path, { secret, body })).toMatchObject({
          status: 401,
          json: { error: expect.any(String) },
        });
      }
    });

    it('statement 97: a management key calls no model, makes none of its kind and ends none', async () => {
      const secret = await manager({ name: 'other manager' });
      expect((await chat(secret)).status).toBe(403);
      expect(await call('POST', DOOR, { secret, body: { name: 'm', scopes: ['manage'] } })).toMatchObject({
        status: 400,
        json: { error: expect.stringContaining('scopes') },
      });
      expect(await call('DELETE', `${DOOR}/other%20manager`, { secret })).toMatchObject({ status: 403 });
    });

    it("statement 97: another project's keys do not exist, and a name is taken once", async () => {
      const secret = await manager();
      const other = await world.addCustomer({});
      const { rows } = await world.gateway.pool.query<{ id: string }>(
        "select 'key_' || replace(id::text, '-', '') as id from api_key where id = $1",
        [other.tenant.keyId],
      );
      for (const foreign of [rows[0]?.id, 'nobody']) {
        expect((await call('DELETE', `${DOOR}/${foreign}`, { secret })).status).toBe(404);
      }
      expect((await chat(other.secret)).status).toBe(200);
      const body = { name: 'once' };
      expect((await call('POST', DOOR, { secret, body })).status).toBe(201);
      expect(await call('POST', DOOR, { secret, body })).toMatchObject({
        status: 409,
        json: { param: 'name' },
      });
    });

    it('statement 97: a management key with limits makes and leaves no key that may more than it', async () => {
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      const secret = await manager({
        allowed_models: [SHARED],
        allowed_ips: ['127.0.0.0/8'],
        expires_at: expiresAt,
        rate_limits: { requests_per_minute: 60 },
      });
      const made = await call('POST', DOOR, { secret, body: { name: 'bounded' } });
      expect(made).toMatchObject({
        status: 201,
        json: {
          allowed_models: [SHARED],
          allowed_ips: ['127.0.0.0/8'],
          expires_at: expiresAt,
          rate_limits: { requests_per_minute: 60, tokens_per_minute: null },
        },
      });
      expect((await chat(made.json['secret'] as string)).status).toBe(200);
      const wider: [string, JsonObject][] = [
        ['allowed_models', { allowed_models: [DEARER] }],
        ['allowed_ips', { allowed_ips: [] }],
        ['expires_at', { expires_at: null }],
        ['rate_limits.requests_per_minute', { rate_limits: { requests_per_minute: 61 } }],
      ];
      for (const [param, body] of wider) {
        const refused = { status: 403, json: { error: expect.stringContaining(param), param } };
        expect(await call('POST', DOOR, { secret, body: { name: 'wide', ...body } })).toMatchObject(refused);
        expect(await call('PATCH', `${DOOR}/bounded`, { secret, body })).toMatchObject(refused);
      }
      const narrowed = await call('PATCH', `${DOOR}/bounded`, {
        secret,
        body: { rate_limits: { concurrency: 2 } },
      });
      expect(narrowed.json['rate_limits']).toMatchObject({ requests_per_minute: 60, concurrency: 2 });
    });

    it("statement 97: a management key's cap is that of the keys it makes", async () => {
      const secret = await manager({ name: 'capped manager' });
      const { pool } = world.gateway;
      const { rows } = await pool.query<{ id: string; organization_id: string }>(
        "select id, organization_id from api_key where name = 'capped manager'",
      );
      const [own] = rows;
      await createBudget(pool, {
        scope: 'key',
        scopeId: own?.id ?? '',
        organizationId: own?.organization_id ?? '',
        amountNano: 5_000_000_000n,
        window: 'monthly',
      });
      const made = await call('POST', DOOR, { secret, body: { name: 'capped' } });
      expect(made.json['budget']).toEqual({ amount: '5.000000000', window: 'monthly' });
      const lifted = await call('PATCH', `${DOOR}/capped`, { secret, body: { budget: null } });
      expect(lifted).toMatchObject({ status: 403, json: { param: 'budget' } });
    });

    it('statement 97: a management key obeys its list of addresses', async () => {
      const secret = await manager({ allowed_ips: ['203.0.113.0/24'] });
      expect((await call('GET', DOOR, { secret })).status).toBe(403);
    });
  });
});
