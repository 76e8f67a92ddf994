import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { CatalogRepository } from '../../../src/catalog/catalog.repository.js';
import { CatalogService } from '../../../src/catalog/catalog.service.js';
import { PricesRepository, type Sku } from '../../../src/catalog/prices/prices.repository.js';
import { FaregateError } from '../../../src/core/errors.js';
import { uuidv7 } from '../../../src/core/ids.js';
import { AuditLogRepository } from '../../../src/platform/audit/audit-log.repository.js';
import { AppConfig } from '../../../src/platform/config/app-config.js';
import { Database } from '../../../src/platform/database/database.service.js';
import { TEST_SECRETS } from '../../support/admin-api.js';
import { createModel } from '../../support/builders/catalog.builder.js';
import { createTestDatabase, runSql, type TestDatabase } from '../../support/database.js';

/** A catalogue with connections of its own, as every process has. */
function openCatalog(url: string): { catalog: CatalogService; close: () => Promise<void> } {
  const database = new Database(new AppConfig({ DATABASE_URL: url, ...TEST_SECRETS }));
  const catalog = new CatalogService(new CatalogRepository(database));
  return {
    catalog,
    close: async () => {
      await catalog.stop();
      await database.onApplicationShutdown();
    },
  };
}

async function until(condition: () => boolean, timeoutMs: number): Promise<number> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > timeoutMs) throw new Error(`not within ${timeoutMs} ms`);
    await pause(10);
  }
  return performance.now() - start;
}

const insertModel = (url: string, id: string): Promise<unknown> =>
  runSql(url, 'insert into model (id, name, context_window, max_output_tokens) values ($1, $1, 1000, 100)', [
    id,
  ]);

