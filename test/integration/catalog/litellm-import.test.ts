import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { jest } from '@jest/globals';
import pg from 'pg';
import type { ImportReport } from '../../../src/catalog/prices/litellm/import-report.js';
import { runCli } from '../../../src/cli.js';
import { testEnvironment } from '../../support/billing.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const FROM = '2999-01-01T00:00:00.000Z';

describe('faregate import litellm-prices', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let model: TestModel;
  let folder: string;
  const before = { ...process.env };

  beforeAll(async () => {
    database = await createTestDatabase();
    Object.assign(process.env, testEnvironment(database.url));
    pool = new pg.Pool({ connectionString: database.url, max: 2 });
    model = await createModel(pool, { modelId: 'acme/large-1' });
    await createModel(pool, { modelId: 'acme/odd-1' });
    await createModel(pool, { modelId: 'acme/twice-1' });
    await pool.query(`insert into model_alias (alias, model_id) values ('large-1', 'acme/large-1')`);
    folder = await mkdtemp(path.join(tmpdir(), 'litellm-'));
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
    await rm(folder, { recursive: true });
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });

  /** Runs the command; answers its exit code and what it wrote. */
  const run = async (text: string, ...options: string[]) => {
    const file = path.join(folder, 'prices.json');
    await writeFile(file, text);
    const written: string[] = [];
    const take = (piece: unknown) => written.push(String(piece)) > 0;
    const spies = [process.stdout, process.stderr].map((stream) =>
      jest.spyOn(stream, 'write').mockImplementation(take),
    );
    try {
      const code = await runCli(['import', 'litellm-prices', file, ...options]);
      return { code, output: written.join('') };
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  };
  const report = async (text: string, ...options: string[]): Promise<ImportReport> => {
    const { code, output } = await run(text, '--json', '--valid-from', FROM, ...options);
    expect([code, output]).toEqual([0, expect.stringContaining('{')]);
    return JSON.parse(output) as ImportReport;
  };
  const count = async () =>
    (await pool.query<{ n: number }>('select count(*)::int as n from price_version')).rows[0]?.n;

  const FILE = `{
    "sample_spec": {"input_cost_per_token": 0.0, "litellm_provider": "one of the providers"},
    "acme/large-1": {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 2.5e-06,
      "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 1.25e-07,
      "input_cost_per_token_above_200k_tokens": 5e-06, "input_cost_per_token_batches": 1.25e-06},
    "acme/odd-1": {"litellm_provider": "acme", "input_cost_per_token": 1.5000000000000002e-07, "output_cost_per_token": 1e-06},
    "one/acme/twice-1": {"litellm_provider": "one", "input_cost_per_token": 1e-06},
    "two/acme/twice-1": {"litellm_provider": "two", "input_cost_per_token": 2e-06},
    "acme/nobody": {"litellm_provider": "acme", "input_cost_per_token": 1e-06}}`;

  it('tells in a dry run what it would do and why not the rest, and stores nothing', async () => {
    const prices = await count();
    const dry = await report(FILE, '--dry-run');
    expect(dry).toMatchObject({
      dry_run: true,
      valid_from: FROM,
      unchanged: [],
      unknown_models: ['acme/nobody'],
    });
    expect(dry.published).toEqual([
      { model: 'acme/large-1', token_class: 'input', tier_from: 0, unit_price: '2.500000' },
      { model: 'acme/large-1', token_class: 'output', tier_from: 0, unit_price: '10.000000' },
      { model: 'acme/large-1', token_class: 'cache_read', tier_from: 0, unit_price: '0.125000' },
      { model: 'acme/large-1', token_class: 'input', tier_from: 200_001, unit_price: '5.000000' },
    ]);
    expect(dry.refused).toEqual([
      {
        entry: 'acme/odd-1',
        model: 'acme/odd-1',
        field: 'input_cost_per_token',
        value: '1.5000000000000002e-07',
        reason: 'is no whole number of 1e-12 dollars',
      },
      expect.objectContaining({ model: 'acme/twice-1', entry: 'one/acme/twice-1, two/acme/twice-1' }),
    ]);
    expect(dry.not_sold).toEqual([
      { entry: 'acme/large-1', field: 'input_cost_per_token_batches', value: '1.25e-06' },
    ]);
    expect(await count()).toBe(prices);
  });

  it('publishes whole price lists, says who and whence, and changes nothing the second time', async () => {
    const first = await report(FILE, '--litellm-provider', 'acme');
    expect(first.published).toHaveLength(4);
    const { rows } = await pool.query(
      `select p.unit_price_pico::text as pico, p.source, p.created_by as by from price_version p join sku s on s.id = p.sku_id
       where s.model_id = 'acme/large-1' and s.tier_from = 200001`,
    );
    expect(rows).toEqual([{ pico: '5000000', source: 'litellm acme', by: 'system:cli' }]);
    const prices = await count();
    const second = await report(FILE, '--litellm-provider', 'acme');
    expect([second.published, second.unchanged.length, await count()]).toEqual([[], 4, prices]);
  });

  it("enters a provider's cost by the provider's own name of a model", async () => {
    const slug = `p-${model.providerId}`;
    await pool.query(`update deployment set upstream_model = 'large-upstream' where id = $1`, [
      model.deploymentId,
    ]);
    const cost = await report(
      '{"large-upstream": {"input_cost_per_token": "1.75e-06"}}',
      '--kind',
      'cost',
      '--provider',
      slug,
    );
    expect(cost.published).toMatchObject([{ model: 'acme/large-1', unit_price: '1.750000' }]);
  });

  it('stores nothing when one price cannot take over', async () => {
    const prices = await count();
    const { code, output } = await run(
      '{"acme/large-1": {"input_cost_per_token": 9e-06, "cache_creation_input_token_cost": 1e-06}}',
      '--valid-from',
      '2998-01-01T00:00:00Z',
    );
    expect([code, output]).toEqual([
      1,
      expect.stringContaining('another price already begins at 2999-01-01'),
    ]);
    expect(await count()).toBe(prices);
  });

  it.each<[string, string, string[], number, string]>([
    ['a file that is no JSON', 'prices', [], 1, 'is not JSON'],
    ['a vendor the file does not have', FILE, ['--litellm-provider', 'nobody'], 1, 'no entry'],
    ['cost without a provider', FILE, ['--kind', 'cost'], 1, 'provider is needed'],
    ['an unknown provider', FILE, ['--provider', 'nobody'], 1, 'provider must be'],
    ['a time that is none', FILE, ['--valid-from', 'tomorrow'], 2, '--valid-from'],
    ['an unknown kind', FILE, ['--kind', 'gift'], 2, '--kind'],
    ['an unknown option', FILE, ['--force'], 2, '--force'],
  ])('refuses %s', async (_, text, options, exit, words) => {
    const { code, output } = await run(text, ...options);
    expect([code, output]).toEqual([exit, expect.stringContaining(words)]);
  });
});
