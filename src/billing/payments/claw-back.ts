import type { TakenBack } from '../ledger/posting.js';

/** What lots gave of an amount, and which. */
export interface TakenLots {
  fromWalletNano: bigint;
  takes: LotTake[];
}

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
 * How an amount is taken back from a wallet (C19): what is still there and held by no call is taken, in the order of the
 * lots. Promo and goodwill credit was never paid for and stays.
 */
export function takeBack(amountNano: bigint, availableNano: bigint, lots: readonly PaidLot[]): TakenLots {
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
  return { fromWalletNano, takes };
}

/**
 * Who bears money that is given back: what was taken of the credit that went with it, with its tax; what was spent of the
 * credit is owed by the customer, tax included, because its sale stands; a difference that only rounding made is nobody's.
 */
export function shareOut(
  amountNano: bigint,
  askedNano: bigint,
  { fromWalletNano, taxNano }: Pick<TakenBack, 'fromWalletNano' | 'taxNano'>,
): TakenBack {
  const rest = amountNano - fromWalletNano - taxNano;
  const receivableNano = fromWalletNano < askedNano && rest > 0n ? rest : 0n;
  return { fromWalletNano, taxNano, receivableNano, roundingNano: rest - receivableNano };
}
