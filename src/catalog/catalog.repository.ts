import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import {
  isRateLimited,
  readRateLimits,
  type RateLimits,
  type RateLimitSettings,
} from '../core/rate-limits.js';
import type { ServiceTier, TokenClass } from '../core/token-usage.js';
import { Database } from '../platform/database/database.service.js';
import type { CatalogContents } from './catalog-snapshot.js';
import type {
  AutoDisablePolicy,
  CatalogModel,
  CatalogProvider,
  Deployment,
  CredentialStatus,
  KeyGroup,
} from './model.js';
import type { PriceEntry, PriceKind } from './price.js';

/** How long a price that has ended stays loaded, for calls that began while it held. */
const ENDED_PRICE_DAYS = 7;

const VERSION = {
  name: 'catalog_version',
  // A price that is being written is waited for: it may begin before the clock is read here.
  text: `with seen as materialized (select version from catalog_version for share)
         select version, (extract(epoch from billing_now()) * 1000)::float8 as now_ms from seen`,
};

const PROVIDERS = `select id, slug, name, adapter, protocol, base_url, region, eu_native,
  zero_data_retention, allow_private_network, simulated, headers, status from provider`;

const CREDENTIALS = `select id, provider_id, name, ciphertext, weight, status from provider_credential
  where status <> 'deleted' order by id`;

const MODELS = `select id, name, context_window, max_output_tokens, default_max_tokens, capabilities, fallback_model,
  rate_limits, status, array(select alias from model_alias where model_id = model.id order by alias) as aliases
  from model order by id`;

const DEPLOYMENTS = `select id, model_id, provider_id, upstream_model, priority, weight, quantization, context_window, max_output_tokens, region, status,
  (select jsonb_build_object('enabled', r.enabled, 'statuses', r.statuses, 'keywords', r.keywords,
     'retestSeconds', r.retest_seconds) from auto_disable_rule r
   where r.deployment_id = deployment.id or r.provider_id = deployment.provider_id
   order by r.deployment_id is null limit 1) as auto_disable
  from deployment where status <> 'deleted' order by id`;

const GROUPS = `select id, name, multiplier_ppm::float8 as multiplier_ppm, deployment_ids from key_group`;

const PRICES = `select p.id, s.kind, s.model_id, s.provider_id, s.organization_id, s.token_class,
  s.tier_from::float8 as tier_from, s.service_tier, p.unit_price_pico, s.currency,
  (extract(epoch from lower(p.valid)) * 1000)::float8 as valid_from_ms,
  (extract(epoch from upper(p.valid)) * 1000)::float8 as valid_to_ms, s.multiplier_ppm::float8 as multiplier_ppm
  from price_version p join sku s on s.id = p.sku_id
  where upper(p.valid) is null or upper(p.valid) > billing_now() - make_interval(days => ${ENDED_PRICE_DAYS})`;

interface ProviderRow {
  id: string;
  slug: string;
  name: string;
  adapter: string;
  protocol: CatalogProvider['protocol'];
  base_url: string;
  region: string | null;
  eu_native: boolean;
  zero_data_retention: boolean;
  allow_private_network: boolean;
  simulated: boolean;
  headers: Record<string, string>;
  status: CatalogProvider['status'];
}

interface CredentialRow {
  id: string;
  provider_id: string;
  name: string;
  ciphertext: Buffer;
  weight: number;
  status: CredentialStatus;
}

interface ModelRow {
  id: string;
  name: string;
  context_window: number;
  max_output_tokens: number;
  default_max_tokens: number | null;
  capabilities: string[];
  fallback_model: string | null;
  rate_limits: RateLimitSettings;
  aliases: string[];
  status: CatalogModel['status'];
}

interface DeploymentRow {
  id: string;
  model_id: string;
  provider_id: string;
  upstream_model: string;
  priority: number;
  weight: number;
  quantization: string | null;
  context_window: number | null;
  max_output_tokens: number | null;
  region: string | null;
  status: Deployment['status'];
  auto_disable: AutoDisablePolicy | null;
}

interface PriceRow {
  id: string;
  kind: PriceKind;
  model_id: string;
  provider_id: string | null;
  organization_id: string | null;
  token_class: TokenClass;
  tier_from: number;
  service_tier: ServiceTier;
  unit_price_pico: string;
  currency: string;
  valid_from_ms: number;
  valid_to_ms: number | null;
  multiplier_ppm: number;
}

interface GroupRow {
  id: string;
  name: string;
  multiplier_ppm: number;
  deployment_ids: string[] | null;
}

/** Reads the whole catalogue for a snapshot, and the number that says when to read it again. */
@Injectable()
export class CatalogRepository {
  constructor(private readonly database: Database) {}

