import { divideRounded, minorToNano, nanoPerMinor, roundToMinor } from '../../core/currency.js';
import { taxOn } from '../invoicing/minor-shares.js';
import type { Tax } from '../invoicing/tax/tax-decision.js';
import type { SoldCredit } from '../ledger/posting.js';

/** A sale of credit: what was ordered, and the tax that is charged with it. */
export interface Sale {
  currency: string;
  /** Credit without tax, > 0. */
  netNano: bigint;
  /** Whole minor units; 0 where the tax is due at the use of the credit. */
  taxNano: bigint;
  /** Null: its tax is due at its use. */
  tax: Tax | null;
}

/** The tax on so much credit, rounded once to minor units. */
export const taxOnCredit = (netNano: bigint, { tax, currency }: Pick<Sale, 'tax' | 'currency'>): bigint =>
  tax === null ? 0n : minorToNano(taxOn(roundToMinor(netNano, currency), tax.ratePpm), currency);

/**
 * What money for credit goes into. Of a sale with its tax the debt takes its share of both, and credit that would come to
 * less than half a minor unit is rounding.
 */
export function shareMoney(sale: Sale, debtNano: bigint): SoldCredit {
  const { netNano, taxNano, tax } = sale;
  const grossNano = netNano + taxNano;
  if (tax === null) return { debtNano, creditNano: netNano - debtNano, taxNano: 0n, roundingNano: 0n };
  const shareNano = divideRounded(netNano * (grossNano - debtNano), grossNano);
  const creditNano = documented(shareNano, sale.currency);
  const creditTaxNano = debtNano === 0n ? taxNano : taxOnCredit(creditNano, sale);
  return {
    debtNano,
    creditNano,
    taxNano: creditTaxNano,
    roundingNano: grossNano - debtNano - creditNano - creditTaxNano,
  };
}

/**
 * The credit that goes with `grossNano` more of a sale's money, when `takenNano` of it was taken back before: whole minor
 * units, and all of the credit once all of the money is taken.
 */
export function netOfMoney(sale: Sale, takenNano: bigint, grossNano: bigint): bigint {
  const wholeNano = sale.netNano + sale.taxNano;
  const unit = nanoPerMinor(sale.currency);
  const share = (nano: bigint) => divideRounded(sale.netNano * nano, wholeNano * unit) * unit;
  return share(takenNano + grossNano) - share(takenNano);
}

/** Credit that comes back: what had been kept of it, and what money with its tax buys at the sale's own terms. */
export function creditAgain(
  sale: Sale,
  keptNano: bigint,
  grossNano: bigint,
): { netNano: bigint; taxNano: bigint } {
  const boughtNano = divideRounded(sale.netNano * grossNano, sale.netNano + sale.taxNano);
  const netNano = documented(keptNano + boughtNano, sale.currency);
  return { netNano, taxNano: taxOnCredit(netNano, sale) };
}

/** Credit that its receipt can show; nothing below half a minor unit. */
const documented = (nano: bigint, currency: string): bigint =>
  roundToMinor(nano, currency) === 0n ? 0n : nano;
