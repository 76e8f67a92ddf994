import fc from 'fast-check';
import {
  creditSold,
  disputeLost,
  disputeOpened,
  disputeWon,
  refund,
  type Posting,
} from '../ledger/posting.js';
import { shareOut, takeBack } from './claw-back.js';

const nano = fc.bigInt({ min: 0n, max: 10n ** 12n });
const lots = fc
  .array(nano, { maxLength: 5 })
  .map((amounts) => amounts.map((remainingNano, index) => ({ id: `lot-${index}`, remainingNano })));
const small = fc.bigInt({ min: -10_000_000n, max: 10_000_000n });
const sum = (values: bigint[]) => values.reduce((total, value) => total + value, 0n);
const balanced = (postings: Posting[]) => expect(sum(postings.map(({ amountNano }) => amountNano))).toBe(0n);

it('C19: takes min(available, amount) from what was bought, never more than a lot has', () => {
  fc.assert(
    fc.property(
      nano,
      fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
      lots,
      (amount, available, owned) => {
        const { fromWalletNano, takes } = takeBack(amount, available, owned);
        expect(sum(takes.map((take) => take.amountNano))).toBe(fromWalletNano);
        const bought = sum(owned.map(({ remainingNano }) => remainingNano));
        const most = [amount, available > 0n ? available : 0n, bought].reduce((a, b) => (a < b ? a : b));
        expect(fromWalletNano).toBe(most);
        takes.forEach((take) => expect(take.amountNano > 0n).toBe(true));
      },
    ),
  );
});

it('C19: owes exactly the rest; with its tax what was spent, and nobody what only rounding left', () => {
  fc.assert(
    fc.property(nano, nano, nano, nano, (amount, asked, taken, taxNano) => {
      const fromWalletNano = taken < asked ? taken : asked;
      const shared = shareOut(amount, asked, { fromWalletNano, taxNano });
      expect(shared.fromWalletNano + shared.taxNano + shared.receivableNano + shared.roundingNano).toBe(
        amount,
      );
      expect(shared.receivableNano).toBeGreaterThanOrEqual(0n);
      if (fromWalletNano === asked) expect(shared.receivableNano).toBe(0n);
      else if (shared.receivableNano > 0n) expect(shared.roundingNano).toBe(0n);
    }),
  );
  const untaxed = shareOut(10n, 10n, { fromWalletNano: 4n, taxNano: 0n });
  expect(untaxed).toEqual({ fromWalletNano: 4n, taxNano: 0n, receivableNano: 6n, roundingNano: 0n });
});

it('posts every way money can come back so that it adds up, and undoes a dispute that is won exactly', () => {
  fc.assert(
    fc.property(nano, nano, nano, small, (fromWalletNano, receivableNano, taxNano, rounding) => {
      const roundingNano = -rounding <= fromWalletNano + receivableNano + taxNano ? rounding : 0n;
      const taken = { fromWalletNano, receivableNano, taxNano, roundingNano };
      [refund(taken), disputeOpened(taken), disputeWon(taken), disputeLost(receivableNano)].forEach(balanced);
      balanced(creditSold({ debtNano: receivableNano, creditNano: fromWalletNano, taxNano, roundingNano }));
      const both = [...disputeOpened(taken), ...disputeWon(taken)];
      for (const { account } of both) {
        expect(sum(both.filter((entry) => entry.account === account).map((entry) => entry.amountNano))).toBe(
          0n,
        );
      }
    }),
  );
});
