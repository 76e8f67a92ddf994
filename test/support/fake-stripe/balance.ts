import type Stripe from 'stripe';
import { newId } from './objects.js';

export type FakeBalanceTransaction = Pick<
  Stripe.BalanceTransaction,
  | 'id'
  | 'object'
  | 'amount'
  | 'available_on'
  | 'created'
  | 'currency'
  | 'description'
  | 'exchange_rate'
  | 'fee'
  | 'net'
  | 'reporting_category'
  | 'status'
  | 'type'
> & { source: string | null };

export type FakePayout = Pick<
  Stripe.Payout,
  | 'id'
  | 'object'
  | 'amount'
  | 'arrival_date'
  | 'automatic'
  | 'created'
  | 'currency'
  | 'failure_message'
  | 'livemode'
  | 'method'
  | 'status'
  | 'type'
> & { balance_transaction: string | null };

interface Movement {
  type: string;
  category: string;
  amount: number;
  currency: string;
  fee?: number;
  source: string | null;
}

const DAY_S = 86_400;

/** The account's balance: every movement in it, and what leaves it for the bank. */
export class FakeBalance {
  readonly transactions: FakeBalanceTransaction[] = [];
  readonly payouts = new Map<string, FakePayout>();
  /** What automatic payouts consist of. */
  private readonly parts = new Map<string, string[]>();
  private readonly paidOut = new Set<string>();

  constructor(
    private readonly announce: (type: string, object: object) => void,
    private readonly now: () => number,
  ) {}

  move({ type, category, amount, currency, fee = 0, source }: Movement): FakeBalanceTransaction {
    const created = Math.floor(this.now() / 1_000);
    const transaction: FakeBalanceTransaction = {
      id: newId('txn'),
      object: 'balance_transaction',
      amount,
      available_on: created + 2 * DAY_S,
      created,
      currency,
      description: null,
      exchange_rate: null,
      fee,
      net: amount - fee,
      reporting_category: category,
      source,
      status: 'available',
      type,
    };
    this.transactions.push(transaction);
    return transaction;
  }

  /** Pays out all that no payout has taken yet, as the account's schedule does. */
  payOut(currency = 'usd'): FakePayout {
    const open = this.transactions.filter(
      (one) => one.currency === currency && one.type !== 'payout' && !this.paidOut.has(one.id),
    );
    for (const { id } of open) this.paidOut.add(id);
    const created = Math.floor(this.now() / 1_000);
    const payout: FakePayout = {
      id: newId('po'),
      object: 'payout',
      amount: open.reduce((sum, { net }) => sum + net, 0),
      arrival_date: created + 2 * DAY_S,
      automatic: true,
      balance_transaction: null,
      created,
      currency,
      failure_message: null,
      livemode: false,
      method: 'standard',
      status: 'in_transit',
      type: 'bank_account',
    };
    this.payouts.set(payout.id, payout);
    const own = this.move({
      type: 'payout',
      category: 'payout',
      amount: -payout.amount,
      currency,
      source: payout.id,
    });
    payout.balance_transaction = own.id;
    this.parts.set(payout.id, [own.id, ...open.map(({ id }) => id)]);
    this.announce('payout.created', payout);
    return payout;
  }

  /** The bank takes a payout, or sends it back. */
  end(id: string, status: 'paid' | 'failed'): void {
    const payout = this.payouts.get(id);
    if (!payout) throw new Error(`no such payout: ${id}`);
    payout.status = status;
    if (status === 'failed') {
      payout.failure_message = 'The bank account has been closed.';
      const { amount, currency } = payout;
      this.move({ type: 'payout_failure', category: 'payout_reversal', amount, currency, source: id });
    }
    this.announce(`payout.${status}`, payout);
  }

  /** Newest first, a page at a time, as the API lists them. */
  list(query: URLSearchParams, sources: (id: string) => object | null): object {
    const payout = query.get('payout');
    const parts = payout === null ? null : (this.parts.get(payout) ?? []);
    const found = this.transactions
      .filter(
        ({ id, created }) =>
          created >= Number(query.get('created[gte]') ?? 0) && (parts === null || parts.includes(id)),
      )
      .reverse();
    const after = query.get('starting_after');
    const from = after === null ? 0 : found.findIndex(({ id }) => id === after) + 1;
    const limit = Math.min(Number(query.get('limit') ?? 10), 100);
    const isExpanded = query.get('expand[0]') === 'data.source';
    const data = found.slice(from, from + limit).map((one) => ({
      ...one,
      source: isExpanded && one.source !== null ? sources(one.source) : one.source,
    }));
    return { object: 'list', url: '/v1/balance_transactions', has_more: found.length > from + limit, data };
  }
}
