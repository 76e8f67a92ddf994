import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';

/** A probe whose cost is not in the ledger yet. */
export interface UnbookedProbe {
  /** UUID. */
  id: string;
  providerSlug: string;
  costNano: bigint;
  /** ISO 4217. */
  currency: string;
}

/** Costs of probes in PostgreSQL. Every call belongs to the caller's database transaction. */
@Injectable()
export class ProbeCostsRepository {
  /** Oldest first; others that book at the same time get other ones. */
  async claim(client: PoolClient, limit: number): Promise<UnbookedProbe[]> {
    const { rows } = await client.query<Omit<UnbookedProbe, 'costNano'> & { costNano: string }>(
      `select b.id, v.slug as "providerSlug", b.cost_nano as "costNano", b.currency
       from upstream_probe b join provider v on v.id = b.provider_id
       where not b.booked order by b.id limit $1 for update of b skip locked`,
      [limit],
    );
    return rows.map((row) => ({ ...row, costNano: BigInt(row.costNano) }));
  }

  /** The first legal entity there is: the house's own. */
  async houseEntity(client: PoolClient): Promise<string | undefined> {
    const sql = 'select id from legal_entity order by created_at, id limit 1';
    return (await client.query<{ id: string }>(sql)).rows[0]?.id;
  }

  async markBooked(client: PoolClient, ids: readonly string[]): Promise<void> {
    await client.query('update upstream_probe set booked = true where id = any ($1::uuid[])', [ids]);
  }
}
