/**
 * The journal templates: what each event of the money walk does to the accounts. A debit is positive, a credit
 * negative, amounts are nano, and every template sums to zero. Nothing else in the product decides an account.
 */

/** Every account kind of the ledger; the database knows the same list. */
export const ACCOUNT_KINDS = [
  'bank',
  'cash_clearing',
  'cash_in_transit',
  'psp_fees',
  'deferred_revenue',
  'promo_credit',
  'promo_pending',
  'contract_asset',
  'receivable',
  'receivable_usage',
  'vat_payable',
  'revenue',
  'revenue_reduction',
  'breakage_revenue',
  'cost_of_sales',
  'provider_variance',
  'provider_payable',
  'disputes',
  'chargeback_loss',
  'bad_debt',
  'house_expense',
  'fx_difference',
  'rounding',
] as const;
/** What an account of the ledger is for. */
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

/** Accounts kept per wallet; every other kind is one account per legal entity and currency. */
export const WALLET_ACCOUNTS: ReadonlySet<AccountKind> = new Set<AccountKind>([
  'deferred_revenue',
  'promo_credit',
  'contract_asset',
  'receivable',
  'receivable_usage',
]);

/**
 * Accounts a wallet's balance is made of: its balance is minus their sum, less usage not yet posted. What was
 * invoiced and not paid is among them (`receivable_usage`, without tax), because it still uses the customer's
 * credit; tax and the rounding of an invoice (`receivable`) are not.
 */
export const BALANCE_ACCOUNTS: ReadonlySet<AccountKind> = new Set<AccountKind>([
  'deferred_revenue',
  'promo_credit',
  'contract_asset',
  'receivable_usage',
]);

/** By how much the postings change the balance of their wallet. */
export const balanceChange = (postings: readonly Posting[]): bigint =>
  postings.reduce(
    (sum, { account, amountNano }) => (BALANCE_ACCOUNTS.has(account) ? sum - amountNano : sum),
    0n,
  );

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
  /** Of `paidNano`: from lots whose tax was due when they were sold. */
  taxedNano: bigint;
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
  moved('cost_of_sales', 'provider_payable', costNano);

/** What a provider takes for a test call of the house itself. */
export const houseProbe = (costNano: bigint): Posting[] =>
  transfer('house_expense', 'provider_payable', costNano);

/** A provider's statement differs from what was accrued, by `differenceNano`: above zero, it takes more. */
export const providerVariance = (differenceNano: bigint): Posting[] =>
  moved('provider_variance', 'provider_payable', differenceNano);

/** A provider's statement is paid; below zero, the provider pays back. */
export const providerPaid = (amountNano: bigint): Posting[] => moved('provider_payable', 'bank', amountNano);

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

/** What a provider keeps of a payment. */
export const paymentFee = (feeNano: bigint): Posting[] => transfer('psp_fees', 'cash_clearing', feeNano);

/** What a payment provider keeps of other things than payments; below zero, it gives some back. */
export const balanceFee = (feeNano: bigint): Posting[] => moved('psp_fees', 'cash_clearing', feeNano);

/** A payout left the balance at the payment provider and is on its way; a negative one takes from the bank. */
export const payoutLeft = (amountNano: bigint): Posting[] =>
  moved('cash_in_transit', 'cash_clearing', amountNano);

/** A payout came back to the balance. */
export const payoutReturned = (amountNano: bigint): Posting[] =>
  moved('cash_clearing', 'cash_in_transit', amountNano);

/** A payout arrived at the bank. */
export const payoutArrived = (amountNano: bigint): Posting[] => moved('bank', 'cash_in_transit', amountNano);

/** A payout that had arrived was sent back by the bank. */
export const payoutSentBack = (amountNano: bigint): Posting[] => moved('cash_in_transit', 'bank', amountNano);

/** Money the house put into the balance; below zero, took out of it. */
export const bankDeposit = (amountNano: bigint): Posting[] => moved('cash_clearing', 'bank', amountNano);

/** The provider exchanged what was paid: it is gone in the currency of the payment … */
export const conversionOut = (amountNano: bigint): Posting[] =>
  moved('fx_difference', 'cash_clearing', amountNano);

