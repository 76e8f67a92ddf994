import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { Funding } from '../ledger/posting.js';
import type { UnbilledAttempt } from './post-attempts.js';
import type { PeriodShare } from './post-usage.js';
import type { SetAside } from './set-aside.js';

/** A claimed event: what the ledger needs to know of it. */
export interface ClaimedEvent {
  id: string;
  walletId: string;
  organizationId: string;
  periodId: string;
  currency: string;
  /** What the customer pays; negative for a reversal. */
  amountNano: bigint;
  /** What providers take; negative for a reversal. */
  costNano: bigint;
  /** Absent: an ordinary charge. */
  reversesId?: string | undefined;
}

interface EventRow {
  id: string;
  wallet_id: string;
  organization_id: string;
  period_id: string;
  currency: string;
  amount_nano: string;
  cost_nano: string;
  reverses_id: string | null;
}

interface FundingRow {
  event_id: string;
  amount_nano: string;
  promo_nano: string;
  taxed_nano: string;
  postpaid_nano: string;
}

/** No event comes before it. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** The queue of events, their rollups and their funding. Every call belongs to the caller's transaction. */
@Injectable()
export class RollupRepository {
  /**
   * Takes up to `limit` events off the queue, oldest first; events another worker is at are passed over.
   * Nothing is lost when the transaction rolls back: the rows are there again. `without`: what to leave alone. `after`: only
   * events behind this one; what was deleted before it is then not walked over again, which vacuum cannot remove while anybody
   * keeps an old snapshot.
   */
  async claim(
    client: PoolClient,
    limit: number,
    {
      without,
      after = FIRST_ID,
    }: { without: Pick<SetAside, 'eventIds' | 'walletIds'>; after: string | undefined },
  ): Promise<ClaimedEvent[]> {
    const { rows } = await client.query<EventRow>({
      name: 'rollup-claim',
      text: `with claimed as (
               delete from usage_pending where event_id = any (array(
                 select event_id from usage_pending p where event_id > $3::uuid and event_id <> all ($2::uuid[])
                   and (cardinality($4::uuid[]) = 0
                     or (select e.wallet_id from usage_event e where e.id = p.event_id) <> all ($4::uuid[]))
                 order by event_id limit $1 for update skip locked))
               returning event_id)
             select e.id, e.wallet_id, e.organization_id, e.period_id, e.currency, e.amount_nano, e.cost_nano, e.reverses_id
             from claimed c join usage_event e on e.id = c.event_id order by e.id`,
      values: [limit, without.eventIds, after, without.walletIds],
    });
    return rows.map(toEvent);
  }

  /** Puts claimed events back for a later batch. */
  async putBack(client: PoolClient, eventIds: string[]): Promise<void> {
    await client.query('insert into usage_pending (event_id) select * from unnest($1::uuid[])', [eventIds]);
  }

  /** Which of these events are still queued. */
  async listQueued(client: PoolClient, eventIds: string[]): Promise<Set<string>> {
    const { rows } = await client.query<{ event_id: string }>(
      'select event_id from usage_pending where event_id = any ($1::uuid[])',
      [eventIds],
    );
    return new Set(rows.map((row) => row.event_id));
  }

  /** How events of earlier batches were paid. */
  async listFundings(client: PoolClient, eventIds: string[]): Promise<Map<string, Funding>> {
    const { rows } = await client.query<FundingRow>(
      `select e.id as event_id, e.amount_nano,
              coalesce(sum(f.amount_nano) filter (where f.funding = 'prepaid_promo'), 0) as promo_nano,
              coalesce(sum(f.amount_nano) filter (where f.funding = 'prepaid_taxed'), 0) as taxed_nano,
              coalesce(sum(f.amount_nano) filter (where f.funding = 'postpaid'), 0) as postpaid_nano
       from usage_event e left join usage_funding f on f.event_id = e.id
       where e.id = any ($1::uuid[]) group by e.id`,
      [eventIds],
    );
    return new Map(rows.map((row) => [row.event_id, toFunding(row)]));
  }

  /** Adds the lines of the events to their rollups, in the order of the key so that workers never deadlock. */
  async addToRollups(client: PoolClient, eventIds: string[]): Promise<void> {
    await client.query({
      name: 'rollup-add',
      text: `insert into usage_rollup as r (organization_id, wallet_id, period_id, hour, project_id, api_key_id, provider_id,
               model_id, token_class, price_version_id, lines, quantity, rated_pico, amount_nano, absorbed_nano, cost_nano)
             select e.organization_id, e.wallet_id, e.period_id, date_trunc('hour', e.recorded_at, 'UTC') as hour, e.project_id,
               e.api_key_id, e.provider_id, e.model_id, l.token_class, l.price_version_id, count(*), sum(l.quantity),
               sum(l.quantity::numeric * l.unit_price_pico), sum(l.amount_nano), sum(l.absorbed_nano), sum(l.cost_nano)
             from unnest($1::uuid[]) as i(id) join usage_event e on e.id = i.id join usage_event_line l on l.event_id = e.id
             group by e.organization_id, e.wallet_id, e.period_id, hour, e.project_id, e.api_key_id, e.provider_id, e.model_id,
               l.token_class, l.price_version_id
             order by e.wallet_id, e.period_id, hour, e.project_id, e.api_key_id, e.provider_id, e.model_id, l.token_class,
               l.price_version_id
             on conflict (wallet_id, period_id, hour, project_id, api_key_id, provider_id, model_id, token_class, price_version_id)
             do update set lines = r.lines + excluded.lines, quantity = r.quantity + excluded.quantity,
               rated_pico = r.rated_pico + excluded.rated_pico, amount_nano = r.amount_nano + excluded.amount_nano,
               absorbed_nano = r.absorbed_nano + excluded.absorbed_nano, cost_nano = r.cost_nano + excluded.cost_nano`,
      values: [eventIds],
    });
  }

