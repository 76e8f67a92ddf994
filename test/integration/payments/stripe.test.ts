import { expectOrder, startStripeStage, type StripeStage } from '../../support/stripe-stage.js';

let stage: StripeStage;
beforeAll(async () => {
  stage = await startStripeStage();
});
afterEach(() => expectOrder(stage));
afterAll(() => stage.close());

const intents = () => [...stage.stripe.state.intents.values()];
const since = (count: number) => intents().slice(count);
const attach = (organization: string, token: string) =>
  stage.api.post(`/organizations/${organization}/payment-methods`, { provider: 'stripe', token });

describe('a card at Stripe', () => {
  it('is verified for charges without the payer and kept with one customer of the organization', async () => {
    const payer = await stage.createPayer();
    const { body } = await stage.api.get(`/organizations/${payer.id}/payment-methods/${payer.method}`);
    expect(body).toMatchObject({ provider: 'stripe', brand: 'visa', last4: '4242', status: 'active' });
    const customers = stage.stripe.state.customers.size;
    expect((await attach(payer.id, 'pm_card_mastercard')).status).toBe(201);
    expect(stage.stripe.state.customers.size).toBe(customers);
  });

  it.each([
    ['pm_card_chargeDeclined', 402, 'card_declined'],
    ['pm_card_threeDSecureRequired', 402, 'authentication_required'],
    ['pm_card_nonsense', 400, 'resource_missing'],
  ])('%s is refused with %i %s', async (token, status, code) => {
    const { body } = await stage.api.post('/organizations', { name: 'Payer' });
    const answer = await attach(body.id, token);
    expect([answer.status, answer.body.error.code, answer.body.error.param]).toEqual([status, code, 'token']);
  });

  it('that the bank asks about is entered in the browser and attached when the payer is done', async () => {
    const { body: organization } = await stage.api.post('/organizations', { name: 'Payer' });
    const begun = await stage.api.post(`/organizations/${organization.id}/payment-methods/setup-intents`);
    expect(begun.body).toMatchObject({ object: 'setup_intent', id: expect.stringMatching(/^seti_/) });
    const early = await attach(organization.id, begun.body.id);
    expect([early.status, early.body.error.param]).toEqual([400, 'token']);
    stage.stripe.state.confirmSetup(begun.body.id, 'pm_card_threeDSecureRequired', true);
    expect((await attach(organization.id, begun.body.id)).body).toMatchObject({
      last4: '3063',
      status: 'active',
    });
    const { body: stranger } = await stage.api.post('/organizations', { name: 'Stranger' });
    expect((await attach(stranger.id, begun.body.id)).status).toBe(400);
  });

  it('is forgotten by Stripe too when it is detached', async () => {
    const payer = await stage.createPayer();
    await stage.api.post(`/organizations/${payer.id}/payment-methods/${payer.method}/detach`);
    expect([...stage.stripe.state.methods.values()].at(-1)?.customer).toBeNull();
  });

  it('while Stripe is away is 503', async () => {
    const { body } = await stage.api.post('/organizations', { name: 'Payer' });
    stage.stripe.failNext(/customers/, '500-before');
    expect((await attach(body.id, 'pm_card_visa')).status).toBe(503);
  });
});

describe('a top-up by card', () => {
  it('is charged once: made unconfirmed under our key, then confirmed; the fee is booked', async () => {
    const payer = await stage.createPayer();
    stage.stripe.calls.length = 0;
    const answer = await stage.topUp(payer, '100.00');
    expect(answer.body).toMatchObject({ status: 'succeeded', amount: '100.000000000' });
    expect(stage.stripe.calls.map((call) => call.replace(/pi_\w+/, 'pi'))).toEqual([
      'POST /v1/payment_intents',
      'POST /v1/payment_intents/pi/confirm',
      'GET /v1/payment_intents/pi',
    ]);
    expect(await stage.paymentOf(answer)).toMatchObject({ status: 'succeeded', fee: '3.200000000' });
    const fees = await stage.api.sql(
      `select sum(e.amount_nano)::text as nano from ledger_entry e join ledger_account a on a.id = e.account_id
         join ledger_transaction t on t.id = e.transaction_id where a.kind = 'psp_fees' and t.organization_id = $1`,
      [payer.uuid],
    );
    expect(fees).toEqual([{ nano: '3200000000' }]);
    await stage.deliver();
    expect(await stage.balanceOf(payer)).toBe('100.000000000');
  });

  it('that is declined can never be paid later, and its decline counts', async () => {
    const payer = await stage.createPayer('pm_card_chargeCustomerFail');
    const answer = await stage.topUp(payer, '5');
    expect([answer.status, answer.body.error.code]).toEqual([402, 'generic_decline']);
    expect(intents().at(-1)?.status).toBe('canceled');
    await stage.topUp(payer, '5');
    await stage.topUp(payer, '5');
    expect(await stage.methodStatus(payer)).toBe('blocked');
  });

  it('that the payer must authenticate is paid when they have, and another is refused until then', async () => {
    const payer = await stage.createPayer('pm_card_authenticationRequired');
    const answer = await stage.topUp(payer, '8');
    const intent = intents().at(-1);
    expect(answer.body).toMatchObject({
      status: 'pending',
      payment_status: 'requires_action',
      next_action: { client_secret: intent?.client_secret },
    });
    expect((await stage.topUp(payer, '8')).status).toBe(409);
    await stage.deliver();
    stage.stripe.state.authenticate(intent?.id ?? '');
    await stage.deliver();
    expect(await stage.balanceOf(payer)).toBe('8.000000000');
    expect(await stage.paymentOf(answer)).toMatchObject({ status: 'succeeded' });
  });

  it('that nobody authenticates for a day is given up, at Stripe first', async () => {
    const payer = await stage.createPayer('pm_card_authenticationRequired');
    const answer = await stage.topUp(payer, '8');
    await stage.api.sql('alter table payment_attempt disable trigger all');
    await stage.api.sql(
      `update payment_attempt set created_at = created_at - interval '25 hours' where organization_id = $1`,
      [payer.uuid],
    );
    await stage.api.sql('alter table payment_attempt enable trigger all');
    await stage.sweep();
    expect(await stage.paymentOf(answer)).toMatchObject({ status: 'canceled' });
    expect(intents().at(-1)?.status).toBe('canceled');
  });
});

