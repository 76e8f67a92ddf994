import type { Pool } from 'pg';
import { uuidv7 } from '../../../src/core/ids.js';
import type { ServiceTier, TokenClass } from '../../../src/core/token-usage.js';

/** The price of one token class. */
export interface TestPrice {
  tokenClass: TokenClass;
  /** Ids of the list price's and the cost price's version. */
  listId: string;
  costId: string;
  listPico: bigint;
  costPico: bigint;
}

/** A model that one provider serves, with its prices. */
export interface TestModel {
  modelId: string;
  providerId: string;
  deploymentId: string;
  prices: TestPrice[];
}

/** USD 3 in, 0.30 cached, 15 out per 1M tokens; the provider takes two thirds. */
const DEFAULT_PRICES: [TokenClass, bigint, bigint][] = [
  ['input', 3_000_000n, 2_000_000n],
  ['cache_read', 300_000n, 200_000n],
  ['output', 15_000_000n, 10_000_000n],
];

export interface ModelOptions {
  modelId?: string;
  currency?: string;
  prices?: [TokenClass, bigint, bigint][];
}

/** A model with provider, deployment, list and cost prices that hold since 2020. */
export async function createModel(pool: Pool, options: ModelOptions = {}): Promise<TestModel> {
  const [providerId, deploymentId] = [uuidv7(), uuidv7()];
  const { modelId = `test/model-${deploymentId.slice(-6)}`, currency = 'USD' } = options;
  await pool.query(
    `insert into provider (id, slug, name, adapter, protocol, base_url)
     values ($1, $2, 'Test provider', 'openai', 'openai-chat', 'http://127.0.0.1:9')`,
    [providerId, `p-${providerId}`],
  );
  await pool.query(
    'insert into model (id, name, context_window, max_output_tokens) values ($1, $1, 128000, 8192) on conflict do nothing',
    [modelId],
  );
  await pool.query(
    'insert into deployment (id, model_id, provider_id, upstream_model) values ($1, $2, $3, $2)',
    [deploymentId, modelId, providerId],
  );
  const prices: TestPrice[] = [];
  for (const [tokenClass, listPico, costPico] of options.prices ?? DEFAULT_PRICES) {
    const sku = { modelId, providerId, currency, tokenClass };
    prices.push({
      tokenClass,
      listPico,
      costPico,
      listId: await createPrice(pool, { ...sku, kind: 'list', pico: listPico }),
      costId: await createPrice(pool, { ...sku, kind: 'cost', pico: costPico }),
    });
  }
  return { modelId, providerId, deploymentId, prices };
}

/** One price version; returns its id. */
export async function createPrice(
  pool: Pool,
  price: {
    kind: 'list' | 'cost';
    modelId: string;
    providerId: string | null;
    tokenClass: TokenClass;
    currency: string;
    pico: bigint;
    organizationId?: string;
    validFrom?: string;
    serviceTier?: ServiceTier;
  },
): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `insert into sku (kind, model_id, provider_id, organization_id, token_class, currency, service_tier)
     values ($1, $2, $3, $4, $5, $6, $7) returning id`,
    [
      price.kind,
      price.modelId,
      price.providerId,
      price.organizationId ?? null,
      price.tokenClass,
      price.currency,
      price.serviceTier ?? 'standard',
    ],
  );
  const id = uuidv7();
  await pool.query(
    `insert into price_version (id, sku_id, unit_price_pico, valid, source, created_by)
     values ($1, $2, $3, tstzrange($4, null), 'test', 'test')`,
    [id, rows[0]?.id, price.pico, price.validFrom ?? '2020-01-01T00:00:00Z'],
  );
  return id;
}
