/** The money core in a few lines, to hold the database against. Everything in nano. */

export interface ModelWallet {
  balance: bigint;
  held: bigint;
  overdraft: bigint;
  lots: { kind: 'paid' | 'promo' | 'goodwill'; remaining: bigint; expired: boolean; order: number }[];
  /** Charges not yet taken from the lots. */
  pending: bigint;
}

export interface ModelKey {
  wallet: ModelWallet;
  /** Absent: no cap. */
  budget?: { cap: bigint; held: bigint; spent: bigint } | undefined;
}

export interface ModelHold {
  key: ModelKey;
  amount: bigint;
  open: boolean;
  /** Its process is gone. */
  dead: boolean;
}

const PRIORITY = { promo: 0, goodwill: 1, paid: 2 };

/** What placing a hold must answer; moves the money when it is placed. */
export function place(key: ModelKey, amount: bigint): string {
  const { wallet, budget } = key;
  const available = wallet.balance - wallet.held + wallet.overdraft;
  if (amount > available) return amount <= available + wallet.held ? 'in_flight' : 'insufficient_balance';
  if (budget && budget.held + budget.spent + amount > budget.cap) return 'budget_exceeded';
  wallet.held += amount;
  if (budget) budget.held += amount;
  return 'placed';
}

/** Ends a hold at a cost, or without a charge (undefined). Returns what is charged; null when it had ended before. */
export function end(hold: ModelHold, cost: bigint | undefined): bigint | null {
  if (!hold.open) return null;
  hold.open = false;
  const { wallet, budget } = hold.key;
  const available = wallet.balance - wallet.held + wallet.overdraft;
  const most = hold.amount + (available > 0n ? available : 0n);
  const charged = cost === undefined ? 0n : cost < most ? cost : most;
  wallet.held -= hold.amount;
  wallet.balance -= charged;
  wallet.pending += charged;
  if (budget) {
    budget.held -= hold.amount;
    budget.spent += charged;
  }
  return charged;
}

/** Takes every pending charge from the lots. */
export function post(wallet: ModelWallet): void {
  const ordered = [...wallet.lots].sort((a, b) => PRIORITY[a.kind] - PRIORITY[b.kind] || a.order - b.order);
  for (const lot of ordered) {
    const taken = wallet.pending < lot.remaining ? wallet.pending : lot.remaining;
    lot.remaining -= taken;
    wallet.pending -= taken;
  }
  wallet.pending = 0n;
}

/** Takes what is left of expired lots, as far as nothing holds it. */
export function expire(wallet: ModelWallet): void {
  for (const lot of wallet.lots.filter(({ expired }) => expired)) {
    const free = wallet.balance - wallet.held;
    const taken = free <= 0n ? 0n : free < lot.remaining ? free : lot.remaining;
    lot.remaining -= taken;
    wallet.balance -= taken;
  }
}
