import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { uuidv7 } from '../../core/ids.js';
import { minorToNano } from '../../core/currency.js';
import { Database } from '../../platform/database/database.service.js';
import type { Dispute } from './dispute.js';
import type { PaymentAttempt } from './payment-attempt.js';
import type { DisputeFacts } from './payment-gateway.js';

interface Row {
  id: string;
  organization_id: string;
  attempt_id: string;
  provider_ref: string;
  currency: string;
  amount_nano: string;
  reason: string;
  status: Dispute['status'];
  opened_at: Date;
  closed_at: Date | null;
}

const COLUMNS =
  'id, organization_id, attempt_id, provider_ref, currency, amount_nano, reason, status, opened_at, closed_at';

/** The table of disputes. */
@Injectable()
export class DisputesRepository {
  constructor(private readonly database: Database) {}

  /** Null when it is there already. The caller has locked the attempt. */
  async insert(client: PoolClient, attempt: PaymentAttempt, facts: DisputeFacts): Promise<Dispute | null> {
    const { rows } = await client.query<Row>(
      `insert into payment_dispute (id, organization_id, attempt_id, provider_ref, currency, amount_minor, amount_nano, reason)
       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (provider_ref) do nothing returning ${COLUMNS}`,
      [
        uuidv7(),
        attempt.organizationId,
        attempt.id,
        facts.ref,
        facts.currency,
        facts.amountMinor,
        minorToNano(facts.amountMinor, facts.currency),
        facts.reason,
      ],
    );
    return rows[0] ? toDispute(rows[0]) : null;
  }

  /** Ends one that is open; null when it had ended. */
  async close(client: PoolClient, ref: string, status: 'won' | 'lost'): Promise<Dispute | null> {
    const { rows } = await client.query<Row>(
      `update payment_dispute set status = $2, closed_at = billing_now() where provider_ref = $1 and status = 'open'
       returning ${COLUMNS}`,
      [ref, status],
    );
    return rows[0] ? toDispute(rows[0]) : null;
  }

  /** Disputes of a payment, newest first. */
  async listOf(attemptId: string): Promise<Dispute[]> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from payment_dispute where attempt_id = $1 order by id desc`,
      [attemptId],
    );
    return rows.map(toDispute);
  }
}

const toDispute = (row: Row): Dispute => ({
  id: row.id,
  organizationId: row.organization_id,
  attemptId: row.attempt_id,
  providerRef: row.provider_ref,
  currency: row.currency,
  amountNano: BigInt(row.amount_nano),
  reason: row.reason,
  status: row.status,
  openedAt: row.opened_at,
  closedAt: row.closed_at,
});
