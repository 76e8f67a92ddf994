import { AuthService } from '../../../src/auth/auth.service.js';
import { hashSecret } from '../../../src/accounts/keys/key-material.js';
import { startAdminApi, TEST_SECRETS, type AdminApi } from '../../support/admin-api.js';

let api: AdminApi;
let organization: string;
let project: string;
beforeAll(async () => {
  api = await startAdminApi();
  await api.sql(
    `insert into model (id, name, context_window, max_output_tokens) values ('m-large', 'M', 8000, 1000)`,
  );
  await api.sql(`insert into model_alias (alias, model_id) values ('m-latest', 'm-large')`);
  organization = (await api.post('/organizations', { name: 'Acme' })).body.id;
  project = (await api.post(`/organizations/${organization}/projects`, { name: 'Chat' })).body.id;
});
afterAll(() => api.close());

const createKey = (body: object = {}) => api.post(`/projects/${project}/keys`, { name: 'k', ...body });

/** Whether the gateway takes the secret, asked of the table and not of a cache. */
async function isTaken(secret: string): Promise<boolean> {
  const found = await api.sql(
    `select 1 from api_key_secret s join api_key k on k.id = s.api_key_id
     where s.hash = $1 and k.status = 'active' and coalesce(s.expires_at > billing_now(), true)
       and coalesce(k.expires_at > billing_now(), true)`,
    [hashSecret(secret, TEST_SECRETS.KEY_PEPPER)],
  );
  return found.length === 1;
}

describe('a project', () => {
  it('keeps its settings and changes only what is mentioned', async () => {
    const created = await api.post(`/organizations/${organization}/projects`, {
      name: 'Search',
      budget: { amount: '10', window: 'weekly' },
      routing_defaults: { allow_quantization: false },
      tags: { team: 'search', 'cost center': '42' },
    });
    expect(created.status).toBe(201);
    const changed = await api.patch(`/projects/${created.body.id}`, { name: 'Search 2', tags: {} });
    expect(changed.body).toEqual({
      ...created.body,
      name: 'Search 2',
      tags: {},
      updated_at: changed.body.updated_at,
    });
    expect((await api.get(`/projects/${created.body.id}`)).body).toEqual(changed.body);
    const listed = await api.get(`/organizations/${organization}/projects?limit=1`);
    expect(listed.body.data).toEqual([changed.body]);
  });

  it('that is archived takes no new keys', async () => {
    const { body } = await api.post(`/organizations/${organization}/projects`, { name: 'Old' });
    await api.patch(`/projects/${body.id}`, { status: 'archived' });
    expect((await api.post(`/projects/${body.id}/keys`, { name: 'k' })).status).toBe(409);
  });

  it('may route to known providers only', async () => {
    const { status, body } = await api.patch(`/projects/${project}`, {
      routing_defaults: { allowed_providers: ['nobody'] },
    });
    expect([status, body.error.param]).toEqual([400, 'routing_defaults.allowed_providers']);
  });
});

