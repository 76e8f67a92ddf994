import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import { publicId } from '../../core/ids.js';
import type { ServiceTier, TokenClass } from '../../core/token-usage.js';
import { AuditLogRepository, type AuditEntry } from '../../platform/audit/audit-log.repository.js';
import { Database } from '../../platform/database/database.service.js';
import type { PriceKind } from '../price.js';

/** What is sold: one class of one model, in one tier and currency, for all or for some. */
export interface Sku {
  kind: PriceKind;
  modelId: string;
  /** UUID; null: every provider. */
  providerId: string | null;
  /** UUID; null: every customer. */
  organizationId: string | null;
  tokenClass: TokenClass;
  tierFrom: number;
  serviceTier: ServiceTier;
  currency: string;
}

/** So many tokens or calls for one price, which is the size times the unit price. */
export interface Package {
  size: bigint;
  priceNano: bigint;
}

/** A price as the admin API keeps it. */
export interface PriceRecord extends Sku {
  /** UUID. */
  id: string;
  providerSlug: string | null;
  unitPricePico: bigint;
  /** Null: not sold in packages. */
  package: Package | null;
  validFrom: Date;
  /** Null: open. */
  validTo: Date | null;
  /** Where the figure comes from. */
  source: string;
  createdBy: string;
  createdAt: Date;
  /** Parts per million of the price it was made from, for groups with that multiplier; 1000000: entered by somebody. */
  multiplierPpm: bigint;
  /** UUID of the price it was made from; null: entered by somebody. */
  baseId: string | null;
}

/** A price to be stored. */
export interface NewPrice {
  id: string;
  sku: Sku;
  unitPricePico: bigint;
  /** Absent: not sold in packages. */
  package?: Package | undefined;
  /** RFC 3339; null: now by the database's clock. */
  validFrom: string | null;
  source: string;
  createdBy: string;
}

/** What is known when a price is about to be stored. */
export interface PriceSituation {
  /** Instants of the database's clock, milliseconds since the epoch. */
  nowMs: number;
  startsAtMs: number;
  /** Start of the latest price of the same sku; null: there is none. */
  latestStartMs: number | null;
  /** Start of the earliest price of the same group's lowest tier; null: there is none. */
  baseStartMs: number | null;
}

/** Who enters prices, what may refuse one, and how the audit log shows it. */
export interface PriceChange extends Pick<AuditEntry, 'actor'> {
  check: (situation: PriceSituation, price: NewPrice) => void;
  view: (record: PriceRecord) => unknown;
}

const COLUMNS = `p.id, s.kind, s.model_id as "modelId", s.provider_id as "providerId", o.slug as "providerSlug",
  s.organization_id as "organizationId", s.token_class as "tokenClass", s.tier_from::float8 as "tierFrom", s.service_tier as "serviceTier", s.currency,
  p.unit_price_pico as "unitPricePico", lower(p.valid) as "validFrom", upper(p.valid) as "validTo", p.source,
  p.created_by as "createdBy", p.created_at as "createdAt", s.multiplier_ppm as "multiplierPpm", p.base_id as "baseId",
  k.size as "packageSize", k.amount_nano as "packageNano"`;
const FROM = `from price_version p join sku s on s.id = p.sku_id left join provider o on o.id = s.provider_id
  left join package_price k on k.price_version_id = p.id`;

const SITUATION = `select (extract(epoch from billing_now()) * 1000)::float8 as "nowMs",
  (extract(epoch from coalesce($2::timestamptz, date_trunc('milliseconds', billing_now()))) * 1000)::float8 as "startsAtMs",
  (select extract(epoch from max(lower(valid))) * 1000 from price_version where sku_id = $1)::float8 as "latestStartMs",
  (select extract(epoch from min(lower(p.valid))) * 1000 from price_version p join sku s on s.id = p.sku_id
   where s.kind = $3 and s.model_id = $4 and s.provider_id is not distinct from $5::uuid
     and s.organization_id is not distinct from $6::uuid and s.token_class = $7 and s.currency = $8
     and s.tier_from = 0 and s.service_tier = 'standard' and s.multiplier_ppm = 1000000)::float8 as "baseStartMs"`;

type PriceRow = Omit<PriceRecord, 'unitPricePico' | 'multiplierPpm' | 'package'> & {
  unitPricePico: string;
  multiplierPpm: string;
  packageSize: string | null;
  packageNano: string | null;
};

