import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../../platform/database/database.service.js';
import type { ClosingOutcome, Period } from './period.js';

const COLUMNS = `p.id, p.organization_id as "organizationId", p.starts_at as "startsAt", p.ends_at as "endsAt", p.status,
  p.closed_at as "closedAt"`;

/** Billing periods. */
@Injectable()
export class PeriodsRepository {
  constructor(private readonly database: Database) {}

  /** A period of an organization; null when it has no such period. */
  async find(organizationId: string, id: string): Promise<Period | null> {
    const rows = await this.database.query<Period>(
      `select ${COLUMNS} from billing_period p where p.id = $2 and p.organization_id = $1`,
      [organizationId, id],
    );
    return rows[0] ?? null;
  }

  /** Periods of an organization, newest first, older than `beforeId` when that is given. */
  async list(organizationId: string, limit: number, beforeId?: string): Promise<Period[]> {
    return this.database.query<Period>(
      `select ${COLUMNS} from billing_period p where p.organization_id = $1
         and ($2::uuid is null or p.starts_at < (select q.starts_at from billing_period q where q.id = $2))
       order by p.starts_at desc limit $3`,
      [organizationId, beforeId ?? null, limit],
    );
  }

  /** Makes the periods of months under a commitment in which nothing settled. */
  async openCommitted(): Promise<void> {
    await this.database.query('select open_committed_periods()');
  }

  /** Periods that have ended and are not closed, the longest past first. */
  async listDue(limit: number): Promise<Period[]> {
    return this.database.query<Period>(
      `select ${COLUMNS} from billing_period p
       where p.status = 'closing' or (p.status = 'open' and p.ends_at <= billing_now()) order by p.ends_at, p.id limit $1`,
      [limit],
    );
  }

  /** Stops a period from taking usage; null when there is none of this id. Waits for settlements under way. */
  async beginClosing(id: string, early: boolean): Promise<ClosingOutcome | null> {
    const rows = await this.database.query<{ outcome: ClosingOutcome | null }>(
      'select begin_closing($1, $2) as outcome',
      [id, early],
    );
    return rows[0]?.outcome ?? null;
  }

  /** Whether usage of the period still waits to be posted. */
  async hasQueuedUsage(id: string): Promise<boolean> {
    const rows = await this.database.query(
      'select 1 from usage_pending q join usage_event e on e.id = q.event_id where e.period_id = $1 limit 1',
      [id],
    );
    return rows.length > 0;
  }

  /** Locks a period until the transaction ends. */
  async lock(client: PoolClient, id: string): Promise<Period | null> {
    const { rows } = await client.query<Period>(
      `select ${COLUMNS} from billing_period p where p.id = $1 for no key update`,
      [id],
    );
    return rows[0] ?? null;
  }

  /** Marks a closing period closed. */
  async finishClosing(client: PoolClient, id: string): Promise<void> {
    await client.query(
      `update billing_period set status = 'closed', closed_at = billing_now() where id = $1 and status = 'closing'`,
      [id],
    );
  }
}
