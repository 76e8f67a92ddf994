import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../../platform/database/database.service.js';
import type { Commitment } from './commitment.js';

const COLUMNS = `c.id, c.organization_id as "organizationId", c.currency::text as currency, c.amount_nano as "amountNano",
  c.valid_from::text as "validFrom", c.valid_until::text as "validUntil", c.created_at as "createdAt"`;

type Row = Omit<Commitment, 'amountNano'> & { amountNano: string };

/** What decides whether an organization can commit itself, and from when. */
export interface CommitmentTerms {
  currency: string;
  billingMode: 'prepaid' | 'postpaid';
  timeZone: string;
  /** First day of the month that is not billed yet. */
  firstOpenDay: string;
}

/** Commitments of organizations. */
@Injectable()
export class CommitmentsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Makes closes of periods, and changes of the organization, wait for the transaction's end: whatever is decided now
   * holds for the month that runs. Null when there is no such organization.
   */
  async lockTerms(client: PoolClient, organizationId: string): Promise<CommitmentTerms | null> {
    await client.query(`select pg_advisory_xact_lock(hashtextextended('organization:' || $1::text, 0))`, [
      organizationId,
    ]);
    const { rows } = await client.query<CommitmentTerms>(
      `select o.currency::text as currency, o.billing_mode as "billingMode", z.name as "timeZone",
         date_trunc('month', billing_now() at time zone z.name)::date::text as "firstOpenDay"
       from organization o, zone_or_utc(o.timezone) z(name) where o.id = $1 for share of o`,
      [organizationId],
    );
    return rows[0] ?? null;
  }

  /** All of an organization's, oldest first. */
  async listAll(client: PoolClient, organizationId: string): Promise<Commitment[]> {
    const { rows } = await client.query<Row>(
      `select ${COLUMNS} from commitment c where c.organization_id = $1 order by c.valid_from, c.id`,
      [organizationId],
    );
    return rows.map(toCommitment);
  }

  /** Newest first, made before `beforeId`. */
  async list(organizationId: string, limit: number, beforeId?: string): Promise<Commitment[]> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from commitment c where c.organization_id = $1 and ($2::uuid is null or c.id < $2)
       order by c.id desc limit $3`,
      [organizationId, beforeId ?? null, limit],
    );
    return rows.map(toCommitment);
  }

  async insert(
    client: PoolClient,
    commitment: Omit<Commitment, 'createdAt'> & { timeZone: string; createdBy: string },
  ): Promise<Commitment> {
    const { rows } = await client.query<Row>(
      `insert into commitment as c (id, organization_id, currency, amount_nano, time_zone, valid_from, valid_until, created_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${COLUMNS}`,
      [
        commitment.id,
        commitment.organizationId,
        commitment.currency,
        commitment.amountNano,
        commitment.timeZone,
        commitment.validFrom,
        commitment.validUntil,
        commitment.createdBy,
      ],
    );
    return toCommitment(rows[0] as Row);
  }

  async end(client: PoolClient, id: string, validUntil: string): Promise<void> {
    await client.query('update commitment set valid_until = $2 where id = $1', [id, validUntil]);
  }
}

const toCommitment = (row: Row): Commitment => ({ ...row, amountNano: BigInt(row.amountNano) });
