import fc from 'fast-check';
import { admissionOf } from '../../support/spend.js';
import { expectOrder, startStripeStage, type Payer, type StripeStage } from '../../support/stripe-stage.js';

let stage: StripeStage;
beforeAll(async () => {
  stage = await startStripeStage();
});
afterEach(() => expectOrder(stage));
afterAll(() => stage.close());

const intents = () => [...stage.stripe.state.intents.values()];
const methods = () => [...stage.stripe.state.methods.values()];
const inbox = (): Promise<Record<string, unknown>[]> => stage.api.sql('select event_id from webhook_inbox');
const nowSeconds = () => Math.floor(Date.now() / 1_000);

/** An organization that may go into debt, so that its card alone decides whether its keys work. */
async function createDebtor(): Promise<Payer> {
  const payer = await stage.createPayer();
  await stage.api.patch(`/organizations/${payer.id}`, { billing_mode: 'postpaid', credit_limit: '10' });
  await stage.deliver();
  return payer;
}
const admission = (payer: Payer) => admissionOf(stage.api.databaseUrl, payer.uuid);

describe('POST /webhooks/stripe', () => {
  const event = () => ({
    id: `evt_${process.hrtime.bigint()}`,
    object: 'event',
    created: nowSeconds(),
    livemode: false,
    type: 'payment_intent.succeeded',
    data: { object: { id: 'pi_of_nobody', object: 'payment_intent', metadata: {} } },
  });

  it.each([
    ['without a signature', { header: '' }],
    ['with a signature that is none', { header: 't=1,v1=abc' }],
    ['signed with another secret', { secret: 'whsec_of_somebody_else_0123456789abcdef' }],
    ['signed with an empty secret', { secret: '' }],
    ['changed after it was signed', { tamper: true }],
    ['signed 301 seconds ago', { timestamp: nowSeconds() - 301 }],
  ])('refuses an event %s, and keeps nothing', async (_, over) => {
    const before = await inbox();
    const answer = await stage.stripe.webhooks.send(stage.url, event(), over);
    expect(answer.status).toBe(400);
    expect(await inbox()).toEqual(before);
  });

  it('refuses an event of live mode while its key is of test mode', async () => {
    const answer = await stage.stripe.webhooks.send(stage.url, { ...event(), livemode: true });
    expect(answer.status).toBe(400);
  });

  it('takes one that is signed, and one about nothing of ours without keeping it', async () => {
    const before = (await inbox()).length;
    expect((await stage.stripe.webhooks.send(stage.url, event())).status).toBe(200);
    expect(
      (await stage.stripe.webhooks.send(stage.url, { ...event(), type: 'invoice.created' })).status,
    ).toBe(200);
    expect(await inbox()).toHaveLength(before + 1);
    await stage.deliver();
  });

  it('does not believe what an event says of its object: it reads the object', async () => {
    const payer = await stage.createPayer('pm_card_authenticationRequired');
    const topUp = await stage.topUp(payer, '10');
    const intent = intents().at(-1);
    const lie = { ...event(), data: { object: { ...intent, status: 'succeeded', amount_received: 1_000 } } };
    expect((await stage.stripe.webhooks.send(stage.url, lie)).status).toBe(200);
    await stage.deliver();
    expect(await stage.paymentOf(topUp)).toMatchObject({ status: 'requires_action' });
    expect(await stage.balanceOf(payer)).toBe('0.000000000');
  });
});

it('crash point C14: an event that comes five times at once is acknowledged each time and works once', async () => {
  await stage.deliver();
  const payer = await stage.createPayer('pm_card_authenticationRequired');
  const topUp = await stage.topUp(payer, '10');
  await stage.deliver();
  const before = (await inbox()).length;
  stage.stripe.state.authenticate(intents().at(-1)?.id ?? '');
  stage.stripe.webhooks.drop();
  const paid = stage.stripe.webhooks.events.findLast(({ type }) => type === 'payment_intent.succeeded');
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => stage.stripe.webhooks.send(stage.url, paid ?? {})),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  await stage.deliver();
  expect(await inbox()).toHaveLength(before + 1);
  expect(await stage.paymentOf(topUp)).toMatchObject({ status: 'succeeded' });
  expect(await stage.balanceOf(payer)).toBe('10.000000000');
  const lots = await stage.api.sql('select 1 from credit_grant where organization_id = $1', [payer.uuid]);
  expect(lots).toHaveLength(1);
});

it('crash point C15: events that come three times, shuffled, late or not at all change nothing in the end', async () => {
  await stage.deliver();
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat()), fc.integer({ min: 0, max: 3 }), async (random, copies) => {
      const payer = await stage.createPayer('pm_card_authenticationRequired');
      const topUp = await stage.topUp(payer, '10');
      stage.stripe.state.authenticate(intents().at(-1)?.id ?? '');
      const numbers = random[Symbol.iterator]();
      const statuses = await stage.deliver((events) =>
        events
          .flatMap((one) => Array<typeof one>(copies).fill(one))
          .map((one) => ({ one, at: Number(numbers.next().value) }))
          .sort((a, b) => a.at - b.at)
          .map(({ one }) => one),
      );
      expect(statuses.every((status) => status === 200)).toBe(true);
      await stage.sweep();
      expect(await stage.paymentOf(topUp)).toMatchObject({ status: 'succeeded' });
      expect(await stage.balanceOf(payer)).toBe('10.000000000');
    }),
    { numRuns: 6 },
  );
});

