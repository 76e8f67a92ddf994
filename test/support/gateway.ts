import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { generateSecret, hashSecret } from '../../src/accounts/keys/key-material.js';
import { startApi, type Api } from '../../src/api.js';
import { uuidv7 } from '../../src/core/ids.js';
import { startSimulator, type Simulator } from '../../src/embedded/simulator/simulator.js';
import { SealedBox } from '../../src/platform/crypto/sealed-box.js';
import type { TokenClass } from '../../src/core/token-usage.js';
import type { ProviderProtocol } from '../../src/catalog/model.js';
import { createPrice } from './builders/catalog.builder.js';
import { createTenant, type Tenant, type TenantOptions } from './builders/tenant.builder.js';
import { createTestDatabase, type TestDatabase } from './database.js';

/** Secrets of every test process. */
export const TEST_SECRETS = {
  KEY_PEPPER: 'test-pepper-0123456789-abcdefghijklmnop',
  CREDENTIAL_KEY: 'test-credential-key-9876543210-zyxwvuts',
};

/** USD micro-units per 1M tokens of the models below, as pico per token. */
export const TEST_PRICES: Partial<Record<TokenClass, bigint>> = {
  input: 3_000_000n,
  cache_read: 300_000n,
  cache_write_5m: 3_750_000n,
  cache_write_1h: 6_000_000n,
  output: 15_000_000n,
};

/** Served by the simulator over Chat Completions and over Messages. */
export const CHAT_MODEL = 'openai/gpt-5.5';
export const MESSAGES_MODEL = 'anthropic/claude-opus-4.8';
/** Served by the simulator over Responses. */
export const RESPONSES_MODEL = 'openai/gpt-5.4';

/** Served by the simulator over Gemini. */
export const GEMINI_MODEL = 'google/gemini-3.1-pro-preview';

/** Each upstream protocol with the model behind it, for tables of tests. */
export const UPSTREAM_MODELS = [
  ['Chat Completions', CHAT_MODEL],
  ['Messages', MESSAGES_MODEL],
  ['Responses', RESPONSES_MODEL],
  ['Gemini', GEMINI_MODEL],
] as const;

/** Everything one gateway needs, before any process runs. */
export interface GatewayWorld {
  database: TestDatabase;
  pool: pg.Pool;
  simulator: Simulator;
  tenant: Tenant;
  /** The tenant's customer key. */
  secret: string;
  /** Environment for a process of this world. */
  env: Record<string, string>;
  journalDir: string;
  close(): Promise<void>;
}

export interface TestGateway extends GatewayWorld {
  api: Api;
  url: string;
}

export interface WorldOptions extends TenantOptions {
  /** Credit of the tenant; default 1,000 dollars. */
  balanceNano?: bigint;
  env?: Record<string, string>;
  /** A database of the test's own, migrated and empty; absent: a new one of the run's server. */
  database?: TestDatabase;
}

/** A database with a tenant, a key and three models served by a simulator of its own. */
export async function createWorld(options: WorldOptions = {}): Promise<GatewayWorld> {
  const [database, simulator] = await Promise.all([
    options.database ?? createTestDatabase(),
    startSimulator(),
  ]);
  const pool = new pg.Pool({ connectionString: database.url, max: 4 });
  pool.on('error', () => undefined);
  const tenant = await createTenant(pool, options);
  await setBalance(pool, tenant, options.balanceNano ?? 1_000_000_000_000n);
  const secret = await createSecret(pool, tenant.keyId);
  await serveModel(pool, {
    id: CHAT_MODEL,
    protocol: 'openai-chat',
    upstreamModel: 'gpt-5.5',
    baseUrl: `${simulator.baseUrl}/v1`,
  });
  await serveModel(pool, {
    id: MESSAGES_MODEL,
    protocol: 'anthropic-messages',
    upstreamModel: 'claude-opus-4-8',
    baseUrl: `${simulator.baseUrl}/v1`,
  });
  await serveModel(pool, {
    id: RESPONSES_MODEL,
    protocol: 'openai-responses',
    upstreamModel: 'gpt-5.4',
    baseUrl: `${simulator.baseUrl}/v1`,
  });
  await serveModel(pool, {
    id: GEMINI_MODEL,
    protocol: 'google-gemini',
    upstreamModel: 'gemini-3.1-pro-preview',
    baseUrl: `${simulator.baseUrl}/v1beta`,
  });
  const journalDir = mkdtempSync(path.join(tmpdir(), 'faregate-journal-'));
  const env = {
    NODE_ENV: 'test',
    DATABASE_URL: database.url,
    JOURNAL_DIR: journalDir,
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    // A slow machine is not what a test is about; the test of shedding sets its own.
    MAX_EVENT_LOOP_LAG_MS: '0',
    ...TEST_SECRETS,
    ...options.env,
  };
  const close = async (): Promise<void> => {
    await Promise.all([simulator.close(), pool.end()]);
    await database.drop();
    rmSync(journalDir, { recursive: true, force: true });
  };
  return { database, pool, simulator, tenant, secret, env, journalDir, close };
}

