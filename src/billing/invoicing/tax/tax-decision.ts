import { EU_COUNTRIES, isEuVatId } from '../../../core/vat-id.js';

/**
 * Why a line bears its tax, in the code list of EN 16931 (UNTDID 5305): S standard rate, Z zero rate, AE reverse
 * charge, G export, O outside the scope of tax, E exempt.
 */
export type TaxCategory = 'S' | 'Z' | 'AE' | 'G' | 'O' | 'E';

/** The tax of one line, or of all lines with the same pair. */
export interface Tax {
  category: TaxCategory;
  /** Parts per million: 19 % is 190,000. */
  ratePpm: number;
}

/** Who sells: its country, and the standard rate of every country it is registered in. */
export interface TaxSeller {
  /** Null: registered nowhere. */
  country: string | null;
  ratesPpm: ReadonlyMap<string, number>;
}

/** Who buys, as far as tax goes. */
export interface TaxBuyer {
  /** Null: not known, taken for the seller's own. */
  country: string | null;
  vatId: string | null;
  /** Holds a certificate of exemption. */
  exempt: boolean;
}

/**
 * The tax on services sold to a customer. Businesses in another member state account for it themselves (Article 196
 * of Directive 2006/112/EC); a customer there without a VAT id of its form pays the rate of its country when the
 * seller is registered for it, else the seller's own (the threshold of Article 59c). Outside the Union nothing is
 * charged unless the seller is registered there.
 */
export function decideTax(seller: TaxSeller, buyer: TaxBuyer): Tax {
  if (seller.country === null) return { category: 'O', ratePpm: 0 };
  if (buyer.exempt) return { category: 'E', ratePpm: 0 };
  const country = buyer.country ?? seller.country;
  const domesticPpm = seller.ratesPpm.get(seller.country) ?? 0;
  if (country === seller.country) return standard(domesticPpm);
  const isIntraEu = EU_COUNTRIES.has(seller.country) && EU_COUNTRIES.has(country);
  if (isIntraEu && buyer.vatId !== null && isEuVatId(buyer.vatId, country))
    return { category: 'AE', ratePpm: 0 };
  const registeredPpm = seller.ratesPpm.get(country);
  if (registeredPpm !== undefined) return standard(registeredPpm);
  if (isIntraEu) return standard(domesticPpm);
  return { category: EU_COUNTRIES.has(seller.country) ? 'G' : 'O', ratePpm: 0 };
}

const standard = (ratePpm: number): Tax => ({ category: ratePpm === 0 ? 'Z' : 'S', ratePpm });

/** What an invoice must say about a tax that it does not charge; absent: nothing. */
export const TAX_NOTES: Readonly<Partial<Record<TaxCategory, string>>> = {
  AE: 'Reverse charge: VAT is to be accounted for by the recipient (Article 196, Directive 2006/112/EC).',
  G: 'Service supplied outside the European Union: no VAT is charged.',
  E: 'Exempt from tax.',
};