  /** The catalogue's version and the database's clock in milliseconds since the epoch. */
  async getVersion(): Promise<{ version: bigint; nowMs: number }> {
    const { rows } = await this.database.pool.query<{ version: string; now_ms: number }>(VERSION);
    const [row] = rows;
    if (!row) throw new Error('table catalog_version is empty');
    return { version: BigInt(row.version), nowMs: row.now_ms };
  }

  /** Everything, as it was at one instant. */
  load(): Promise<CatalogContents> {
    return this.database.transaction(async (client) => {
      await client.query('set transaction isolation level repeatable read, read only');
      const version = await client.query<{ version: string }>('select version from catalog_version');
      const providers = await client.query<ProviderRow>(PROVIDERS);
      const credentials = await client.query<CredentialRow>(CREDENTIALS);
      const models = await client.query<ModelRow>(MODELS);
      const deployments = await client.query<DeploymentRow>(DEPLOYMENTS);
      const prices = await client.query<PriceRow>(PRICES);
      const groups = await client.query<GroupRow>(GROUPS);
      const byId = new Map(providers.rows.map((row) => [row.id, toProvider(row, credentials.rows)]));
      return {
        version: BigInt(version.rows[0]?.version ?? 0),
        providers: [...byId.values()],
        models: models.rows.map(toModel),
        deployments: toDeployments(deployments, byId),
        prices: prices.rows.map(toPrice),
        groups: groups.rows.map(toGroup),
      };
    });
  }
}

function toProvider(row: ProviderRow, allCredentials: readonly CredentialRow[]): CatalogProvider {
  const own = allCredentials.filter(({ provider_id }) => provider_id === row.id);
  const active = own.filter(({ status }) => status === 'active');
  return {
    ...providerFields(row),
    credentials: active.map(({ id, name, weight, ciphertext }) => ({ id, name, weight, ciphertext })),
    needsCredential: own.length > 0,
  };
}

const providerFields = (row: ProviderRow): Omit<CatalogProvider, 'credentials' | 'needsCredential'> => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  adapter: row.adapter,
  protocol: row.protocol,
  baseUrl: row.base_url,
  region: row.region ?? undefined,
  euNative: row.eu_native,
  zeroDataRetention: row.zero_data_retention,
  allowPrivateNetwork: row.allow_private_network,
  simulated: row.simulated,
  headers: row.headers,
  status: row.status,
});

function limitsOf(stored: RateLimitSettings): RateLimits | undefined {
  const limits = readRateLimits(stored);
  return isRateLimited(limits) ? limits : undefined;
}

const toModel = (row: ModelRow): CatalogModel => ({
  id: row.id,
  name: row.name,
  contextWindow: row.context_window,
  maxOutputTokens: row.max_output_tokens,
  defaultMaxTokens: row.default_max_tokens ?? undefined,
  capabilities: row.capabilities,
  fallbackModel: row.fallback_model ?? undefined,
  rateLimits: limitsOf(row.rate_limits),
  aliases: row.aliases,
  status: row.status,
});

function toDeployments(
  result: pg.QueryResult<DeploymentRow>,
  providers: Map<string, CatalogProvider>,
): Deployment[] {
  return result.rows.flatMap((row) => {
    const provider = providers.get(row.provider_id);
    if (!provider) return [];
    return {
      id: row.id,
      modelId: row.model_id,
      provider,
      upstreamModel: row.upstream_model,
      priority: row.priority,
      weight: row.weight,
      quantization: row.quantization ?? undefined,
      contextWindow: row.context_window ?? undefined,
      maxOutputTokens: row.max_output_tokens ?? undefined,
      region: row.region ?? undefined,
      status: row.status,
      autoDisable: row.auto_disable ?? undefined,
    };
  });
}

const toGroup = (row: GroupRow): KeyGroup => ({
  id: row.id,
  name: row.name,
  multiplierPpm: row.multiplier_ppm,
  deployments: row.deployment_ids === null ? undefined : new Set(row.deployment_ids),
});

const toPrice = (row: PriceRow): PriceEntry => ({
  kind: row.kind,
  modelId: row.model_id,
  providerId: row.provider_id ?? undefined,
  organizationId: row.organization_id ?? undefined,
  multiplierPpm: row.multiplier_ppm === 1_000_000 ? undefined : row.multiplier_ppm,
  version: {
    id: row.id,
    tokenClass: row.token_class,
    tierFrom: row.tier_from,
    serviceTier: row.service_tier === 'standard' ? undefined : row.service_tier,
    unitPricePico: BigInt(row.unit_price_pico),
    currency: row.currency,
    validFromMs: row.valid_from_ms,
    validToMs: row.valid_to_ms ?? undefined,
  },
});
