import { CatalogAdminModule } from '../../../src/catalog/catalog-admin.module.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { invalid, refusalOf } from './refusals.js';

const body = (id: string, over: object = {}) => ({
  id,
  context_window: 200_000,
  max_output_tokens: 64_000,
  ...over,
});

describe('/admin/v1/models', () => {
  let api: AdminApi;
  beforeAll(async () => {
    api = await startAdminApi([CatalogAdminModule]);
  });
  afterAll(() => api.close());

  it('creates a model and finds it by its id, slashes as they are or encoded', async () => {
    const created = await api.post(
      '/models',
      body('anthropic/claude-opus-4.8', {
        name: 'Claude Opus 4.8',
        aliases: ['opus', 'claude-opus'],
        default_max_tokens: 8192,
        capabilities: ['temperature', 'tools'],
      }),
    );
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      object: 'model',
      id: 'anthropic/claude-opus-4.8',
      aliases: ['claude-opus', 'opus'],
      default_max_tokens: 8192,
      fallback_model: null,
      status: 'active',
      source: 'admin',
    });
    expect((await api.get('/models/anthropic/claude-opus-4.8')).body).toEqual(created.body);
    expect((await api.get('/models/anthropic%2Fclaude-opus-4.8')).body).toEqual(created.body);
    expect((await api.get('/models/anthropic/claude-opus-4.9')).status).toBe(404);
  });

  it('changes what is named, replaces lists whole, and clears with null', async () => {
    await api.post('/models', body('a/change', { aliases: ['one', 'two'], default_max_tokens: 5 }));
    const changed = await api.patch('/models/a/change', {
      aliases: ['two', 'three'],
      default_max_tokens: null,
      rate_limits: { requests_per_minute: 300, tokens_per_minute: 2_000_000 },
      status: 'disabled',
    });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      aliases: ['three', 'two'],
      default_max_tokens: null,
      rate_limits: { requests_per_minute: 300, tokens_per_minute: 2_000_000, concurrency: null },
      status: 'disabled',
      context_window: 200_000,
    });
    expect((await api.patch('/models/a/change', {})).body).toEqual(changed.body);
    expect((await api.post('/models', body('a/other', { aliases: ['one'] }))).status).toBe(201);
    expect((await api.patch('/models/a/nobody', { name: 'x' })).status).toBe(404);
  });

  it('never lets one name mean two models', async () => {
    await api.post('/models', body('n/one', { aliases: ['n-alias'] }));
    await api.post('/models', body('n/two'));
    expect(refusalOf(await api.post('/models', body('n/one')))).toMatchObject({ status: 409, param: 'id' });
    expect(refusalOf(await api.post('/models', body('n-alias')))).toMatchObject({ status: 409, param: 'id' });
    for (const alias of ['n-alias', 'n/one']) {
      const refused = await api.patch('/models/n/two', { aliases: [alias] });
      expect(refusalOf(refused)).toMatchObject({ status: 409, param: 'aliases' });
    }
    expect(refusalOf(await api.patch('/models/n/two', { aliases: ['n/two'] }))).toEqual(invalid('aliases'));
    const racing = await Promise.all(
      ['r/1', 'r/2', 'r/3'].map((id) => api.post('/models', body(id, { aliases: ['race'] }))),
    );
    expect(racing.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
  });

  it('takes a fallback that is a model and does not lead back', async () => {
    await api.post('/models', body('f/c'));
    await api.post('/models', body('f/b', { fallback_model: 'f/c' }));
    const first = await api.post('/models', body('f/a', { fallback_model: 'f/b' }));
    expect(first.body.fallback_model).toBe('f/b');
    for (const [id, fallback] of [
      ['f/c', 'f/a'],
      ['f/a', 'f/a'],
      ['f/a', 'f/nobody'],
    ]) {
      const refused = await api.patch(`/models/${id}`, { fallback_model: fallback });
      expect(refusalOf(refused)).toEqual(invalid('fallback_model'));
    }
    expect((await api.patch('/models/f/a', { fallback_model: null })).body.fallback_model).toBeNull();
  });

  const NUL = `a${String.fromCharCode(0)}b`;
  it.each([
    ['id', [undefined, null, '', 'a b', '/a', 'ä', 'x'.repeat(128), 5, NUL]],
    ['name', [null, '', 'x'.repeat(201), NUL]],
    ['context_window', [undefined, null, 0, -1, 1.5, '200000', 2_147_483_648, 1e300]],
    ['max_output_tokens', [undefined, null, 0, 200_001, 2_147_483_648]],
    ['default_max_tokens', [0, 1.5, 64_001, '5']],
    [
      'aliases',
      [null, 'a', [5], ['a', 'a'], ['a b'], [''], [NUL], Array.from({ length: 51 }, (_, at) => `x${at}`)],
    ],
    ['capabilities', [null, 'tools', ['Tools'], ['a b'], [1], ['x'.repeat(41)]]],
    ['fallback_model', ['', 'a b', 5]],
    ['status', [null, 'gone', 1]],
    ['unknown_field', [1]],
    ['source', ['me']],
  ])('refuses a bad %s, naming it', async (field, values) => {
    for (const value of values) {
      const refused = await api.post('/models', body('bad/model', { [field]: value }));
      const { param, ...rest } = refusalOf(refused);
      expect({ value, ...rest, param: param?.split('.')[0] }).toEqual({ value, ...invalid(field) });
    }
    expect(await api.sql(`select 1 from model where id = 'bad/model'`)).toEqual([]);
  });

  it('lists models by id, page by page', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await api.get(`/models?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...(page.body.data as { id: string }[]).map(({ id }) => id));
      cursor = (page.body.next_cursor as string | null) ?? '';
    } while (cursor);
    expect(seen).toEqual([...new Set(seen)].sort());
    const [row] = await api.sql('select count(*)::int as models from model');
    expect(seen).toHaveLength(row?.['models'] as number);
  });

  it('lets owners and admins write, everybody read', async () => {
    for (const role of ['finance', 'support', 'auditor'] as const) {
      expect((await api.post('/models', body('x/y'), role)).status).toBe(403);
      expect((await api.get('/models', role)).status).toBe(200);
    }
  });
});
