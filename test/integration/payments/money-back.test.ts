import { spend, admissionOf } from '../../support/spend.js';
import { expectOrder, startStripeStage, type Payer, type StripeStage } from '../../support/stripe-stage.js';

let stage: StripeStage;
beforeAll(async () => {
  stage = await startStripeStage();
});
afterEach(() => expectOrder(stage));
afterAll(() => stage.close());

const DOLLAR = 1_000_000_000n;
const intent = () => [...stage.stripe.state.intents.values()].at(-1)?.id ?? '';
const admission = (payer: Payer) => admissionOf(stage.api.databaseUrl, payer.uuid);

/** A payer who bought 10 dollars and spent so many. */
async function createSpender(spent: bigint): Promise<{ payer: Payer; payment: string }> {
  const payer = await stage.createPayer();
  const { body } = await stage.topUp(payer, '10');
  if (spent > 0n) await spend(stage.api.databaseUrl, payer.uuid, spent * DOLLAR);
  await stage.deliver();
  return { payer, payment: body.payment as string };
}
const refund = (payment: string, body: object, headers: Record<string, string> = {}) =>
  stage.api.call({
    method: 'post',
    path: `/finance/v1/payments/${payment}/refunds`,
    body,
    headers,
    role: 'finance',
  });

/** What the ledger says of an account kind of one organization, in dollars. */
async function ledger(payer: Payer, kind: string): Promise<number> {
  const [row] = await stage.api.sql(
    `select coalesce(sum(e.amount_nano), 0)::text as nano from ledger_entry e join ledger_account a on a.id = e.account_id
       join ledger_transaction t on t.id = e.transaction_id where a.kind = $2 and t.organization_id = $1 and t.kind <> 'payment_fee'`,
    [payer.uuid, kind],
  );
  return Number(BigInt(row?.['nano'] as string)) / Number(DOLLAR);
}
const books = async (payer: Payer, kinds: string[]) => {
  const found: Record<string, number> = {};
  for (const kind of kinds) found[kind] = await ledger(payer, kind);
  return found;
};

