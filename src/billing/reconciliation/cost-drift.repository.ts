import { Injectable } from '@nestjs/common';
import { Snapshot } from '../../platform/database/snapshot.service.js';
import { judgeDrift, type CostDrift } from './cost-drift.js';

/** Charges in other currencies have their cost in those; what vendors say is in dollars. Originals alone. */
const SAID_SQL = `
select (e.recorded_at at time zone 'UTC')::date::text as day, p.slug as provider, e.model_id as model, count(*)::int as calls,
  sum(round((e.raw_usage ->> 'cost')::numeric * 1000000000))::text as "statedNano", sum(e.cost_nano)::text as "accruedNano"
from usage_event e join provider p on p.id = e.provider_id
where e.raw_usage ? 'cost' and e.kind = 'usage' and not e.estimated and e.cost_currency = 'USD'
  and e.recorded_at >= coalesce($1::timestamptz, date_trunc('day', billing_now() at time zone 'UTC') at time zone 'UTC' - interval '1 day')
  and e.recorded_at < coalesce($2::timestamptz, date_trunc('day', billing_now() at time zone 'UTC') at time zone 'UTC')
group by 1, 2, 3 order by 1, 2, 3`;

/** Reads what providers said they take, beside what was accrued for the same calls. */
@Injectable()
export class CostDriftRepository {
  constructor(private readonly snapshot: Snapshot) {}

  /** The calls of yesterday (UTC, by the database's clock). */
  ofYesterday(): Promise<CostDrift[]> {
    return this.read(null, null);
  }

  /** The calls recorded in `[from, to)`. */
  between(from: Date, to: Date, limitPpm?: bigint): Promise<CostDrift[]> {
    return this.read(from, to, limitPpm);
  }

  private read(from: Date | null, to: Date | null, limitPpm?: bigint): Promise<CostDrift[]> {
    type Row = {
      day: string;
      provider: string;
      model: string;
      calls: number;
      statedNano: string;
      accruedNano: string;
    };
    return this.snapshot.read(async (client) => {
      const { rows } = await client.query<Row>(SAID_SQL, [from, to]);
      return rows.map((row) =>
        judgeDrift(
          { ...row, statedNano: BigInt(row.statedNano), accruedNano: BigInt(row.accruedNano) },
          limitPpm,
        ),
      );
    });
  }
}