/** Prices in PostgreSQL: a price is never edited, a successor ends it. */
@Injectable()
export class PricesRepository {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLogRepository,
  ) {}

  /**
   * Stores a price, ends the open one before it, and appends the audit entry, all or nothing. `check` may throw to
   * refuse.
   */
  async create(price: NewPrice, change: PriceChange): Promise<PriceRecord> {
    const [created] = await this.createAll([price], change);
    if (!created) throw new Error(`price ${price.id} was just written and is not there`);
    return created;
  }

  /** The same for several prices, all or none of them, in the order given. */
  createAll(prices: readonly NewPrice[], change: PriceChange): Promise<PriceRecord[]> {
    return this.database.transaction(async (client) => {
      // Before the clock is read: prices are written one after another, and who watches the catalogue waits, so that
      // nobody prices a call past what is being written.
      // Groups that change lock in the same order.
      await client.query('select lock_multiplied_prices()');
      await client.query('select 1 from catalog_version for no key update');
      const created: PriceRecord[] = [];
      for (const price of prices) {
        const record = await store(client, price, change.check);
        created.push(record);
        await this.audit.append(client, {
          actor: change.actor,
          action: 'price.create',
          targetKind: 'price',
          targetId: publicId('price', price.id),
          organizationId: price.sku.organizationId ?? undefined,
          after: change.view(record),
          detail: {
            model: price.sku.modelId,
            token_class: price.sku.tokenClass,
            kind: price.sku.kind,
          },
        });
      }
      return created;
    });
  }

  /**
   * Every price of one group (exactly this provider and customer, or none) that holds at an instant, and with
   * `orLater` those that begin after it too. `at`: RFC 3339; null: now by the database's clock.
   */
  async listGroup(
    group: Pick<Sku, 'kind' | 'providerId' | 'organizationId' | 'currency'>,
    { at, orLater = false }: { at: string | null; orLater?: boolean },
  ): Promise<PriceRecord[]> {
    const rows = await this.database.query<PriceRow>(
      `select ${COLUMNS} ${FROM}
       where s.kind = $1 and s.provider_id is not distinct from $2::uuid and s.organization_id is not distinct from $3::uuid
         and s.currency = $4 and s.multiplier_ppm = 1000000 and (p.valid @> coalesce($5::timestamptz, billing_now())
           or $6::boolean and lower(p.valid) > coalesce($5::timestamptz, billing_now()))
       order by s.model_id, s.token_class, s.tier_from, s.service_tier, lower(p.valid)`,
      [group.kind, group.providerId, group.organizationId, group.currency, at, orLater],
    );
    return rows.map(toDomain);
  }

  /** Null when there is none. */
  find(id: string): Promise<PriceRecord | null> {
    return findRecord(this.database.pool, id);
  }

  /** Newest first, one row more than `limit` when there are as many. */
  async list(filter: {
    afterId: string | undefined;
    limit: number;
    match: Partial<Pick<Sku, 'modelId' | 'providerId' | 'kind' | 'tokenClass' | 'organizationId'>>;
    currentOnly: boolean;
    /** Parts per million: those made for groups with it; 1000000: those that somebody entered. */
    multiplierPpm: bigint;
  }): Promise<PriceRecord[]> {
    const { modelId, providerId, kind, tokenClass, organizationId } = filter.match;
    const rows = await this.database.query<PriceRow>(
      `select ${COLUMNS} ${FROM}
       where s.multiplier_ppm = $9 and ($1::uuid is null or p.id < $1) and ($2::text is null or s.model_id = $2)
         and ($3::uuid is null or s.provider_id = $3) and ($4::text is null or s.kind = $4)
         and ($5::text is null or s.token_class = $5) and ($6::uuid is null or s.organization_id = $6)
         and (not $7::boolean or p.valid @> billing_now())
       order by p.id desc limit $8`,
      [
        filter.afterId ?? null,
        modelId ?? null,
        providerId ?? null,
        kind ?? null,
        tokenClass ?? null,
        organizationId ?? null,
        filter.currentOnly,
        filter.limit + 1,
        String(filter.multiplierPpm),
      ],
    );
    return rows.map(toDomain);
  }

  /** What of these exists. */
  async resolve(given: {
    modelId: string;
    providerId: string | null;
    slug: string | null;
    organizationId: string | null;
  }) {
    const [row] = await this.database.query<{
      model: boolean;
      providerId: string | null;
      organization: boolean;
      billingMode: string | null;
    }>(
      `select exists (select 1 from model where id = $1) as model,
         (select id from provider where id = $2::uuid or slug = $3) as "providerId",
         exists (select 1 from organization where id = $4::uuid) as organization,
         (select billing_mode from organization where id = $4::uuid) as "billingMode"`,
      [given.modelId, given.providerId, given.slug, given.organizationId],
    );
    return row ?? { model: false, providerId: null, organization: false, billingMode: null };
  }
}