describe('a refund', () => {
  it('of unused credit takes the credit and gives the money back', async () => {
    const { payer, payment } = await createSpender(0n);
    const answer = await refund(payment, { amount: '4', reason: 'too much' });
    expect([answer.status, answer.body]).toEqual([
      201,
      expect.objectContaining({ object: 'refund', payment, amount: '4.000000000', status: 'succeeded' }),
    ]);
    expect(await stage.balanceOf(payer)).toBe('6.000000000');
    expect(await stage.walletStatus(payer)).toBe('active');
    expect(await books(payer, ['cash_clearing', 'deferred_revenue', 'receivable'])).toEqual({
      cash_clearing: 6,
      deferred_revenue: -6,
      receivable: 0,
    });
    await stage.deliver();
    expect((await refund(payment, { reason: 'the rest' })).body).toMatchObject({ amount: '6.000000000' });
    expect((await refund(payment, { reason: 'more' })).body.error).toMatchObject({ param: 'amount' });
    expect((await stage.api.get(`/finance/v1/payments/${payment}/refunds`)).body.data).toHaveLength(2);
  });

  it('crash point C19: of spent credit takes what is left, makes a debt of the rest and stops the keys until it is paid', async () => {
    const { payer, payment } = await createSpender(6n);
    await refund(payment, { reason: 'all of it' });
    expect(await stage.balanceOf(payer)).toBe('0.000000000');
    expect(await books(payer, ['cash_clearing', 'deferred_revenue', 'receivable', 'revenue'])).toEqual({
      cash_clearing: 0,
      deferred_revenue: 0,
      receivable: 6,
      revenue: -6,
    });
    expect(await admission(payer)).toBe('wallet_blocked');
    await stage.topUp(payer, '5');
    expect([await stage.balanceOf(payer), await admission(payer)]).toEqual(['0.000000000', 'wallet_blocked']);
    await stage.topUp(payer, '5');
    expect([await stage.balanceOf(payer), await admission(payer)]).toEqual(['4.000000000', 'placed']);
    expect(await ledger(payer, 'receivable')).toBe(0);
  });

  it('that the bank sends back gives the credit back', async () => {
    const { payer, payment } = await createSpender(6n);
    await refund(payment, { reason: 'all of it' });
    const made = [...stage.stripe.state.refunds.values()].at(-1)?.id ?? '';
    await stage.deliver();
    stage.stripe.state.failRefund(made);
    await stage.deliver();
    expect(await stage.balanceOf(payer)).toBe('4.000000000');
    expect(await admission(payer)).toBe('placed');
    expect(await books(payer, ['cash_clearing', 'receivable'])).toEqual({ cash_clearing: 10, receivable: 0 });
    const { body } = await stage.api.get(`/finance/v1/payments/${payment}/refunds`);
    expect(body.data).toMatchObject([{ status: 'failed', failure_message: 'expired_or_canceled_card' }]);
  });

  it('made in the dashboard of Stripe is booked like one of ours, once', async () => {
    const { payer } = await createSpender(0n);
    stage.stripe.state.createRefund({ intent: intent(), amount: 250, metadata: {} });
    await stage.deliver((events) => [...events, ...events]);
    expect(await stage.balanceOf(payer)).toBe('7.500000000');
  });

  it.each(['drop-before', 'drop-after', '500-after', '429'] as const)(
    'whose outcome nobody knows (%s) is made once, when that is known',
    async (fault) => {
      const { payer, payment } = await createSpender(0n);
      const before = stage.stripe.state.refunds.size;
      stage.stripe.failNext(/POST \/v1\/refunds/, fault);
      expect((await refund(payment, { amount: '4', reason: 'x' })).body).toMatchObject({ status: 'unknown' });
      expect(await stage.balanceOf(payer)).toBe('6.000000000');
      await stage.sweep();
      expect(stage.stripe.state.refunds.size).toBe(before + 1);
      const { body } = await stage.api.get(`/finance/v1/payments/${payment}/refunds`);
      expect(body.data).toMatchObject([{ status: 'succeeded' }]);
      await stage.deliver();
      expect(await stage.balanceOf(payer)).toBe('6.000000000');
    },
  );

  it('with the same Idempotency-Key is made once; of a payment that failed, or by a foreign role, never', async () => {
    const { payer, payment } = await createSpender(0n);
    const key = { 'idempotency-key': 'refund once' };
    const first = await refund(payment, { amount: '1', reason: 'x' }, key);
    expect((await refund(payment, { amount: '1', reason: 'x' }, key)).body).toEqual(first.body);
    expect(await stage.balanceOf(payer)).toBe('9.000000000');
    const call = {
      method: 'post' as const,
      path: `/finance/v1/payments/${payment}/refunds`,
      body: { reason: 'x' },
    };
    expect((await stage.api.call({ ...call, role: 'support' })).status).toBe(403);
    const declined = await stage.createPayer('pm_card_chargeCustomerFail');
    await stage.topUp(declined, '1');
    const { body } = await stage.api.get(`/organizations/${declined.id}/top-ups`);
    expect((await refund(body.data[0].payment, { reason: 'x' })).body.error).toMatchObject({
      code: 'payment_not_succeeded',
    });
  });

  it.each([
    [{ amount: '0', reason: 'x' }, 'amount'],
    [{ amount: '-1', reason: 'x' }, 'amount'],
    [{ amount: '1.001', reason: 'x' }, 'amount'],
    [{ amount: '11', reason: 'x' }, 'amount'],
    [{ amount: '1' }, 'reason'],
  ])('ordered as %j is refused, naming %s', async (body, param) => {
    const { payer, payment } = await createSpender(0n);
    const answer = await refund(payment, body);
    expect([answer.status, answer.body.error.param]).toEqual([400, param]);
    expect(await stage.balanceOf(payer)).toBe('10.000000000');
  });
});

