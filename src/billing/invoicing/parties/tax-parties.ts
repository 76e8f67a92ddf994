import type { Party } from '../documents/invoice-document.js';
import type { TaxBuyer, TaxSeller } from '../tax/tax-decision.js';

/** Who sells and who buys: all that decides a tax, and what a document prints of them. */
export interface TaxParties {
  legalEntityId: string;
  /** When tax on prepaid credit is due: its sale, or its use. */
  taxPoint: 'sale' | 'use';
  taxSeller: TaxSeller;
  taxBuyer: TaxBuyer;
  seller: Party;
  buyer: Party;
  poNumber: string;
  timeZone: string;
}

/** A row of PARTY_COLUMNS. */
export interface PartyRow {
  legal_entity_id: string;
  tax_point: TaxParties['taxPoint'];
  seller_name: string;
  seller_address: string;
  seller_country: string | null;
  seller_vat_id: string | null;
  rates: Record<string, number>;
  buyer_name: string;
  buyer_address: string;
  buyer_country: string | null;
  buyer_vat_id: string | null;
  exempt: boolean;
  po_number: string;
  time_zone: string;
}

/** The columns of a PartyRow, of PARTY_TABLES. */
export const PARTY_COLUMNS = `e.id as legal_entity_id, e.tax_point, e.name as seller_name, e.address as seller_address,
  e.country as seller_country, e.vat_id as seller_vat_id,
  coalesce((select jsonb_object_agg(r.country, r.rate_ppm) from tax_rate r where r.legal_entity_id = e.id), '{}') as rates,
  coalesce(b.legal_name, o.name) as buyer_name, coalesce(b.address, '') as buyer_address, b.country as buyer_country,
  b.vat_id as buyer_vat_id, b.tax_status = 'exempt' as exempt, coalesce(b.po_number, '') as po_number, o.timezone as time_zone`;

/** What PARTY_COLUMNS are of: the customer `o`, its billing account `b` and who sells to it `e`. */
export const PARTY_TABLES = `organization o join billing_account b on b.organization_id = o.id
  join legal_entity e on e.id = b.legal_entity_id`;

export const toParties = (row: PartyRow): TaxParties => ({
  legalEntityId: row.legal_entity_id,
  taxPoint: row.tax_point,
  taxSeller: { country: row.seller_country, ratesPpm: new Map(Object.entries(row.rates)) },
  taxBuyer: { country: row.buyer_country, vatId: row.buyer_vat_id, exempt: row.exempt },
  seller: {
    name: row.seller_name,
    address: row.seller_address,
    country: row.seller_country ?? '',
    vat_id: row.seller_vat_id ?? '',
  },
  buyer: {
    name: row.buyer_name,
    address: row.buyer_address,
    country: row.buyer_country ?? '',
    vat_id: row.buyer_vat_id ?? '',
  },
  poNumber: row.po_number,
  timeZone: row.time_zone,
});