  /** Notes which part of an event promo credit or nobody's credit paid; the rest was paid credit, of which some was taxed before. */
  async recordFundings(client: PoolClient, fundings: { eventId: string; funding: Funding }[]): Promise<void> {
    const rows = fundings.flatMap(({ eventId, funding }) => [
      { eventId, kind: 'prepaid_promo', amountNano: funding.promoNano },
      { eventId, kind: 'prepaid_taxed', amountNano: funding.taxedNano },
      { eventId, kind: 'postpaid', amountNano: funding.postpaidNano },
    ]);
    const kept = rows.filter((row) => row.amountNano > 0n);
    if (kept.length === 0) return;
    await client.query(
      `insert into usage_funding (event_id, funding, amount_nano)
       select * from unnest($1::uuid[], $2::text[], $3::bigint[])`,
      [kept.map((row) => row.eventId), kept.map((row) => row.kind), kept.map((row) => row.amountNano)],
    );
  }

  /**
   * Takes up to `limit` attempts that cost something and are charged to nobody, oldest first, and notes that they are booked: which is
   * so once the transaction has posted them and is committed. Attempts another worker is at, and those of
   * `withoutWallets`, are passed over.
   */
  async claimAttempts(
    client: PoolClient,
    limit: number,
    withoutWallets: string[],
  ): Promise<UnbilledAttempt[]> {
    const { rows } = await client.query<Omit<UnbilledAttempt, 'costNano'> & { costNano: string }>({
      name: 'attempts-claim',
      text: `with claimed as (
               update unbilled_attempt set status = 'booked' where (request_id, seq) in (
                 select request_id, seq from unbilled_attempt where status = 'open' and wallet_id <> all ($2::uuid[]) order by request_id, seq limit $1
                 for update skip locked)
               returning *)
             select c.request_id as "requestId", c.seq, c.organization_id as "organizationId", c.wallet_id as "walletId",
               c.provider_id as "providerId", v.slug as "providerSlug", (c.recorded_at at time zone 'UTC')::date::text as day,
               c.cost_nano as "costNano", c.currency
             from claimed c join provider v on v.id = c.provider_id order by c.request_id, c.seq`,
      values: [limit, withoutWallets],
    });
    return rows.map((row) => ({ ...row, costNano: BigInt(row.costNano) }));
  }

  /** Adds to how the usage of each period was paid, in the order of the key so that workers never deadlock. */
  async addToPeriods(client: PoolClient, fundings: PeriodShare[]): Promise<void> {
    await client.query(
      `insert into period_funding as f (period_id, wallet_id, paid_nano, promo_nano, postpaid_nano, taxed_nano)
       select period_id, wallet_id, sum(paid), sum(promo), sum(postpaid), sum(taxed)
       from unnest($1::uuid[], $2::uuid[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[])
         as a(period_id, wallet_id, paid, promo, postpaid, taxed)
       group by 1, 2 order by 1, 2
       on conflict (period_id, wallet_id) do update set paid_nano = f.paid_nano + excluded.paid_nano,
         promo_nano = f.promo_nano + excluded.promo_nano, postpaid_nano = f.postpaid_nano + excluded.postpaid_nano,
         taxed_nano = f.taxed_nano + excluded.taxed_nano`,
      [
        fundings.map((f) => f.periodId),
        fundings.map((f) => f.walletId),
        fundings.map((f) => f.paidNano),
        fundings.map((f) => f.promoNano),
        fundings.map((f) => f.postpaidNano),
        fundings.map((f) => f.taxedNano),
      ],
    );
  }
}

const toEvent = (row: EventRow): ClaimedEvent => ({
  id: row.id,
  walletId: row.wallet_id,
  organizationId: row.organization_id,
  periodId: row.period_id,
  currency: row.currency,
  amountNano: BigInt(row.amount_nano),
  costNano: BigInt(row.cost_nano),
  reversesId: row.reverses_id ?? undefined,
});

function toFunding(row: FundingRow): Funding {
  const promoNano = BigInt(row.promo_nano);
  const postpaidNano = BigInt(row.postpaid_nano);
  const paidNano = BigInt(row.amount_nano) - promoNano - postpaidNano;
  return { paidNano, taxedNano: BigInt(row.taxed_nano), promoNano, postpaidNano };
}