describe('crash point C17: an outcome nobody knows', () => {
  it.each([
    ['the answer to making it got lost', /POST \/v1\/payment_intents$/, 'drop-after'],
    ['making it failed', /POST \/v1\/payment_intents$/, 'drop-before'],
    ['the answer to confirming it got lost', /\/confirm$/, 'drop-after'],
    ['confirming it failed', /\/confirm$/, 'drop-before'],
    ['Stripe failed after it had confirmed', /\/confirm$/, '500-after'],
    ['Stripe had too much to do', /\/confirm$/, '429'],
    ['the answer to reading it got lost', /GET \/v1\/payment_intents\/pi/, 'drop-after'],
  ] as const)(
    '(%s) stops every new attempt until it is known, and is charged once',
    async (_, call, fault) => {
      const payer = await stage.createPayer();
      const before = intents().length;
      stage.stripe.failNext(call, fault);
      const answer = await stage.topUp(payer, '10');
      expect([answer.status, answer.body.status]).toEqual([201, 'unknown']);
      expect(await stage.balanceOf(payer)).toBe('0.000000000');
      expect((await stage.topUp(payer, '10')).body.error).toMatchObject({ code: 'top_up_in_progress' });
      await stage.sweep();
      expect(await stage.balanceOf(payer)).toBe('10.000000000');
      expect(since(before)).toHaveLength(1);
      await stage.deliver();
      expect(await stage.balanceOf(payer)).toBe('10.000000000');
      expect((await stage.topUp(payer, '1')).body.status).toBe('succeeded');
    },
  );

  it('is found by its metadata when Stripe has forgotten the key', async () => {
    const payer = await stage.createPayer();
    const before = intents().length;
    stage.stripe.failNext(/POST \/v1\/payment_intents$/, 'drop-after');
    const answer = await stage.topUp(payer, '10');
    await stage.api.sql('alter table payment_attempt disable trigger all');
    await stage.api.sql(
      `update payment_attempt set created_at = created_at - interval '30 hours' where organization_id = $1`,
      [payer.uuid],
    );
    await stage.api.sql('alter table payment_attempt enable trigger all');
    for (const intent of since(before)) intent.created -= 30 * 3_600;
    await stage.sweep();
    expect(await stage.paymentOf(answer)).toMatchObject({ status: 'succeeded' });
    expect(since(before)).toHaveLength(1);
  });

  it('ends as never submitted when a day later there is nothing at Stripe', async () => {
    const payer = await stage.createPayer();
    stage.stripe.failNext(/POST \/v1\/payment_intents$/, 'drop-before');
    const answer = await stage.topUp(payer, '10');
    await stage.api.sql('alter table payment_attempt disable trigger all');
    await stage.api.sql(
      `update payment_attempt set created_at = created_at - interval '30 hours' where organization_id = $1`,
      [payer.uuid],
    );
    await stage.api.sql('alter table payment_attempt enable trigger all');
    await stage.sweep();
    expect(await stage.paymentOf(answer)).toMatchObject({
      status: 'failed',
      decline_code: 'never_submitted',
    });
    expect(await stage.methodStatus(payer)).toBe('active');
  });

  it('of a decline whose intent could not be closed is still a decline in the end', async () => {
    const payer = await stage.createPayer('pm_card_chargeCustomerFail');
    stage.stripe.failNext(/\/cancel$/, 'drop-before');
    const answer = await stage.topUp(payer, '10');
    expect(answer.body.status).toBe('unknown');
    await stage.sweep();
    expect(await stage.paymentOf(answer)).toMatchObject({
      status: 'failed',
      decline_code: 'generic_decline',
    });
  });
});

describe('a payment that is not the one that was ordered', () => {
  it.each([
    ['of another amount', { amount_received: 999 }],
    ['in another currency', { currency: 'eur' }],
    ['by another customer', { customer: 'cus_somebody_else' }],
    ['of another attempt', { metadata: { faregate_attempt: 'other' } }],
  ])('(%s) is never credited', async (_, forged) => {
    const payer = await stage.createPayer('pm_card_authenticationRequired');
    const answer = await stage.topUp(payer, '10');
    const intent = intents().at(-1);
    if (!intent) throw new Error('no intent');
    stage.stripe.state.authenticate(intent.id);
    Object.assign(intent, forged);
    await stage.deliver();
    await stage.sweep();
    expect(await stage.balanceOf(payer)).toBe('0.000000000');
    expect((await stage.paymentOf(answer))['status']).not.toBe('succeeded');
    await stage.api.sql(`delete from webhook_inbox where processed_at is null`);
  });
});