describe('a key', () => {
  it('keeps every setting, and shows its secret once', async () => {
    const method = await api.post(`/organizations/${organization}/payment-methods`, {
      provider: 'sandbox',
      token: 'pm_card_visa',
    });
    const { status, body } = await createKey({
      payment_method: method.body.id,
      expires_at: '2099-01-01T00:00:00+02:00',
      allowed_models: ['m-large', 'm-latest'],
      allowed_ips: ['10.0.0.0/8', '2001:db8::1'],
      scopes: ['inference', 'account'],
      rate_limits: { requests_per_minute: 60, tokens_per_minute: 100000, concurrency: null },
      budget: { amount: '20', window: 'lifetime' },
      metadata: { owner: 'ada' },
    });
    expect(status).toBe(201);
    const { secret, ...rest } = body;
    expect(secret).toMatch(/^fg_live_[0-9A-Za-z]{38}$/);
    expect(rest).toMatchObject({
      object: 'api_key',
      organization,
      project,
      payment_method: method.body.id,
      expires_at: '2098-12-31T22:00:00.000Z',
      allowed_models: ['m-large', 'm-latest'],
      allowed_ips: ['10.0.0.0/8', '2001:db8::1'],
      scopes: ['inference', 'account'],
      rate_limits: { requests_per_minute: 60, tokens_per_minute: 100000, concurrency: null },
      budget: { amount: '20.000000000', window: 'lifetime' },
      metadata: { owner: 'ada' },
      status: 'active',
      revoked_at: null,
      secrets: [{ starts_with: secret.slice(0, 12), last4: secret.slice(-4), expires_at: null }],
    });
    expect((await api.get(`/keys/${rest.id}`)).body).toEqual(rest);
    expect((await api.get(`/projects/${project}/keys?limit=1`)).body.data).toEqual([rest]);
    expect((await api.patch(`/keys/${rest.id}`, { name: 'renamed' })).text).not.toContain(secret);
  });

  it('is known to the gateway by its secret', async () => {
    const { body } = await createKey({ rate_limits: { concurrency: 3, tokens_per_minute: null } });
    const principal = await api.app.get(AuthService, { strict: false }).authenticate(body.secret);
    expect(`key_${principal.keyId.replaceAll('-', '')}`).toBe(body.id);
    expect(principal.limits).toEqual([
      {
        scope: 'key',
        id: principal.keyId,
        limits: { requestsPerMinute: undefined, tokensPerMinute: undefined, concurrency: 3 },
      },
    ]);
  });

  it('changes only what is mentioned, and null clears', async () => {
    const { body } = await createKey({
      budget: { amount: '1', window: 'daily' },
      expires_at: '2099-01-01T00:00:00Z',
    });
    const changed = await api.patch(`/keys/${body.id}`, { budget: null, allowed_models: ['m-large'] });
    expect(changed.body).toMatchObject({
      budget: null,
      allowed_models: ['m-large'],
      expires_at: '2099-01-01T00:00:00.000Z',
    });
    expect((await api.patch(`/keys/${body.id}`, { expires_at: null })).body.expires_at).toBeNull();
  });

  it('rotates: both secrets work during the overlap, the old one not after it', async () => {
    const { body } = await createKey();
    const rotated = await api.post(`/keys/${body.id}/rotate`, { overlap_seconds: 3600 });
    expect(rotated.status).toBe(200);
    expect(rotated.body.id).toBe(body.id);
    expect(rotated.body.secret).not.toBe(body.secret);
    expect(rotated.body.secrets).toHaveLength(2);
    expect([await isTaken(body.secret), await isTaken(rotated.body.secret)]).toEqual([true, true]);
    await api.sql(`update api_key_secret set expires_at = expires_at - interval '3601 seconds'
      where expires_at is not null`);
    expect([await isTaken(body.secret), await isTaken(rotated.body.secret)]).toEqual([false, true]);
  });

  it('rotates at once when no overlap is asked for, and never prolongs an older secret', async () => {
    const { body } = await createKey();
    const second = await api.post(`/keys/${body.id}/rotate`, {});
    expect(await isTaken(body.secret)).toBe(false);
    const third = await api.post(`/keys/${body.id}/rotate`, { overlap_seconds: 604800 });
    expect(await isTaken(body.secret)).toBe(false);
    expect([await isTaken(second.body.secret), await isTaken(third.body.secret)]).toEqual([true, true]);
  });

  it('rotated many times at once has one secret that lasts', async () => {
    const { body } = await createKey();
    const rotations = await Promise.all(
      Array.from({ length: 4 }, () => api.post(`/keys/${body.id}/rotate`, {})),
    );
    expect(rotations.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const taken = await Promise.all(rotations.map((rotation) => isTaken(rotation.body.secret)));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  it('is refused once revoked, for good', async () => {
    const { body } = await createKey();
    const revoked = await api.post(`/keys/${body.id}/revoke`);
    expect([revoked.status, revoked.body.status]).toEqual([200, 'revoked']);
    expect(revoked.body.revoked_at).not.toBeNull();
    expect(await isTaken(body.secret)).toBe(false);
    expect((await api.post(`/keys/${body.id}/revoke`)).body).toEqual(revoked.body);
    for (const again of [
      api.post(`/keys/${body.id}/rotate`, {}),
      api.patch(`/keys/${body.id}`, { name: 'alive' }),
    ]) {
      expect((await again).body.error).toMatchObject({ code: 'key_revoked' });
    }
  });

  it('may not use what belongs to another organization, nor a method that is gone', async () => {
    const stranger = (await api.post('/organizations', { name: 'Stranger' })).body.id as string;
    const foreign = await api.post(`/organizations/${stranger}/payment-methods`, {
      provider: 'invoice',
      token: 'PO 1',
    });
    const refused = await createKey({ payment_method: foreign.body.id });
    expect([refused.status, refused.body.error.param]).toEqual([404, 'payment_method']);
    const { body } = await createKey();
    expect((await api.patch(`/keys/${body.id}`, { payment_method: foreign.body.id })).status).toBe(404);
    const own = await api.post(`/organizations/${organization}/payment-methods`, {
      provider: 'invoice',
      token: 'x',
    });
    await api.post(`/organizations/${organization}/payment-methods/${own.body.id}/detach`);
    expect((await createKey({ payment_method: own.body.id })).status).toBe(409);
  });

  it('is not found under an id of nothing, or of another kind', async () => {
    for (const id of [`key_${'0'.repeat(32)}`, project.replace('proj', 'key'), project, 'x']) {
      expect((await api.get(`/keys/${id}`)).status).toBe(404);
      expect((await api.patch(`/keys/${id}`, { name: 'x' })).status).toBe(404);
      expect((await api.post(`/keys/${id}/rotate`, {})).status).toBe(404);
      expect((await api.post(`/keys/${id}/revoke`)).status).toBe(404);
    }
    expect((await api.post(`/projects/proj_${'0'.repeat(32)}/keys`, { name: 'x' })).status).toBe(404);
  });
});

describe('what the database holds', () => {
  it('contains no usable secret, neither of customers nor of admins, nor in stored answers', async () => {
    const created = await api.call({
      method: 'post',
      path: `/projects/${project}/keys`,
      body: { name: 'dumped' },
      headers: { 'idempotency-key': 'dump' },
    });
    const rotated = await api.post(`/keys/${created.body.id}/rotate`, { overlap_seconds: 60 });
    const tables = await api.sql(`select table_name from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE'`);
    let dump = '';
    for (const { table_name } of tables) {
      dump += JSON.stringify(
        await api.sql(`select row_to_json(t)::text as row from "${String(table_name)}" t`),
      );
    }
    for (const secret of [
      created.body.secret,
      rotated.body.secret,
      ...Object.values(api.secrets),
    ] as string[]) {
      const random = secret.slice(secret.lastIndexOf('_') + 1);
      expect(dump).toContain(secret.slice(0, -34)); // what people recognise it by
      expect(dump).not.toContain(secret);
      expect(dump).not.toContain(random);
      expect(dump).not.toContain(random.slice(4, -4));
      expect(dump).not.toContain(Buffer.from(secret).toString('base64').slice(4, 40));
      expect(dump).not.toContain(Buffer.from(secret).toString('hex').slice(2, 60));
    }
  });
});
