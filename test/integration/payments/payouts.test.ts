import pg from 'pg';
import { uuidv7 } from '../../../src/core/ids.js';
import { PAYMENT_CHECKS } from '../../../src/billing/audit/payment-checks.js';
import { BalanceImport } from '../../../src/billing/payments/payouts/balance-import.service.js';
import { expectOrder, startStripeStage, type StripeStage } from '../../support/stripe-stage.js';

let stage: StripeStage;
beforeAll(async () => {
  stage = await startStripeStage();
});
afterEach(() => expectOrder(stage));
afterAll(() => stage.close());

const importBalance = () => stage.api.app.get(BalanceImport).run();
const buy = async (amount = '100') => {
  const payer = await stage.createPayer();
  const { body } = await stage.topUp(payer, amount);
  await stage.deliver();
  return { payer, payment: body.payment as string };
};
const accounts = async () =>
  Object.fromEntries(
    (
      await stage.api.sql(
        `select a.kind, sum(e.amount_nano)::text as nano from ledger_entry e join ledger_account a on a.id = e.account_id
         where a.kind in ('bank', 'cash_clearing', 'cash_in_transit', 'psp_fees') and a.currency = 'USD' group by 1`,
      )
    ).map(({ kind, nano }) => [kind, BigInt(nano as string) / 10_000_000n]),
  );
/** What Stripe itself says its balance is, in cents. */
const balanceAtStripe = (): bigint =>
  stage.stripe.state.balance.transactions.reduce((sum, { net }) => sum + BigInt(net), 0n);
const movements = async (query = '') =>
  (await stage.api.get(`/finance/v1/balance-transactions?limit=100${query}`, 'auditor')).body.data as Record<
    string,
    string
  >[];