/** A gateway in this process over a world of its own. `close` drains it and removes the world. */
export async function startGateway(options: WorldOptions = {}): Promise<TestGateway> {
  return serveWorld(await createWorld(options));
}

/** The API in a world that is there already; its log goes to `log`, or nowhere. */
export async function serveWorld(
  world: GatewayWorld,
  log: Parameters<typeof startApi>[0] = false,
): Promise<TestGateway> {
  Object.assign(process.env, world.env);
  const api = await startApi(log, 0);
  const close = async (): Promise<void> => {
    await api.stop();
    await world.close();
  };
  return { ...world, api, url: api.url, close };
}

/** Sets the wallet to exactly this balance, without a ledger entry: for tests that do not audit. */
export async function setBalance(pool: pg.Pool, tenant: Tenant, balanceNano: bigint): Promise<void> {
  await pool.query('update wallet set balance_nano = $2 where id = $1', [tenant.walletId, balanceNano]);
}

/** A new secret for a key; returned in clear. */
export async function createSecret(pool: pg.Pool, keyId: string): Promise<string> {
  const secret = generateSecret('fg_live');
  await pool.query(
    'insert into api_key_secret (hash, api_key_id, display_start, last4) values ($1, $2, $3, $4)',
    [hashSecret(secret, TEST_SECRETS.KEY_PEPPER), keyId, secret.slice(0, 12), secret.slice(-4)],
  );
  return secret;
}

export interface ServedModel {
  id: string;
  protocol: ProviderProtocol;
  upstreamModel: string;
  baseUrl: string;
  adapter?: string;
  capabilities?: string[];
  prices?: Partial<Record<TokenClass, bigint>>;
}

/** The adapter of each protocol's owner. */
const OWNERS: Record<ProviderProtocol, string> = {
  'openai-chat': 'openai',
  'openai-responses': 'openai',
  'anthropic-messages': 'anthropic',
  'google-gemini': 'google',
};

/** A model with a provider, a sealed credential, a deployment and list and cost prices. */
export async function serveModel(
  pool: pg.Pool,
  model: ServedModel,
): Promise<{ providerId: string; deploymentId: string }> {
  const [providerId, deploymentId] = [uuidv7(), uuidv7()];
  const adapter = model.adapter ?? OWNERS[model.protocol];
  const credential = new SealedBox(TEST_SECRETS.CREDENTIAL_KEY, 'provider-credential').seal(
    'sim-test',
    `provider:${providerId}`,
  );
  await pool.query(
    `insert into provider (id, slug, name, adapter, protocol, base_url, allow_private_network)
     values ($1, $2, $2, $3, $4, $5, true)`,
    [providerId, `up-${deploymentId.slice(-12)}`, adapter, model.protocol, model.baseUrl],
  );
  await pool.query(
    `insert into provider_credential (id, provider_id, name, ciphertext) values ($1, $1, 'default', $2)`,
    [providerId, credential],
  );
  await pool.query(
    `insert into model (id, name, context_window, max_output_tokens, capabilities) values ($1, $1, 200000, 8192, $2)
     on conflict do nothing`,
    [model.id, model.capabilities ?? []],
  );
  await pool.query(
    'insert into deployment (id, model_id, provider_id, upstream_model) values ($1, $2, $3, $4)',
    [deploymentId, model.id, providerId, model.upstreamModel],
  );
  for (const [tokenClass, pico] of Object.entries(model.prices ?? TEST_PRICES) as [TokenClass, bigint][]) {
    const price = { modelId: model.id, providerId, tokenClass, currency: 'USD' };
    await createPrice(pool, { ...price, kind: 'list', pico });
    await createPrice(pool, { ...price, kind: 'cost', pico: (pico * 4n) / 5n });
  }
  return { providerId, deploymentId };
}
