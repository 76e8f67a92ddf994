import { CatalogAdminModule } from '../../../src/catalog/catalog-admin.module.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';

describe('PUT …/auto-disable', () => {
  let api: AdminApi;
  let deployment: string;
  beforeAll(async () => {
    api = await startAdminApi([CatalogAdminModule]);
    const provider = { slug: 'up', protocol: 'openai-chat', base_url: 'https://api.example.com/v1' };
    await api.post('/providers', provider);
    await api.post('/models', { id: 'a/b', context_window: 1000, max_output_tokens: 100 });
    const made = await api.post('/deployments', { model: 'a/b', provider: 'up', upstream_model: 'b' });
    deployment = made.body.id as string;
  });
  afterAll(() => api.close());

  it.each(['provider', 'deployment'])('of one %s many times at once is taken each time', async (owner) => {
    const path = `${owner === 'provider' ? '/providers/up' : `/deployments/${deployment}`}/auto-disable`;
    const seconds = [60, 61, 62, 63, 64, 65];
    const answers = await Promise.all(
      seconds.map((retest) =>
        api.call({ method: 'put', path, body: { enabled: true, retest_seconds: retest } }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(seconds.map(() => 200));
    const kept = await api.get(path);
    expect(kept.body.source).toBe(owner);
    expect(seconds).toContain(kept.body.retest_seconds);
    const rules = await api.sql(`select 1 as one from auto_disable_rule where ${owner}_id is not null`);
    expect(rules).toHaveLength(1);
  });
});