/** Writes one price; `check` may refuse it once its situation is known. */
async function store(
  client: pg.PoolClient,
  price: NewPrice,
  check: PriceChange['check'],
): Promise<PriceRecord> {
  const skuId = await getSkuId(client, price.sku);
  const situation = await getSituation(client, skuId, price);
  check(situation, price);
  const startsAt = new Date(situation.startsAtMs).toISOString();
  await endOpenPrice(client, skuId, startsAt);
  await client.query(
    `insert into price_version (id, sku_id, unit_price_pico, valid, source, created_by)
     values ($1, $2, $3, tstzrange($4, null), $5, $6)`,
    [price.id, skuId, String(price.unitPricePico), startsAt, price.source, price.createdBy],
  );
  if (price.package) {
    await client.query(
      'insert into package_price (price_version_id, size, amount_nano) values ($1, $2, $3)',
      [price.id, price.package.size, price.package.priceNano],
    );
  }
  return getRecord(client, price.id);
}

/** The row of a sku, made when it is new. */
async function getSkuId(client: pg.PoolClient, sku: Sku): Promise<string> {
  const values = [
    sku.kind,
    sku.modelId,
    sku.providerId,
    sku.organizationId,
    sku.tokenClass,
    sku.tierFrom,
    sku.currency,
    sku.serviceTier,
  ];
  await client.query(
    `insert into sku (kind, model_id, provider_id, organization_id, token_class, tier_from, currency, service_tier)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    values,
  );
  const { rows } = await client.query<{ id: string }>(
    `select id from sku where kind = $1 and model_id = $2 and provider_id is not distinct from $3::uuid
       and organization_id is not distinct from $4::uuid and token_class = $5 and tier_from = $6 and currency = $7 and service_tier = $8
       and multiplier_ppm = 1000000`,
    values,
  );
  const [row] = rows;
  if (!row) throw new Error('a sku was just written and is not there');
  return row.id;
}

async function getSituation(
  client: pg.PoolClient,
  skuId: string,
  { sku, validFrom }: NewPrice,
): Promise<PriceSituation> {
  const { rows } = await client.query<PriceSituation>(SITUATION, [
    skuId,
    validFrom,
    sku.kind,
    sku.modelId,
    sku.providerId,
    sku.organizationId,
    sku.tokenClass,
    sku.currency,
  ]);
  const [row] = rows;
  if (!row) throw new Error('the database gave no time');
  return row;
}

/** Exactly one price of a sku is open, from its first one on. */
async function endOpenPrice(client: pg.PoolClient, skuId: string, startsAt: string): Promise<void> {
  await client.query(
    `update price_version set valid = tstzrange(lower(valid), $2)
     where sku_id = $1 and upper_inf(valid) and lower(valid) < $2`,
    [skuId, startsAt],
  );
}

async function findRecord(client: pg.Pool | pg.PoolClient, id: string): Promise<PriceRecord | null> {
  const { rows } = await client.query<PriceRow>(`select ${COLUMNS} ${FROM} where p.id = $1`, [id]);
  return rows[0] ? toDomain(rows[0]) : null;
}

async function getRecord(client: pg.PoolClient, id: string): Promise<PriceRecord> {
  const found = await findRecord(client, id);
  if (!found) throw new Error(`price ${id} was just written and is not there`);
  return found;
}

const toDomain = ({ packageSize, packageNano, ...row }: PriceRow): PriceRecord => ({
  ...row,
  package:
    packageSize === null || packageNano === null
      ? null
      : { size: BigInt(packageSize), priceNano: BigInt(packageNano) },
  unitPricePico: BigInt(row.unitPricePico),
  multiplierPpm: BigInt(row.multiplierPpm),
});
