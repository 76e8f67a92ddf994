import type { TakenBack } from '../ledger/posting.js';

/** A lot of bought credit that can still be taken back. */
export interface PaidLot {
  /** UUID of the credit grant. */
  id: string;
  remainingNano: bigint;
}

/** What is taken from which lot. */
export interface LotTake {
  lotId: string;
  amountNano: bigint;
}

/**
 * How an amount is taken back from a wallet (C19): what is still there and held by no call is taken, newest lot first;
 * the rest was spent and is owed. Promo and goodwill credit was never paid for and stays.
 */
export function takeBack(
  amountNano: bigint,
  availableNano: bigint,
  lots: readonly PaidLot[],
): TakenBack & { takes: LotTake[] } {
  let open = amountNano < availableNano ? amountNano : availableNano;
  if (open < 0n) open = 0n;
  const takes: LotTake[] = [];
  for (const { id, remainingNano } of lots) {
    const taken = open < remainingNano ? open : remainingNano;
    if (taken <= 0n) continue;
    takes.push({ lotId: id, amountNano: taken });
    open -= taken;
  }
  const fromWalletNano = takes.reduce((sum, take) => sum + take.amountNano, 0n);
  return { fromWalletNano, receivableNano: amountNano - fromWalletNano, takes };
}
