/**
 * The journal templates: what each event of the money walk does to the accounts. A debit is positive, a credit
 * negative, amounts are nano, and every template sums to zero. Nothing else in the product decides an account.
 */

/** Every account kind of the ledger; the database knows the same list. */
export type AccountKind =
  | 'cash_clearing'
  | 'deferred_revenue'
  | 'promo_credit'
  | 'promo_pending'
  | 'contract_asset'
  | 'receivable'
  | 'revenue'
  | 'revenue_reduction'
  | 'breakage_revenue'
  | 'cost_of_sales'
  | 'provider_payable'
  | 'rounding';

/** Accounts kept per wallet; every other kind is one account of the house per currency. */
export const WALLET_ACCOUNTS: ReadonlySet<AccountKind> = new Set<AccountKind>([
  'deferred_revenue',
  'promo_credit',
  'contract_asset',
  'receivable',
]);

/** One leg of a ledger transaction. `amountNano` is never 0. */
export interface Posting {
  account: AccountKind;
  amountNano: bigint;
}

/** What a lot of credit is: bought, a present that is not owed, or an apology for something already paid. */
export type CreditKind = 'paid' | 'promo' | 'goodwill';

/** How one or many charges were paid, in nano; no field is negative. */
export interface Funding {
  /** From paid and goodwill lots. */
  paidNano: bigint;
  /** From promo lots. */
  promoNano: bigint;
  /** From no lot: owed by the customer, to be invoiced or recovered. */
  postpaidNano: bigint;
}

/** Money received for later use: cash comes in, and the customer is owed service. */
export const paidCredit = (amountNano: bigint): Posting[] =>
  transfer('cash_clearing', 'deferred_revenue', amountNano);

/** A present: nothing is earned or owed, two accounts remember it until it is used. */
export const promoCredit = (amountNano: bigint): Posting[] =>
  transfer('promo_pending', 'promo_credit', amountNano);

/** An apology in credit: it lowers revenue now and is owed like paid credit. */
export const goodwillCredit = (amountNano: bigint): Posting[] =>
  transfer('revenue_reduction', 'deferred_revenue', amountNano);

/** The posting of a new lot. */
export function creditGranted(kind: CreditKind, amountNano: bigint): Posting[] {
  switch (kind) {
    case 'paid':
      return paidCredit(amountNano);
    case 'promo':
      return promoCredit(amountNano);
    case 'goodwill':
      return goodwillCredit(amountNano);
  }
}

/** Charges: paid credit and credit yet to be collected earn revenue, promo credit is only used up. */
export const usage = (funding: Funding): Posting[] => [
  ...transfer('deferred_revenue', 'revenue', funding.paidNano),
  ...transfer('promo_credit', 'promo_pending', funding.promoNano),
  ...transfer('contract_asset', 'revenue', funding.postpaidNano),
];

/** Charges taken back: each part returns to where it came from. */
export const usageReversal = (funding: Funding): Posting[] => negate(usage(funding));

/** What providers take from the house for the calls; negative for reversed calls. */
export const providerCost = (costNano: bigint): Posting[] =>
  costNano < 0n
    ? negate(transfer('cost_of_sales', 'provider_payable', -costNano))
    : transfer('cost_of_sales', 'provider_payable', costNano);

/** Credit that ran out unused: paid credit is breakage, the other two are undone. */
export function creditExpired(kind: CreditKind, amountNano: bigint): Posting[] {
  switch (kind) {
    case 'paid':
      return transfer('deferred_revenue', 'breakage_revenue', amountNano);
    case 'promo':
      return transfer('promo_credit', 'promo_pending', amountNano);
    case 'goodwill':
      return transfer('deferred_revenue', 'revenue_reduction', amountNano);
  }
}

/** Debits one account and credits another; nothing for an amount of 0. Throws RangeError below 0. */
function transfer(debit: AccountKind, credit: AccountKind, amountNano: bigint): Posting[] {
  if (amountNano < 0n) throw new RangeError(`a posting cannot be negative: ${amountNano}`);
  if (amountNano === 0n) return [];
  return [
    { account: debit, amountNano },
    { account: credit, amountNano: -amountNano },
  ];
}

const negate = (postings: Posting[]): Posting[] =>
  postings.map(({ account, amountNano }) => ({ account, amountNano: -amountNano }));
