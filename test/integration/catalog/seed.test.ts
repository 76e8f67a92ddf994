import { CatalogRepository } from '../../../src/catalog/catalog.repository.js';
import { CatalogSnapshot } from '../../../src/catalog/catalog-snapshot.js';
import { CATALOGUE } from '../../../src/catalog/seed/catalogue.js';
import { simulatorOf, SIMULATED_PROVIDERS } from '../../../src/catalog/seed/seed-rows.js';
import { seedCatalogue } from '../../../src/catalog/seed/seed-catalogue.js';
import { AppConfig } from '../../../src/platform/config/app-config.js';
import { SealedBox } from '../../../src/platform/crypto/sealed-box.js';
import { Database } from '../../../src/platform/database/database.service.js';
import { TEST_SECRETS } from '../../support/admin-api.js';
import { createTestDatabase, runSql, type TestDatabase } from '../../support/database.js';

const simulator = (port: number) => ({
  baseUrl: `http://127.0.0.1:${port}`,
  credentialKey: TEST_SECRETS.CREDENTIAL_KEY,
});

describe('seedCatalogue', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    database = new Database(new AppConfig({ DATABASE_URL: testDatabase.url, ...TEST_SECRETS }));
  });
  afterEach(async () => {
    await database.onApplicationShutdown();
    await testDatabase.drop();
  });

  const load = async (): Promise<CatalogSnapshot> =>
    new CatalogSnapshot(await new CatalogRepository(database).load());
  const sql = (text: string, values?: unknown[]) => runSql(testDatabase.url, text, values);

  it('makes every model of the catalogue answerable and priced, in and out, with a margin', async () => {
    expect(await seedCatalogue(database, { simulator: simulator(4010) })).toBe(15);
    const catalog = await load();
    for (const { id, aliases } of CATALOGUE) {
      for (const name of [id, ...aliases]) expect(catalog.resolve(name)?.id).toBe(id);
      const [deployment] = catalog.deploymentsOf(id);
      const provider = deployment?.provider;
      expect(provider?.slug).toBe(simulatorOf(id));
      const path = provider?.protocol === 'google-gemini' ? '/v1beta' : '/v1';
      expect(provider).toMatchObject({ simulated: true, baseUrl: `http://127.0.0.1:4010${path}` });
      const query = { modelId: id, providerId: provider?.id ?? '', currency: 'USD', atMs: Date.UTC(2026, 0) };
      const list = catalog.listPrices({ ...query, organizationId: '' });
      const cost = catalog.costPrices(query);
      for (const tokenClass of ['input', 'output', 'search'] as const) {
        const [price, spent] = [list, cost].map((sheet) => sheet.dearest(tokenClass)?.unitPricePico ?? 0n);
        expect(spent).toBeGreaterThan(0n);
        expect(price).toBeGreaterThan(spent ?? 0n);
      }
    }
  });

  it('gives the simulator a credential that opens at its provider', async () => {
    await seedCatalogue(database, { simulator: simulator(4010) });
    const box = new SealedBox(TEST_SECRETS.CREDENTIAL_KEY, 'provider-credential');
    for (const { slug } of SIMULATED_PROVIDERS) {
      const provider = (await load()).provider(slug);
      const [credential] = provider?.credentials ?? [];
      expect(box.open(credential?.ciphertext ?? Buffer.alloc(0), `provider:${credential?.id}`)).toMatch(
        /^sim-./,
      );
    }
  });

  it('adds nothing the second time, and follows the simulator to its new port', async () => {
    await seedCatalogue(database, { simulator: simulator(4010) });
    const count = () =>
      sql(`select (select count(*) from model) || ' ' || (select count(*) from model_alias) || ' ' ||
        (select count(*) from provider) || ' ' || (select count(*) from deployment) || ' ' ||
        (select count(*) from sku) || ' ' || (select count(*) from price_version) as rows`);
    const before = await count();
    expect(await seedCatalogue(database, { simulator: simulator(5020) })).toBe(0);
    expect(await count()).toEqual(before);
    expect((await load()).provider('simulator-openai')?.baseUrl).toBe('http://127.0.0.1:5020/v1');
  });

  it('leaves what an admin changed as it is', async () => {
    await seedCatalogue(database, { simulator: simulator(4010) });
    await sql(`update model set name = 'Mine', status = 'disabled' where id = 'openai/gpt-5.5'`);
    await sql(`delete from model_alias where alias = 'gpt-5.4'`);
    await sql(`update deployment set status = 'deleted' where model_id = 'openai/gpt-5.4'`);
    await seedCatalogue(database, { simulator: simulator(4010) });
    expect(await sql(`select name, status from model where id = 'openai/gpt-5.5'`)).toEqual([
      { name: 'Mine', status: 'disabled' },
    ]);
    const catalog = await load();
    expect(catalog.resolve('gpt-5.4')).toBeUndefined();
    expect(catalog.deploymentsOf('openai/gpt-5.4')).toEqual([]);
  });

  it('switches the simulated providers off when no simulator runs, and on again when one does', async () => {
    expect(await seedCatalogue(database)).toBe(15);
    expect((await load()).deploymentsOf('openai/gpt-5.5')).toEqual([]);
    await seedCatalogue(database, { simulator: simulator(4010) });
    expect((await load()).deploymentsOf('openai/gpt-5.5')).toHaveLength(1);
    await seedCatalogue(database);
    expect((await load()).deploymentsOf('openai/gpt-5.5')).toEqual([]);
  });

  it('may run in two processes at once', async () => {
    const added = await Promise.all(
      [1, 2, 3].map(() => seedCatalogue(database, { simulator: simulator(4010) })),
    );
    expect(added.toSorted((a, b) => a - b)).toEqual([0, 0, 15]);
  });
});