describe('a dispute', () => {
  it('takes the credit, and what was spent is the loss of the house when it is lost', async () => {
    const { payer, payment } = await createSpender(6n);
    const { id } = stage.stripe.state.openDispute(intent());
    await stage.deliver();
    expect(await stage.balanceOf(payer)).toBe('0.000000000');
    expect(await stage.methodStatus(payer)).toBe('blocked');
    expect(await books(payer, ['cash_clearing', 'disputes', 'receivable'])).toEqual({
      cash_clearing: 0,
      disputes: 0,
      receivable: 6,
    });
    stage.stripe.state.closeDispute(id, 'lost');
    await stage.deliver((events) => [...events, ...events]);
    expect(await books(payer, ['chargeback_loss', 'receivable'])).toEqual({
      chargeback_loss: 6,
      receivable: 0,
    });
    expect(await admission(payer)).toBe('wallet_blocked');
    const { body } = await stage.api.get(`/finance/v1/payments/${payment}/disputes`);
    expect(body.data).toMatchObject([{ status: 'lost', reason: 'fraudulent', amount: '10.000000000' }]);
    // Finance lets the customer go on, with another card.
    const path = `/finance/v1/organizations/${payer.id}/wallet/release`;
    expect((await stage.api.post(path, { reason: 'settled' }, 'finance')).body).toMatchObject({
      written_off: '0.000000000',
    });
    await stage.api.post(`/organizations/${payer.id}/payment-methods`, {
      provider: 'stripe',
      token: 'pm_card_visa',
    });
    await stage.topUp(payer, '1');
    expect(await admission(payer)).toBe('placed');
  });

  it('that is won leaves everything as it was', async () => {
    const { payer } = await createSpender(6n);
    const before = await books(payer, [
      'cash_clearing',
      'deferred_revenue',
      'disputes',
      'receivable',
      'revenue',
    ]);
    const { id } = stage.stripe.state.openDispute(intent());
    stage.stripe.state.closeDispute(id, 'won');
    await stage.deliver((events) => events.reverse());
    expect(await stage.balanceOf(payer)).toBe('4.000000000');
    expect(await books(payer, Object.keys(before))).toEqual(before);
    expect([await stage.methodStatus(payer), await admission(payer)]).toEqual(['active', 'placed']);
  });

  it('heard of before the payment itself is booked after it', async () => {
    const payer = await stage.createPayer('pm_card_authenticationRequired');
    await stage.topUp(payer, '10');
    stage.stripe.webhooks.drop();
    stage.stripe.state.authenticate(intent());
    stage.stripe.state.openDispute(intent());
    await stage.deliver((events) => events.reverse());
    await stage.sweep();
    expect(await stage.balanceOf(payer)).toBe('0.000000000');
    expect(await admission(payer)).toBe('wallet_blocked');
  });

  it('that is only asked about takes nothing', async () => {
    const { payer } = await createSpender(0n);
    stage.stripe.state.openDispute(intent(), 'warning_needs_response');
    await stage.deliver();
    expect([await stage.balanceOf(payer), await admission(payer)]).toEqual(['10.000000000', 'placed']);
  });
});

it('a debt that nobody will collect is written off by finance, and the keys work again', async () => {
  const { payer, payment } = await createSpender(6n);
  await refund(payment, { reason: 'all of it' });
  const path = `/finance/v1/organizations/${payer.id}/wallet/release`;
  expect((await stage.api.post(path, { reason: 'goodwill' }, 'auditor')).status).toBe(403);
  expect((await stage.api.post(path, { reason: 'goodwill' }, 'finance')).body).toMatchObject({
    written_off: '6.000000000',
  });
  expect(await books(payer, ['bad_debt', 'receivable'])).toEqual({ bad_debt: 6, receivable: 0 });
  expect(await stage.walletStatus(payer)).toBe('active');
  // The bank sends the refund back after all: nobody lost anything, and the customer has what was unused.
  const made = [...stage.stripe.state.refunds.values()].at(-1)?.id ?? '';
  await stage.deliver();
  stage.stripe.state.failRefund(made);
  await stage.deliver();
  expect(await stage.balanceOf(payer)).toBe('4.000000000');
  expect(await books(payer, ['bad_debt', 'cash_clearing'])).toEqual({ bad_debt: 0, cash_clearing: 10 });
});
