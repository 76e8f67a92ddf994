/**
 * The test cards of the sandbox: the tokens, brands, last four digits and refusals of Stripe's test payment
 * methods (docs.stripe.com/testing).
 */
export interface SandboxCard {
  brand: string;
  last4: string;
  /** Why the card is refused when it is attached; absent when it is taken. */
  declinedOnAttach?: string;
  /** Why a charge of the attached card fails; absent when it succeeds. */
  declinedOnCharge?: string;
  /** The bank's code for that; absent: `generic_decline`. */
  declineCode?: string;
  /** The bank asks the payer to authenticate every charge. */
  asksToAuthenticate?: boolean;
  /** Why the bank takes every charge back at once; absent: it does not. */
  disputedAs?: string;
  /** Its date of expiry has passed. */
  expired?: boolean;
}

const card = (brand: string, digits: string, more: Partial<SandboxCard> = {}): SandboxCard => ({
  brand,
  last4: digits,
  ...more,
});
const declined = (digits: string, declinedOnAttach: string): SandboxCard =>
  card('visa', digits, { declinedOnAttach });

const GENERIC = 'Your card was declined.';
const CARDS: Readonly<Record<string, SandboxCard>> = {
  pm_card_visa: card('visa', '4242'),
  pm_card_visa_debit: card('visa', '5556'),
  pm_card_mastercard: card('mastercard', '4444'),
  pm_card_mastercard_debit: card('mastercard', '8210'),
  pm_card_mastercard_prepaid: card('mastercard', '5100'),
  pm_card_amex: card('amex', '0005'),
  pm_card_discover: card('discover', '1117'),
  pm_card_diners: card('diners', '0004'),
  pm_card_jcb: card('jcb', '0505'),
  pm_card_unionpay: card('unionpay', '0005'),
  pm_card_chargeDeclined: declined('0002', GENERIC),
  pm_card_chargeDeclinedInsufficientFunds: declined('9995', 'Your card has insufficient funds.'),
  pm_card_chargeDeclinedLostCard: declined('9987', GENERIC),
  pm_card_chargeDeclinedStolenCard: declined('9979', GENERIC),
  pm_card_chargeDeclinedExpiredCard: declined('0069', 'Your card has expired.'),
  pm_card_chargeDeclinedIncorrectCvc: declined('0127', "Your card's security code is incorrect."),
  pm_card_chargeDeclinedProcessingError: declined('0119', 'An error occurred while processing your card.'),
  pm_card_chargeDeclinedVelocityLimitExceeded: declined(
    '6975',
    'Your card was declined for making repeated attempts too frequently.',
  ),
  pm_card_chargeCustomerFail: card('visa', '0341', { declinedOnCharge: GENERIC }),
  pm_card_authenticationRequired: card('visa', '3184', { asksToAuthenticate: true }),
  pm_card_threeDSecureRequired: card('visa', '3063', { asksToAuthenticate: true }),
  pm_card_createDispute: card('visa', '0259', { disputedAs: 'fraudulent' }),
  pm_card_createDisputeProductNotReceived: card('visa', '2685', { disputedAs: 'product_not_received' }),
  pm_card_expired: card('visa', '4241', { expired: true }),
};

/** The card behind a sandbox token; null when there is none. Stripe names some with the brand in front. */
export function findSandboxCard(token: string): SandboxCard | null {
  const name = token.replace(/^pm_card_visa_(?=chargeDeclined)/, 'pm_card_');
  return Object.hasOwn(CARDS, name) ? (CARDS[name] ?? null) : null;
}

/** The reference of an attached sandbox card: its token and our id, so that its behaviour needs no table. */
export const sandboxReference = (token: string, id: string): string => `${token}:${id}`;
