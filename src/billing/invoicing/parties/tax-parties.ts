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

/** The columns of a PartyRow, of PARTY_TABLES and partiesAt. */
export const PARTY_COLUMNS = `e.id as legal_entity_id, e.tax_point, e.name as seller_name, e.address as seller_address,
  seller.country as seller_country, seller.vat_id as seller_vat_id, seller.rates,
  coalesce(b.legal_name, o.name) as buyer_name, coalesce(b.address, '') as buyer_address, buyer.country as buyer_country,
  buyer.vat_id as buyer_vat_id, buyer.exempt, coalesce(b.po_number, '') as po_number, zone_or_utc(o.timezone) as time_zone`;

/** What PARTY_COLUMNS are of: the customer `o`, its billing account `b` and who sells to it `e`. */
export const PARTY_TABLES = `organization o join billing_account b on b.organization_id = o.id
  join legal_entity e on e.id = b.legal_entity_id`;

/** The joins that find what held of both for tax at an instant (SQL): the last change that was made until then. */
export const partiesAt = (instant: string): string => `
  join lateral (select t.* from legal_entity_tax t where t.legal_entity_id = e.id and t.valid_from <= ${instant}
    order by t.valid_from desc limit 1) seller on true
  join lateral (select t.* from billing_account_tax t where t.organization_id = o.id and t.valid_from <= ${instant}
    order by t.valid_from desc limit 1) buyer on true`;

/** A row of the query above, as tax and documents need it; texts that are not known are empty. */
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
