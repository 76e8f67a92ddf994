import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/database.service.js';
import type { CustomerAccount, StatementEntry } from './customer-statement.js';

const ENTRIES = `
  select finalized_at as at, case kind when 'receipt' then 'receipt' else 'invoice' end as kind, number_text as number, '' as reference, total_minor - prepaid_minor as minor, id
  from invoice where organization_id = $1 and status <> 'draft' and total_minor <> prepaid_minor
  union all
  select voided_at, 'void', number_text, '', prepaid_minor - total_minor, id
  from invoice where organization_id = $1 and status = 'void' and total_minor <> prepaid_minor
  union all
  select issued_at, 'credit_note', number_text, '', -total_minor, id from credit_note where organization_id = $1
  union all
  select issued_at, 'refund', number_text, '', total_minor, id from credit_note where organization_id = $1 and claw_back_id is not null
  union all
  select p.received_at, 'payment', i.number_text, p.reference, -p.amount_minor, p.id
  from invoice_payment p join invoice i on i.id = p.invoice_id where i.organization_id = $1`;

/** What changed a customer's account. */
@Injectable()
export class StatementsRepository {
  constructor(private readonly database: Database) {}

  /** Null when there is no such organization. */
  async find(organizationId: string, from: Date, to: Date): Promise<CustomerAccount | null> {
    const [organization] = await this.database.query<{ currency: string }>(
      'select currency from organization where id = $1',
      [organizationId],
    );
    if (!organization) return null;
    const [opening] = await this.database.query<{ minor: string }>(
      `select coalesce(sum(minor), 0) as minor from (${ENTRIES}) e where at < $2`,
      [organizationId, from],
    );
    const rows = await this.database.query<Omit<StatementEntry, 'amountMinor'> & { minor: string }>(
      `select at, kind, number, reference, minor from (${ENTRIES}) e where at >= $2 and at < $3 order by at, kind desc, id`,
      [organizationId, from, to],
    );
    return {
      currency: organization.currency,
      from,
      to,
      openingMinor: BigInt(opening?.minor ?? 0),
      entries: rows.map(({ minor, ...entry }) => ({ ...entry, amountMinor: BigInt(minor) })),
    };
  }
}