it('crash point C16: a payment whose events never come is found by asking, and its events by the list Stripe keeps', async () => {
  const payer = await stage.createPayer('pm_card_authenticationRequired');
  const topUp = await stage.topUp(payer, '10');
  stage.stripe.state.authenticate(intents().at(-1)?.id ?? '');
  stage.stripe.webhooks.drop();
  await stage.sweep();
  expect(await stage.paymentOf(topUp)).toMatchObject({ status: 'succeeded' });
  expect(await stage.balanceOf(payer)).toBe('10.000000000');
});

it('crash point C16: a card that was detached while no webhook came is found in the list of events', async () => {
  const payer = await stage.createPayer();
  stage.stripe.state.detach(methods().at(-1)?.id ?? '');
  stage.stripe.webhooks.drop();
  const { StripeEventBackfill } =
    await import('../../../src/billing/payments/stripe-event-backfill.service.js');
  expect(await stage.api.app.get(StripeEventBackfill).run()).toBeGreaterThan(0);
  await stage.deliver();
  expect(await stage.methodStatus(payer)).toBe('detached');
});

it('an event whose work fails is tried again until it is done', async () => {
  const payer = await stage.createPayer('pm_card_authenticationRequired');
  await stage.topUp(payer, '10');
  await stage.deliver();
  stage.stripe.state.authenticate(intents().at(-1)?.id ?? '');
  stage.stripe.failNext(/GET \/v1\/payment_intents\/pi/, '500-before');
  expect(await stage.deliver()).toEqual([200]);
  expect(await stage.balanceOf(payer)).toBe('0.000000000');
  await stage.sweep();
  expect(await stage.balanceOf(payer)).toBe('10.000000000');
  expect(await stage.api.sql('select 1 from webhook_inbox where processed_at is null')).toEqual([]);
});

describe('keys that only a card pays for', () => {
  /** Milliseconds from `change` until no key of the payer is admitted any more. */
  async function stopsWithin(payer: Payer, change: () => unknown): Promise<number> {
    expect(await admission(payer)).toBe('placed');
    const start = performance.now();
    await change();
    await stage.deliver();
    for (;;) {
      if ((await admission(payer)) !== 'placed') return performance.now() - start;
      if (performance.now() - start > 10_000) return Infinity;
    }
  }

  it('stop within five seconds of its being detached at Stripe, and start with another card', async () => {
    const payer = await createDebtor();
    const card = methods().at(-1)?.id ?? '';
    expect(await stopsWithin(payer, () => stage.stripe.state.detach(card))).toBeLessThan(5_000);
    expect(await stage.methodStatus(payer)).toBe('detached');
    await stage.api.post(`/organizations/${payer.id}/payment-methods`, {
      provider: 'stripe',
      token: 'pm_card_visa',
    });
    expect(await admission(payer)).toBe('placed');
  });

  it('stop with its expiry and start when Stripe reports the renewed card', async () => {
    const payer = await createDebtor();
    const card = methods().at(-1)?.id ?? '';
    expect(await stopsWithin(payer, () => stage.stripe.state.renewCard(card, 1, 2020))).toBeLessThan(5_000);
    expect(await stage.methodStatus(payer)).toBe('expired');
    stage.stripe.state.renewCard(card, 1, 2040);
    await stage.deliver();
    expect([await stage.methodStatus(payer), await admission(payer)]).toEqual(['active', 'placed']);
  });

  it('stop with the third decline in a row and start with a renewed card', async () => {
    const payer = await createDebtor();
    const card = methods().at(-1);
    if (!card) throw new Error('no card');
    card.token = 'pm_card_chargeCustomerFail';
    const decline = async () => {
      for (let turn = 0; turn < 3; turn += 1) await stage.topUp(payer, '1');
    };
    expect(await stopsWithin(payer, decline)).toBeLessThan(5_000);
    card.token = 'pm_card_visa';
    stage.stripe.state.renewCard(card.id, 2, 2041);
    await stage.deliver();
    expect([await stage.methodStatus(payer), await admission(payer)]).toEqual(['active', 'placed']);
  });

  it('stop with a dispute, credit or not, and start when it is won', async () => {
    const payer = await createDebtor();
    await stage.topUp(payer, '20');
    const intent = intents().at(-1)?.id ?? '';
    let dispute = '';
    const open = () => (dispute = stage.stripe.state.openDispute(intent).id);
    expect(await stopsWithin(payer, open)).toBeLessThan(5_000);
    expect(await admission(payer)).toBe('wallet_blocked');
    stage.stripe.state.closeDispute(dispute, 'won');
    await stage.deliver();
    expect([await stage.methodStatus(payer), await admission(payer)]).toEqual(['active', 'placed']);
    expect(await stage.balanceOf(payer)).toBe('20.000000000');
  });
});