describe('CatalogService', () => {
  let database: TestDatabase;
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  it('shows another process a change within two seconds', async () => {
    const { catalog, close } = openCatalog(database.url);
    try {
      await catalog.start();
      expect(catalog.snapshot().models()).toEqual([]);
      await insertModel(database.url, 'a/b');
      await until(() => catalog.snapshot().resolve('a/b') !== undefined, 2_000);
    } finally {
      await close();
    }
  });

  it('reads the whole catalogue as it is stored', async () => {
    const [provider, deployment, price] = [uuidv7(), uuidv7(), uuidv7()];
    await insertModel(database.url, 'a/b');
    await runSql(database.url, `insert into model_alias values ('bee', 'a/b')`);
    await runSql(
      database.url,
      `insert into provider (id, slug, name, adapter, protocol, base_url, headers)
       values ($1, 'up', 'Up', 'openai', 'openai-chat', 'https://x.example', '{"x-a":"1"}')`,
      [provider],
    );
    await runSql(
      database.url,
      `insert into provider_credential (id, provider_id, name, ciphertext) values ($1, $1, 'default', '\\x0102')`,
      [provider],
    );
    await runSql(
      database.url,
      `insert into deployment (id, model_id, provider_id, upstream_model) values ($1, 'a/b', $2, 'b')`,
      [deployment, provider],
    );
    await runSql(
      database.url,
      `with s as (insert into sku (kind, model_id, token_class, currency) values ('list', 'a/b', 'input', 'USD') returning id)
       insert into price_version select $1, id, 9223372036854775807, tstzrange('2026-01-01T00:00:00.001Z', null), 't', 't' from s`,
      [price],
    );
    const { catalog, close } = openCatalog(database.url);
    try {
      await catalog.start();
      const snapshot = catalog.snapshot();
      expect(snapshot.resolve('bee')).toEqual({
        id: 'a/b',
        name: 'a/b',
        contextWindow: 1000,
        maxOutputTokens: 100,
        capabilities: [],
        aliases: ['bee'],
        status: 'active',
      });
      expect(snapshot.deploymentsOf('a/b')).toMatchObject([
        { id: deployment, weight: 1, provider: { slug: 'up', headers: { 'x-a': '1' }, simulated: false } },
      ]);
      expect(snapshot.provider('up')?.credentials).toEqual([
        { id: provider, name: 'default', weight: 1, ciphertext: Buffer.from([1, 2]) },
      ]);
      const query = { modelId: 'a/b', providerId: provider, organizationId: '', currency: 'USD' };
      const startMs = Date.parse('2026-01-01T00:00:00.001Z');
      expect(snapshot.listPrices({ ...query, atMs: startMs }).priceOf('input', 0)).toEqual({
        id: price,
        tokenClass: 'input',
        tierFrom: 0,
        unitPricePico: 9_223_372_036_854_775_807n,
        currency: 'USD',
        validFromMs: startMs,
      });
      expect(snapshot.listPrices({ ...query, atMs: startMs - 1 }).has('input')).toBe(false);
    } finally {
      await close();
    }
  });

  it('keeps the last snapshot while the database is away, and catches up when it is back', async () => {
    await insertModel(database.url, 'a/b');
    const { catalog, close } = openCatalog(database.url);
    const name = new URL(database.url).pathname.slice(1);
    const server = new URL(database.url);
    server.pathname = '/postgres';
    const admin = new pg.Client({ connectionString: server.href });
    await admin.connect();
    try {
      await catalog.start();
      await insertModel(database.url, 'a/c');
      await admin.query(`alter database ${name} allow_connections false`);
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
      await expect(catalog.refresh()).rejects.toThrow();
      expect(catalog.snapshot().resolve('a/b')?.id).toBe('a/b');
      expect(catalog.databaseNowMs()).toBeGreaterThan(Date.UTC(2026, 0));
      await admin.query(`alter database ${name} allow_connections true`);
      await until(() => catalog.snapshot().resolve('a/c') !== undefined, 3_000);
    } finally {
      await admin.query(`alter database ${name} allow_connections true`);
      await admin.end();
      await close();
    }
  });

  it('says "unavailable", not "unknown model", when it has never seen the database', async () => {
    const { catalog, close } = openCatalog('postgresql://postgres@127.0.0.1:1/nowhere');
    try {
      await catalog.start();
      for (const ask of [
        () => catalog.snapshot(),
        () => catalog.databaseNowMs(),
        () => catalog.pricesAtMs(),
      ]) {
        expect(ask).toThrow(FaregateError);
        expect(ask).toThrow(expect.objectContaining({ kind: 'unavailable' }) as Error);
      }
    } finally {
      await close();
    }
  });

  it('prices calls at an instant whose prices it holds, while prices are being replaced', async () => {
    const pool = new pg.Pool({ connectionString: database.url, max: 2 });
    const { catalog, close } = openCatalog(database.url);
    const writing = new Database(new AppConfig({ DATABASE_URL: database.url, ...TEST_SECRETS }));
    const prices = new PricesRepository(writing, new AuditLogRepository(writing));
    try {
      const { modelId, providerId } = await createModel(pool);
      await catalog.start();
      const sku: Sku = {
        kind: 'list',
        modelId,
        providerId,
        organizationId: null,
        tokenClass: 'input',
        tierFrom: 0,
        serviceTier: 'standard',
        currency: 'USD',
      };
      let isReplacing = true;
      const replacing = (async () => {
        for (let pico = 1n; pico <= 40n; pico += 1n) {
          const price = {
            id: uuidv7(),
            sku,
            unitPricePico: pico,
            validFrom: null,
            source: 't',
            createdBy: 't',
          };
          const actor = { keyId: uuidv7(), role: 'owner' as const, name: 'test' };
          await prices.create(price, { actor, check: () => undefined, view: () => ({}) });
        }
        isReplacing = false;
      })();
      while (isReplacing) {
        await catalog.refresh();
        const atMs = catalog.pricesAtMs();
        const query = {
          modelId,
          providerId,
          organizationId: uuidv7(),
          groupId: undefined,
          currency: 'USD',
          atMs,
        };
        const used = catalog.snapshot().listPrices(query).priceOf('input', 0);
        // What the books know of that instant once every price that was being written then is there.
        const { rows } = await pool.query<{ id: string }>(
          `select p.id from price_version p join sku s on s.id = p.sku_id, catalog_version for share of catalog_version`,
        );
        expect(rows.length).toBeGreaterThan(0);
        const { rows: held } = await pool.query<{ id: string }>(
          `select p.id from price_version p join sku s on s.id = p.sku_id where s.kind = 'list' and s.token_class = 'input'
             and p.valid @> to_timestamp($1::float8 / 1000)`,
          [atMs],
        );
        expect(held.map(({ id }) => id)).toEqual([used?.id]);
      }
      await replacing;
    } finally {
      await close();
      await Promise.all([writing.onApplicationShutdown(), pool.end()]);
    }
  });

  it("goes by the database's clock, not by its own", async () => {
    await runSql(
      database.url,
      `create or replace function billing_now() returns timestamptz language sql volatile as
       $$ select clock_timestamp() + interval '400 days' $$`,
    );
    const { catalog, close } = openCatalog(database.url);
    try {
      await catalog.start();
      const [row] = await runSql(
        database.url,
        'select (extract(epoch from billing_now()) * 1000)::float8 as ms',
      );
      expect(Math.abs(catalog.databaseNowMs() - (row?.['ms'] as number))).toBeLessThan(200);
    } finally {
      await close();
    }
  });
});
