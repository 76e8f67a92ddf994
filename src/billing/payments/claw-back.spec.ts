import fc from 'fast-check';
import {
  disputeLost,
  disputeOpened,
  disputeWon,
  paidCreditAfterDebt,
  refund,
  type Posting,
} from '../ledger/posting.js';
import { takeBack } from './claw-back.js';

const nano = fc.bigInt({ min: 0n, max: 10n ** 12n });
const lots = fc
  .array(nano, { maxLength: 5 })
  .map((amounts) => amounts.map((remainingNano, index) => ({ id: `lot-${index}`, remainingNano })));
const sum = (values: bigint[]) => values.reduce((total, value) => total + value, 0n);
const balanced = (postings: Posting[]) => expect(sum(postings.map(({ amountNano }) => amountNano))).toBe(0n);

it('C19: takes min(available, amount) from what was bought, never more than a lot has, and owes exactly the rest', () => {
  fc.assert(
    fc.property(
      nano,
      fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
      lots,
      (amount, available, owned) => {
        const { fromWalletNano, receivableNano, takes } = takeBack(amount, available, owned);
        expect(fromWalletNano + receivableNano).toBe(amount);
        expect(sum(takes.map((take) => take.amountNano))).toBe(fromWalletNano);
        const bought = sum(owned.map(({ remainingNano }) => remainingNano));
        const most = [amount, available > 0n ? available : 0n, bought].reduce((a, b) => (a < b ? a : b));
        expect(fromWalletNano).toBe(most);
        takes.forEach((take) => expect(take.amountNano > 0n).toBe(true));
      },
    ),
  );
});

it('posts every way money can come back so that it adds up, and undoes a dispute that is won exactly', () => {
  fc.assert(
    fc.property(nano, nano, (fromWalletNano, receivableNano) => {
      const taken = { fromWalletNano, receivableNano };
      [refund(taken), disputeOpened(taken), disputeWon(taken), disputeLost(receivableNano)].forEach(balanced);
      balanced(paidCreditAfterDebt(fromWalletNano + receivableNano, receivableNano));
      const both = [...disputeOpened(taken), ...disputeWon(taken)];
      for (const { account } of both) {
        expect(sum(both.filter((entry) => entry.account === account).map((entry) => entry.amountNano))).toBe(
          0n,
        );
      }
    }),
  );
});
