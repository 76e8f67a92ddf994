import { CatalogAdminModule } from '../../../src/catalog/catalog-admin.module.js';
import { CatalogService } from '../../../src/catalog/catalog.service.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { invalid, refusalOf } from './refusals.js';

const body = (over: object = {}) => ({ model: 'a/b', provider: 'up', upstream_model: 'b-1', ...over });

describe('/admin/v1/deployments', () => {
  let api: AdminApi;
  let providerId: string;
  beforeAll(async () => {
    api = await startAdminApi([CatalogAdminModule]);
    const provider = { slug: 'up', protocol: 'openai-chat', base_url: 'https://api.example.com/v1' };
    providerId = (await api.post('/providers', provider)).body.id as string;
    await api.post('/models', { id: 'a/b', context_window: 1000, max_output_tokens: 100 });
  });
  afterAll(() => api.close());

  const served = (): string[] =>
    api.app
      .get(CatalogService)
      .snapshot()
      .deploymentsOf('a/b')
      .map(({ upstreamModel }) => upstreamModel);

  it('serves a model at a provider, by slug or id, from the next call on', async () => {
    const created = await api.post('/deployments', body());
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      object: 'deployment',
      model: 'a/b',
      provider: 'up',
      upstream_model: 'b-1',
      priority: 0,
      weight: 1,
      quantization: null,
      region: null,
      status: 'active',
    });
    const other = await api.post(
      '/deployments',
      body({ provider: providerId, upstream_model: 'b-2', quantization: 'fp8' }),
    );
    expect(other.body).toMatchObject({ provider: 'up', quantization: 'fp8' });
    expect(served().sort()).toEqual(['b-1', 'b-2']);
    expect((await api.get(`/deployments/${created.body.id}`)).body).toEqual(created.body);
    expect((await api.get('/deployments?model=a/b&provider=up')).body.data).toHaveLength(2);
    expect((await api.get('/deployments?model=x')).body.data).toEqual([]);
  });

  it('gets no traffic when draining or disabled', async () => {
    const { id } = (await api.post('/deployments', body({ upstream_model: 'b-3' }))).body as { id: string };
    for (const status of ['draining', 'disabled']) {
      expect((await api.patch(`/deployments/${id}`, { status })).body.status).toBe(status);
      expect(served()).not.toContain('b-3');
    }
    await api.patch(`/deployments/${id}`, { status: 'active', priority: -5, weight: 0 });
    expect(served()).toContain('b-3');
  });

  it('is deleted for good, and stays readable', async () => {
    const { id } = (await api.post('/deployments', body({ upstream_model: 'b-4' }))).body as { id: string };
    const deleted = await api.call({ method: 'delete', path: `/deployments/${id}` });
    expect([deleted.status, deleted.body]).toEqual([200, { id, object: 'deployment', deleted: true }]);
    expect((await api.call({ method: 'delete', path: `/deployments/${id}` })).status).toBe(200);
    expect(served()).not.toContain('b-4');
    expect((await api.get(`/deployments/${id}`)).body.status).toBe('deleted');
    expect((await api.patch(`/deployments/${id}`, { status: 'active' })).status).toBe(409);
    const ids = async (query: string): Promise<string[]> =>
      ((await api.get(`/deployments?limit=100${query}`)).body.data as { id: string }[]).map((row) => row.id);
    expect(await ids('')).not.toContain(id);
    expect(await ids('&status=deleted')).toContain(id);
    const actions = await api.sql(`select action from audit_log where target_id = $1 order by id`, [id]);
    expect(actions).toEqual([{ action: 'deployment.create' }, { action: 'deployment.delete' }]);
  });

  const NUL = `a${String.fromCharCode(0)}b`;
  it.each([
    ['model', [undefined, null, '', 'no/model', 5, NUL]],
    ['provider', [undefined, null, '', 'nobody', 'prov_00000000000000000000000000000000', NUL]],
    ['upstream_model', [undefined, null, '', 'x'.repeat(201), NUL]],
    ['priority', [null, 1.5, '1', 1_000_001, 1e300]],
    ['weight', [null, -1, 1.5, 1_000_001]],
    ['quantization', ['', 'x'.repeat(33), 8]],
    ['region', ['', 'x'.repeat(65)]],
    ['status', [null, 'deleted', 'gone']],
    ['unknown_field', [1]],
  ])('refuses a bad %s, naming it', async (field, values) => {
    for (const value of values) {
      const refused = await api.post('/deployments', body({ [field]: value }));
      expect({ value, ...refusalOf(refused) }).toEqual({ value, ...invalid(field) });
    }
  });

  it('never moves to another model or provider', async () => {
    const { id } = (await api.post('/deployments', body())).body as { id: string };
    expect(refusalOf(await api.patch(`/deployments/${id}`, { model: 'a/b' }))).toEqual(invalid('model'));
    expect(refusalOf(await api.patch(`/deployments/${id}`, { provider: 'up' }))).toEqual(invalid('provider'));
    expect((await api.patch('/deployments/dep_00000000000000000000000000000000', {})).status).toBe(404);
    expect((await api.get('/deployments/nonsense')).status).toBe(404);
  });

  it('lets owners and admins write, everybody read', async () => {
    for (const role of ['finance', 'support', 'auditor'] as const) {
      expect((await api.post('/deployments', body(), role)).status).toBe(403);
      expect((await api.get('/deployments', role)).status).toBe(200);
    }
  });
});
