import { CatalogAdminModule } from '../../../src/catalog/catalog-admin.module.js';
import { parsePublicId } from '../../../src/core/ids.js';
import { SealedBox } from '../../../src/platform/crypto/sealed-box.js';
import { startAdminApi, TEST_SECRETS, type AdminApi } from '../../support/admin-api.js';
import { invalid, refusalOf } from './refusals.js';

const CREDENTIAL = 'sk-canary-0123456789-do-not-show';
const body = (over: object = {}) => ({
  slug: 'openai',
  protocol: 'openai-chat',
  base_url: 'https://api.openai.com/v1',
  ...over,
});

describe('/admin/v1/providers', () => {
  let api: AdminApi;
  beforeAll(async () => {
    api = await startAdminApi([CatalogAdminModule]);
  });
  afterAll(() => api.close());

  it('creates a provider with the defaults of its protocol', async () => {
    const created = await api.post(
      '/providers',
      body({ slug: 'plain', base_url: 'https://API.example.com/v1/' }),
    );
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      object: 'provider',
      slug: 'plain',
      name: 'plain',
      adapter: 'openai-compatible',
      base_url: 'https://api.example.com/v1',
      credential_set: false,
      eu_native: false,
      zero_data_retention: false,
      allow_private_network: false,
      simulated: false,
      headers: {},
      status: 'active',
      region: null,
    });
    expect(created.body.id).toMatch(/^prov_[0-9a-f]{32}$/);
    expect((await api.get(`/providers/${created.body.id}`)).body).toEqual(created.body);
    expect((await api.get('/providers/plain')).body).toEqual(created.body);
  });

  it.each([
    ['anthropic-messages', 'anthropic'],
    ['openai-chat', 'openai-compatible'],
    ['openai-responses', 'openai'],
    ['google-gemini', 'google'],
  ])('knows who speaks %s', async (protocol, adapter) => {
    const created = await api.post('/providers', body({ slug: protocol, protocol }));
    expect(created.body).toMatchObject({ protocol, adapter });
  });

  it('takes no provider of a protocol that is not spoken', async () => {
    const protocol = 'smtp';
    const refused = await api.post('/providers', body({ slug: 'unspoken', protocol }));
    expect(refused.status).toBe(400);
    expect(refused.body.error.param).toBe('protocol');
  });

  it('seals a credential to its row and never shows it, not in answers, lists, replays or the audit log', async () => {
    const call = {
      method: 'post' as const,
      path: '/providers',
      body: body({ slug: 'sealed', credential: CREDENTIAL }),
      headers: { 'idempotency-key': 'sealed-1' },
    };
    const created = await api.call(call);
    expect(created.body.credential_set).toBe(true);
    const changed = await api.patch('/providers/sealed', { credential: `${CREDENTIAL}-2` });
    const seen = [created, changed, await api.call(call), await api.get('/providers/sealed')];
    seen.push(await api.get('/providers?limit=100'), await api.get('/audit-log?limit=100'));
    seen.push(await api.post('/providers', body({ slug: 'sealed', credential: CREDENTIAL })));
    for (const answer of seen) expect(answer.text).not.toContain('canary');

    const id = parsePublicId('provider', created.body.id as string);
    const rows = await api.sql('select * from provider_credential where provider_id = $1 order by id', [id]);
    expect(rows).toMatchObject([
      { status: 'deleted', ciphertext: null },
      { name: 'default', status: 'active' },
    ]);
    const row = rows[1];
    const sealed = row?.['ciphertext'] as Buffer;
    expect(sealed.includes('canary')).toBe(false);
    const box = new SealedBox(TEST_SECRETS.CREDENTIAL_KEY, 'provider-credential');
    expect(box.open(sealed, `provider:${row?.['id'] as string}`)).toBe(`${CREDENTIAL}-2`);
    expect(() => box.open(sealed, 'provider:another')).toThrow();
    const dump = await api.sql(
      'select t::text as line from audit_log t union all select t::text from idempotency_key t',
    );
    expect(JSON.stringify(dump)).not.toContain('canary');
  });

  it('clears a credential and a region with null, and leaves what is not named', async () => {
    await api.post(
      '/providers',
      body({ slug: 'clear', credential: CREDENTIAL, region: 'eu', name: 'Clear' }),
    );
    const cleared = await api.patch('/providers/clear', { credential: null, region: null });
    expect(cleared.body).toMatchObject({ credential_set: false, region: null, name: 'Clear' });
  });

  it('refuses a slug that is taken, on create and on change', async () => {
    await api.post('/providers', body({ slug: 'first' }));
    await api.post('/providers', body({ slug: 'second' }));
    expect((await api.post('/providers', body({ slug: 'first' }))).status).toBe(409);
    const renamed = await api.patch('/providers/second', { slug: 'first' });
    expect(refusalOf(renamed)).toMatchObject({ status: 409, param: 'slug' });
  });

  const NUL = `a${String.fromCharCode(0)}b`;
  it.each([
    ['slug', [undefined, null, '', 'Open AI', 'ä', '-a', 'a'.repeat(64), 7, NUL, 'a/b']],
    ['name', [null, '', ' ', 'x'.repeat(201), 5, NUL]],
    ['protocol', [undefined, null, 'openai', 'OPENAI-CHAT', 1]],
    ['adapter', [null, 'nobody', 'anthropic', 3]],
    [
      'base_url',
      [undefined, null, 'api.openai.com', 'ftp://a.b', 'https://u:p@a.com', 'https://a.com?x=1', 5, NUL],
    ],
    [
      'base_url',
      [
        'http://api.openai.com',
        'https://127.0.0.1/v1',
        'https://localhost',
        'https://[::1]/',
        'https://169.254.169.254',
      ],
    ],
    ['credential', ['', 'a b', 'é', 'x\ny', NUL, 'x'.repeat(4097), 1]],
    ['region', ['', 'x'.repeat(65), 1, NUL]],
    ['eu_native', [null, 'true', 1]],
    ['zero_data_retention', [null, 'no', 0]],
    ['allow_private_network', [null, 'yes', 1]],
    [
      'headers',
      [null, [], 'x', { authorization: 'x' }, { Host: 'x' }, { 'a b': 'x' }, { a: 1 }, { a: 'x\r\ny' }],
    ],
    ['status', [null, 'deleted', 'ACTIVE', 1]],
    ['unknown_field', ['x', null]],
    ['simulated', [true]],
  ])('refuses a bad %s, naming it', async (field, values) => {
    for (const value of values) {
      const given = body({ slug: 'bad', [field]: value });
      const refused = await api.post('/providers', given);
      expect({ value, ...refusalOf(refused) }).toEqual({ value, ...invalid(field) });
    }
    expect(await api.sql(`select 1 from provider where slug = 'bad'`)).toEqual([]);
  });

  it('lets a provider into a private network only when told, also later', async () => {
    const inside = { slug: 'inside', base_url: 'http://10.0.0.7:8000/v1' };
    const allowed = await api.post('/providers', body({ ...inside, allow_private_network: true }));
    expect(allowed.status).toBe(201);
    const withdrawn = await api.patch('/providers/inside', { allow_private_network: false });
    expect(refusalOf(withdrawn)).toEqual(invalid('base_url'));
    const moved = await api.patch('/providers/inside', {
      allow_private_network: false,
      base_url: 'https://llm.example.com/v1',
    });
    expect(moved.body).toMatchObject({
      allow_private_network: false,
      base_url: 'https://llm.example.com/v1',
    });
  });

  it('takes an adapter along when the protocol changes, and refuses one that does not speak it', async () => {
    await api.post('/providers', body({ slug: 'moving', adapter: 'moonshot' }));
    const moved = await api.patch('/providers/moving', { protocol: 'anthropic-messages' });
    expect(moved.body).toMatchObject({ protocol: 'anthropic-messages', adapter: 'anthropic' });
    expect(refusalOf(await api.patch('/providers/moving', { adapter: 'moonshot' }))).toEqual(
      invalid('adapter'),
    );
  });

  it('answers 404 for a provider that is not there', async () => {
    for (const path of [
      '/providers/nobody',
      '/providers/prov_00000000000000000000000000000000',
      '/providers/dep_0',
    ]) {
      expect((await api.get(path)).status).toBe(404);
      expect((await api.patch(path, { name: 'x' })).status).toBe(404);
    }
  });

  it('walks the list page by page, newest first, each provider once', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await api.get(`/providers?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`);
      seen.push(...(page.body.data as { slug: string }[]).map(({ slug }) => slug));
      cursor = page.body.next_cursor as string | null;
      expect(page.body.has_more).toBe(cursor !== null);
    } while (cursor !== null);
    const rows = await api.sql('select slug from provider order by id desc');
    expect(seen).toEqual(rows.map((row) => row['slug']));
    expect(refusalOf(await api.get('/providers?cursor=nonsense'))).toEqual(invalid('cursor'));
    expect(refusalOf(await api.get('/providers?status=gone'))).toEqual(invalid('status'));
  });

  it('lets owners and admins write, everybody read', async () => {
    for (const role of ['finance', 'support', 'auditor'] as const) {
      expect((await api.post('/providers', body({ slug: `by-${role}` }), role)).status).toBe(403);
      expect((await api.patch('/providers/plain', { name: 'x' }, role)).status).toBe(403);
      expect((await api.get('/providers', role)).status).toBe(200);
    }
    expect((await api.post('/providers', body({ slug: 'by-owner' }), 'owner')).status).toBe(201);
  });

  it('writes down who changed what, by name of field alone', async () => {
    await api.post('/providers', body({ slug: 'noted', credential: CREDENTIAL }));
    await api.patch('/providers/noted', { credential: `${CREDENTIAL}-3`, region: 'eu' });
    const rows = await api.sql('select action, detail from audit_log order by id desc limit 2');
    expect(rows).toEqual([
      { action: 'provider.update', detail: { fields: ['credential', 'region'] } },
      { action: 'provider.create', detail: { slug: 'noted', credential: true } },
    ]);
  });
});
