import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { TokenClass } from '../../../core/token-usage.js';
import type { PackageUsage } from './package-usage.js';

const USAGE = `
  select r.model_id as "modelId", r.token_class as "tokenClass", r.price_version_id as "priceVersionId", k.size,
    k.amount_nano as "priceNano", sum(r.quantity) - coalesce(max(c.quantity), 0) as quantity,
    sum(r.amount_nano) - coalesce(max(c.amount_nano), 0) as "ratedNano"
  from usage_rollup r join package_price k on k.price_version_id = r.price_version_id
  left join lateral (
    select sum(l.quantity) as quantity, sum(l.amount_nano) as amount_nano from usage_event e
    join usage_event_line l on l.event_id = e.id and l.price_version_id = r.price_version_id
    join usage_event o on o.id = coalesce(e.reverses_id, e.corrects_id)
    where e.kind <> 'usage' and e.period_id = r.period_id and e.wallet_id = r.wallet_id and o.period_id <> e.period_id) c on true
  where r.period_id = $1 and r.wallet_id = $2
  group by r.model_id, r.token_class, r.price_version_id, k.size, k.amount_nano
  order by r.model_id, r.token_class, r.price_version_id`;

/** What periods used at prices of packages. */
@Injectable()
export class PackageUsageRepository {
  /** All of a period's posted usage at such prices, by price. */
  async list(client: PoolClient, periodId: string, walletId: string): Promise<PackageUsage[]> {
    const { rows } = await client.query<Record<keyof PackageUsage, string>>(USAGE, [periodId, walletId]);
    return rows.map((row) => ({
      modelId: row.modelId,
      tokenClass: row.tokenClass as TokenClass,
      priceVersionId: row.priceVersionId,
      size: BigInt(row.size),
      priceNano: BigInt(row.priceNano),
      quantity: BigInt(row.quantity),
      ratedNano: BigInt(row.ratedNano),
    }));
  }
}