/** … and is there in that of the balance, less the fee. */
export const conversionIn = (amountNano: bigint, feeNano: bigint): Posting[] => [
  ...moved('cash_clearing', 'fx_difference', amountNano),
  ...moved('psp_fees', 'cash_clearing', feeNano),
];

/** What money received for credit went into; only `roundingNano` may be below zero. */
export interface SoldCredit {
  /** An old debt of the customer, which is paid first. */
  debtNano: bigint;
  /** For later use. */
  creditNano: bigint;
  /** Tax on the credit, where it is due at its sale. */
  taxNano: bigint;
  /** What whole minor units left over. */
  roundingNano: bigint;
}

/** Money received that pays an old debt of the customer first; the rest buys credit, with its tax where that is due. */
export const creditSold = ({ debtNano, creditNano, taxNano, roundingNano }: SoldCredit): Posting[] => [
  ...transfer('cash_clearing', 'receivable', debtNano),
  ...paidCredit(creditNano),
  ...transfer('cash_clearing', 'vat_payable', taxNano),
  ...moved('cash_clearing', 'rounding', roundingNano),
];

/** How much of what is taken back is still credit, and how much the customer now owes; only `roundingNano` may be below zero. */
export interface TakenBack {
  /** Taken from paid lots. */
  fromWalletNano: bigint;
  /** Already spent: owed by the customer. */
  receivableNano: bigint;
  /** Tax of the credit taken, where it was charged at its sale. */
  taxNano: bigint;
  /** What whole minor units left over. */
  roundingNano: bigint;
}

/** A payment given back: the credit it bought goes, with its tax; what was spent of it becomes a debt. */
export const refund = (taken: TakenBack): Posting[] => takenBackInto('cash_clearing', taken);

/** A payment given back that did not reach the payer: as before the refund. */
export const refundReversal = (taken: TakenBack): Posting[] => negate(refund(taken));

/** The payer's bank takes a payment back: the money is gone for now, the claim stands against the customer's credit. */
export const disputeOpened = (taken: TakenBack): Posting[] => [
  ...transfer('disputes', 'cash_clearing', sumOf(taken)),
  ...takenBackInto('disputes', taken),
];

/** The house was right: the money is back, and so is the customer's credit. */
export const disputeWon = (taken: TakenBack): Posting[] => negate(disputeOpened(taken));

/** The house lost: what the customer had spent is the house's loss. */
export const disputeLost = (owedNano: bigint): Posting[] =>
  transfer('chargeback_loss', 'receivable', owedNano);

/** A debt of the customer that will not be collected. */
export const debtWrittenOff = (owedNano: bigint): Posting[] => transfer('bad_debt', 'receivable', owedNano);

/** Money of a debt that had been given up came back after all. */
export const writeOffUndone = (amountNano: bigint): Posting[] =>
  transfer('cash_clearing', 'bad_debt', amountNano);

const takenBackInto = (account: AccountKind, taken: TakenBack): Posting[] => [
  ...transfer('deferred_revenue', account, taken.fromWalletNano),
  ...transfer('receivable', account, taken.receivableNano),
  ...transfer('vat_payable', account, taken.taxNano),
  ...moved('rounding', account, taken.roundingNano),
];

const sumOf = ({ fromWalletNano, receivableNano, taxNano, roundingNano }: TakenBack): bigint =>
  fromWalletNano + receivableNano + taxNano + roundingNano;

/** A transfer, or, below 0, the opposite one. */
const moved = (debit: AccountKind, credit: AccountKind, amountNano: bigint): Posting[] =>
  amountNano < 0n ? transfer(credit, debit, -amountNano) : transfer(debit, credit, amountNano);

/** Debits one account and credits another; nothing for an amount of 0. Throws RangeError below 0. */
function transfer(debit: AccountKind, credit: AccountKind, amountNano: bigint): Posting[] {
  if (amountNano < 0n) throw new RangeError(`a posting cannot be negative: ${amountNano}`);
  if (amountNano === 0n) return [];
  return [
    { account: debit, amountNano },
    { account: credit, amountNano: -amountNano },
  ];
}

/** The opposite postings: what takes a transaction back. */
export const negate = (postings: Posting[]): Posting[] =>
  postings.map(({ account, amountNano }) => ({ account, amountNano: -amountNano }));
