import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../../platform/database/database.service.js';
import type { BillingAccount, LegalEntity } from './party.js';

const ENTITY = `e.id, e.name, e.address, e.country, e.vat_id as "vatId", e.tax_point as "taxPoint",
  e.auto_finalize_minutes as "autoFinalizeMinutes", e.number_prefix as "numberPrefix", e.payment_details as "paymentDetails",
  coalesce((select jsonb_object_agg(r.country, r.rate_ppm) from tax_rate r where r.legal_entity_id = e.id), '{}') as "taxRates"`;
const ACCOUNT = `b.organization_id as "organizationId", b.legal_entity_id as "legalEntityId", b.legal_name as "legalName",
  b.address, b.email, b.po_number as "poNumber", b.net_days as "netDays", b.tax_status = 'exempt' as "taxExempt",
  b.country, b.vat_id as "vatId"`;

/** Who sells and who buys, as invoices name them. */
@Injectable()
export class PartiesRepository {
  constructor(private readonly database: Database) {}

  listEntities(): Promise<LegalEntity[]> {
    return this.database.query<LegalEntity>(
      `select ${ENTITY} from legal_entity e order by e.created_at, e.id`,
    );
  }

  async findEntity(client: PoolClient, id: string): Promise<LegalEntity | null> {
    const { rows } = await client.query<LegalEntity>(`select ${ENTITY} from legal_entity e where e.id = $1`, [
      id,
    ]);
    return rows[0] ?? null;
  }

  /** Writes an entity, new or changed, with its rates. */
  async putEntity(client: PoolClient, entity: LegalEntity): Promise<void> {
    await client.query(
      `insert into legal_entity (id, name, address, country, vat_id, tax_point, auto_finalize_minutes, number_prefix, payment_details)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict (id) do update set name = $2, address = $3, country = $4, vat_id = $5, tax_point = $6,
         auto_finalize_minutes = $7, number_prefix = $8, payment_details = $9, updated_at = now()`,
      [
        entity.id,
        entity.name,
        entity.address,
        entity.country,
        entity.vatId,
        entity.taxPoint,
        entity.autoFinalizeMinutes,
        entity.numberPrefix,
        entity.paymentDetails,
      ],
    );
    await client.query('delete from tax_rate where legal_entity_id = $1', [entity.id]);
    await client.query(
      'insert into tax_rate (legal_entity_id, country, rate_ppm) select $1, * from unnest($2::text[], $3::integer[])',
      [entity.id, Object.keys(entity.taxRates), Object.values(entity.taxRates)],
    );
  }

  /** Whether a number prefix is another entity's, or numbers were issued under one that would change. */
  async isPrefixTaken(client: PoolClient, id: string, prefix: string): Promise<boolean> {
    const { rows } = await client.query(
      `select 1 from legal_entity where number_prefix = $2 and id <> $1
       union all select 1 from invoice_series s join legal_entity e on e.id = s.legal_entity_id
         where e.id = $1 and e.number_prefix <> $2 limit 1`,
      [id, prefix],
    );
    return rows.length > 0;
  }

  async findAccount(client: PoolClient, organizationId: string): Promise<BillingAccount | null> {
    const { rows } = await client.query<BillingAccount>(
      `select ${ACCOUNT} from billing_account b where b.organization_id = $1 for no key update`,
      [organizationId],
    );
    return rows[0] ?? null;
  }

  async updateAccount(client: PoolClient, account: BillingAccount): Promise<void> {
    await client.query(
      `update billing_account set legal_entity_id = $2, legal_name = $3, address = $4, email = $5, po_number = $6, net_days = $7,
         tax_status = case when $8 then 'exempt' when tax_status = 'exempt' then 'unknown' else tax_status end, updated_at = now()
       where organization_id = $1`,
      [
        account.organizationId,
        account.legalEntityId,
        account.legalName,
        account.address,
        account.email,
        account.poNumber,
        account.netDays,
        account.taxExempt,
      ],
    );
  }

  /** Whether the ledger holds anything of the organization; its seller can then no longer change. */
  async hasPostings(client: PoolClient, organizationId: string): Promise<boolean> {
    const { rows } = await client.query(
      'select 1 from ledger_transaction where organization_id = $1 limit 1',
      [organizationId],
    );
    return rows.length > 0;
  }
}