describe('the balance at Stripe', () => {
  it('is PSP clearing to the cent: payments, refunds, disputes with their fees, payouts on their way and arrived', async () => {
    const { state } = stage.stripe;
    const kept = await buy();
    await stage.api.post(
      `/finance/v1/payments/${kept.payment}/refunds`,
      { amount: '25', reason: 'test' },
      'finance',
    );
    await buy('50');
    const disputed = state.openDispute([...state.intents.values()].at(-1)?.id ?? '');
    await stage.deliver();
    await importBalance();
    expect((await accounts())['cash_clearing']).toBe(balanceAtStripe());
    // 3.20 and 1.75 for the payments, 15.00 for the dispute.
    expect((await accounts())['psp_fees']).toBe(1_995n);
    state.closeDispute(disputed.id, 'won');
    await stage.deliver();
    await importBalance();
    const before = balanceAtStripe();
    expect((await accounts())['cash_clearing']).toBe(before);

    const payout = state.balance.payOut();
    await stage.deliver();
    await importBalance();
    expect(await accounts()).toMatchObject({ cash_clearing: 0n, cash_in_transit: before });
    expect((await stage.api.get('/finance/v1/payouts', 'auditor')).body.data[0]).toMatchObject({
      provider_reference: payout.id,
      status: 'in_transit',
      currency: 'USD',
    });
    state.balance.end(payout.id, 'paid');
    await stage.deliver();
    expect(await accounts()).toMatchObject({ cash_clearing: 0n, cash_in_transit: 0n, bank: before });
    const parts = await movements(`&payout=${payout.id}`);
    expect(parts.map(({ subject }) => subject).toSorted((a = '', b = '') => a.localeCompare(b))).toEqual([
      'dispute',
      'dispute_won',
      'payment',
      'payment',
      'refund',
    ]);
  });

  it('takes a payout back that the bank sends back, also without any webhook', async () => {
    await buy();
    const payout = stage.stripe.state.balance.payOut();
    await importBalance();
    const before = await accounts();
    stage.stripe.state.balance.end(payout.id, 'paid');
    await importBalance();
    stage.stripe.state.balance.end(payout.id, 'failed');
    await importBalance();
    await importBalance();
    expect(await accounts()).toEqual({
      ...before,
      cash_clearing: balanceAtStripe(),
      cash_in_transit: 0n,
    });
    await stage.deliver();
  });

  it('books fees of the account, leaves open what it does not know, and books that as finance says', async () => {
    const { balance } = stage.stripe.state;
    balance.move({ type: 'stripe_fee', category: 'fee', amount: -700, currency: 'usd', source: null });
    const other = balance.move({
      type: 'transfer',
      category: 'transfer',
      amount: -900,
      currency: 'usd',
      source: null,
    });
    await importBalance();
    const before = await accounts();
    expect((await movements('&status=open')).map(({ id }) => id)).toEqual([other.id]);
    const assign = (id: string, body: object, role: 'finance' | 'support' = 'finance') =>
      stage.api.post(`/finance/v1/balance-transactions/${id}/assign`, body, role);
    const order = { as: 'deposit', reason: 'moved to the other account' };
    expect((await assign(other.id, order, 'support')).status).toBe(403);
    expect((await assign(other.id, { as: 'gift', reason: 'x' })).body.error.param).toBe('as');
    expect((await assign('txn_nobody', order)).status).toBe(404);
    expect((await assign(other.id, order)).body).toMatchObject({
      subject: 'deposit',
      amount: '-9.000000000',
    });
    expect((await assign(other.id, order)).status).toBe(409);
    const after = await accounts();
    expect((after['bank'] ?? 0n) - (before['bank'] ?? 0n)).toBe(900n);
    expect(after['cash_clearing']).toBe(balanceAtStripe());
  });

  it('that keeps another currency is converted in both, and leaves nothing in the currency that was paid', async () => {
    const { state } = stage.stripe;
    const organization = (await stage.api.post('/organizations', { name: 'Euro', currency: 'EUR' })).body;
    await stage.api.post(`/organizations/${organization.id}/payment-methods`, {
      provider: 'stripe',
      token: 'pm_card_visa',
    });
    // Stripe says the fee of such a payment in its own currency, which is not the payment's to book.
    const list = state.balance.transactions;
    const move = state.balance.move.bind(state.balance);
    state.balance.move = (movement) =>
      move({ ...movement, currency: 'usd', amount: Math.round(movement.amount * 1.234) });
    await stage.api.call({
      method: 'post',
      path: `/organizations/${organization.id}/top-ups`,
      body: { amount: '10' },
    });
    state.balance.move = move;
    expect(list.at(-1)).toMatchObject({ currency: 'usd', amount: 1_234, fee: 59 });
    await stage.deliver();
    await importBalance();
    const rows = await stage.api.sql(
      `select a.kind, a.currency, (sum(e.amount_nano) / 10000000)::int as cents from ledger_entry e
         join ledger_account a on a.id = e.account_id where a.kind in ('cash_clearing', 'fx_difference') and a.currency = 'EUR'
         group by 1, 2 order by 1`,
    );
    expect(rows).toEqual([
      { kind: 'cash_clearing', currency: 'EUR', cents: 0 },
      { kind: 'fx_difference', currency: 'EUR', cents: 1_000 },
    ]);
    expect((await accounts())['cash_clearing']).toBe(balanceAtStripe());
  });

  it('crash point C21: a payment that a restored database never knew is found, and credited once by finance', async () => {
    const { state } = stage.stripe;
    const payer = await stage.createPayer();
    const card = [...state.methods.values()].at(-1);
    const lost = state.createIntent({
      amount: 4_000,
      currency: 'usd',
      customer: card?.customer ?? '',
      method: card?.id ?? '',
      // The attempt was made after the backup.
      metadata: { faregate_attempt: uuidv7() },
    });
    state.confirmIntent(lost.id);
    await stage.deliver();
    await importBalance();
    const [open] = await movements('&status=open');
    expect(open).toMatchObject({ type: 'charge', source: lost.id, amount: '40.000000000', subject: null });
    const give = (amount: string) =>
      stage.api.post(`/organizations/${payer.id}/credits`, {
        kind: 'paid',
        amount,
        currency: 'USD',
        reason: `Payment ${lost.id}`,
      });
    const assign = (credit: string | undefined, as = 'credit') =>
      stage.api.post(
        `/finance/v1/balance-transactions/${open?.['id'] ?? ''}/assign`,
        { as, credit, reason: 'restored' },
        'finance',
      );
    const right = (await give('40')).body.id as string;
    expect((await assign(undefined)).body.error.param).toBe('credit');
    expect((await assign(right, 'fee')).body.error.param).toBe('credit');
    expect((await assign(right)).body).toMatchObject({ subject: 'credit' });
    expect((await assign(right)).status).toBe(409);
    expect(await stage.balanceOf(payer)).toBe('40.000000000');
    expect((await accounts())['cash_clearing']).toBe(balanceAtStripe());
  });

  it('books the fee of a payment that Stripe says only later', async () => {
    const { payment } = await buy('30');
    const hex = payment.replace('pay_', '');
    const [row] = await stage.api.sql(
      `select id::text as id from payment_attempt where replace(id::text, '-', '') = $1`,
      [hex],
    );
    const client = new pg.Client({ connectionString: stage.api.databaseUrl });
    await client.connect();
    // As if the fee had been unknown when the payment succeeded.
    await client.query('begin; set local session_replication_role = replica');
    await client.query('update payment_attempt set fee_minor = null where id = $1', [row?.['id']]);
    const key = `payment_fee:${row?.['id'] as string}`;
    await client.query(
      'delete from ledger_entry where transaction_id in (select id from ledger_transaction where idempotency_key = $1)',
      [key],
    );
    await client.query('delete from ledger_transaction where idempotency_key = $1', [key]);
    await client.query('commit');
    await client.end();
    await importBalance();
    expect(
      await stage.api.sql('select fee_minor::int as fee from payment_attempt where id = $1', [row?.['id']]),
    ).toEqual([{ fee: 117 }]);
  });

  it('goes on after Stripe failed, reads pages to their end, and books nothing twice', async () => {
    const { balance } = stage.stripe.state;
    for (let count = 0; count < 120; count++)
      balance.move({ type: 'stripe_fee', category: 'fee', amount: -1, currency: 'usd', source: null });
    stage.stripe.failNext(/GET \/v1\/balance_transactions/, '500-before');
    await expect(importBalance()).rejects.toThrow();
    await importBalance();
    const once = await accounts();
    await importBalance();
    expect(await accounts()).toEqual(once);
    expect(once['cash_clearing']).toBe(balanceAtStripe());
  });

  it('is reported day by day', async () => {
    const { body } = await stage.api.get(
      '/finance/v1/reports/psp-settlement?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z',
      'auditor',
    );
    const usd = body.data.filter(({ currency }: { currency: string }) => currency === 'USD').at(-1);
    expect(usd).toMatchObject({ open: 0 });
    expect(BigInt((usd.closing as string).replace('.', '')) / 10_000_000n).toBe(balanceAtStripe());
    const bad = await stage.api.get(
      '/finance/v1/reports/psp-settlement?from=2021-01-01T00:00:00Z&to=2020-01-01T00:00:00Z',
    );
    expect([bad.status, bad.body.error.param]).toEqual([400, 'to']);
  });
});

it.each([
  [
    'a movement is not what its journals moved',
    `update balance_transaction set net_nano = net_nano + 1 where type = 'charge'`,
  ],
  [
    'a movement is of nothing for long',
    `update balance_transaction set subject = null, subject_id = null, recorded_at = now() - interval '2 days' where type = 'charge'`,
  ],
  [
    'a payout does not consist of its parts',
    'update payout set amount_nano = amount_nano + 1 where composed',
  ],
  [
    'a payout that arrived is not at the bank',
    `delete from ledger_transaction where idempotency_key like 'payout_paid:%'`,
  ],
  [
    'a payment never came to the balance',
    `update balance_transaction set occurred_at = occurred_at + interval '9 days' where type <> 'charge';
     update balance_transaction set occurred_at = occurred_at - interval '9 days' where type = 'payout';
     delete from balance_transaction where type = 'charge'`,
  ],
])('I28 fires when %s', async (_, corruption) => {
  const check = PAYMENT_CHECKS.find(({ id }) => id === 'I28')?.sql ?? '';
  const client = new pg.Client({ connectionString: stage.api.databaseUrl });
  await client.connect();
  try {
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    await client.query('alter table balance_transaction drop constraint balance_transaction_check');
    await client.query(corruption);
    expect((await client.query(check)).rows.length).toBeGreaterThan(0);
  } finally {
    await client.query('rollback');
    await client.end();
  }
});
