import fc from 'fast-check';
import { spend } from '../../support/spend.js';
import { createBuyer, createTaxedSeller } from '../../support/taxed-sales.js';
import { expectOrder, startStripeStage, type Payer, type StripeStage } from '../../support/stripe-stage.js';

let stage: StripeStage;
beforeAll(async () => {
  stage = await startStripeStage();
});
afterAll(() => stage.close());

const FAULTS = ['drop-before', 'drop-after', '500-after', '500-before', '429'] as const;
const CALLS = [
  /POST \/v1\/payment_intents$/,
  /\/confirm$/,
  /GET \/v1\/payment_intents\/pi/,
  /POST \/v1\/refunds/,
];

type Step =
  | { kind: 'top-up'; dollars: number }
  | { kind: 'spend'; dollars: number }
  | { kind: 'refund'; cents: number }
  | {
      kind: 'dispute' | 'dispute-won' | 'dispute-lost' | 'refund-fails' | 'events' | 'worker' | 'events-lost';
    }
  | { kind: 'fault'; call: number; fault: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('top-up' as const), dollars: fc.integer({ min: 1, max: 20 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('spend' as const), dollars: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('refund' as const), cents: fc.integer({ min: 1, max: 2_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      call: fc.nat({ max: CALLS.length - 1 }),
      fault: fc.nat({ max: FAULTS.length - 1 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...([
          'dispute',
          'dispute-won',
          'dispute-lost',
          'refund-fails',
          'events',
          'worker',
          'events-lost',
        ] as const),
      ),
    }),
  },
);

/** What Stripe itself has of a payer's money, in cents: the only other witness there is. */
function heldByStripe(payer: { customer: string }): bigint {
  const { intents, refunds, disputes } = stage.stripe.state;
  const mine = new Set(
    [...intents.values()].filter(({ customer }) => customer === payer.customer).map(({ id }) => id),
  );
  const sum = (items: { payment_intent: string; amount: number; isOut: boolean }[]) =>
    items
      .filter((item) => item.isOut && mine.has(item.payment_intent))
      .reduce((total, { amount }) => total + amount, 0);
  const paid = [...intents.values()]
    .filter(({ id }) => mine.has(id))
    .reduce((total, { amount_received: cents }) => total + cents, 0);
  const back = sum([...refunds.values()].map((one) => ({ ...one, isOut: one.status !== 'failed' })));
  const taken = sum([...disputes.values()].map((one) => ({ ...one, isOut: one.status !== 'won' })));
  return BigInt(paid - back - taken);
}

async function take(payer: Payer, customer: string, one: Step): Promise<void> {
  const { state, failNext, webhooks } = stage.stripe;
  const intents = [...state.intents.values()].filter(
    (intent) => intent.customer === customer && intent.status === 'succeeded',
  );
  const disputed = new Set([...state.disputes.values()].map(({ payment_intent: id }) => id));
  const refunded = new Set([...state.refunds.values()].map(({ payment_intent: id }) => id));
  const open = [...state.disputes.values()].find(
    (dispute) =>
      dispute.status === 'needs_response' && intents.some(({ id }) => id === dispute.payment_intent),
  );
  switch (one.kind) {
    case 'top-up':
      await stage.topUp(payer, String(one.dollars));
      return;
    case 'spend': {
      // Only what the wallet has: a call above it would be refused.
      const available = Number(await stage.balanceOf(payer));
      if (available >= one.dollars && (await stage.walletStatus(payer)) === 'active') {
        await spend(stage.api.databaseUrl, payer.uuid, BigInt(one.dollars) * 999_000_000n);
      }
      return;
    }
    case 'refund': {
      const { body } = await stage.api.get(`/finance/v1/payments?organization=${payer.id}`, 'finance');
      const paid = (body.data as { id: string; status: string; provider_reference: string }[]).find(
        ({ status, provider_reference: ref }) => status === 'succeeded' && !disputed.has(ref),
      );
      const amount = (one.cents / 100).toFixed(2);
      if (paid)
        await stage.api.post(`/finance/v1/payments/${paid.id}/refunds`, { amount, reason: 'x' }, 'finance');
      return;
    }
    case 'dispute': {
      const clean = intents.find(({ id }) => !disputed.has(id) && !refunded.has(id));
      if (clean) state.openDispute(clean.id);
      return;
    }
    case 'dispute-won':
    case 'dispute-lost':
      if (open) state.closeDispute(open.id, one.kind === 'dispute-won' ? 'won' : 'lost');
      return;
    case 'refund-fails': {
      const made = [...state.refunds.values()].find(
        (refund) => refund.status === 'succeeded' && intents.some(({ id }) => id === refund.payment_intent),
      );
      if (made) state.failRefund(made.id);
      return;
    }
    case 'fault':
      failNext(CALLS[one.call] ?? /./, FAULTS[one.fault] ?? '429');
      return;
    case 'events':
      await stage.deliver((events) => [...events, ...events].reverse());
      return;
    case 'events-lost':
      webhooks.drop();
      return;
    case 'worker':
      await stage.sweep();
  }
}

it.each([
  ['at its use', null],
  ['at its sale, at a rate that rounds', 88_750],
])(
  'C14–C17, C19: credit taxed %s: whatever goes wrong in whatever order, the books are right and agree with Stripe in the end',
  async (_, ratePpm) => {
    const seller = ratePpm === null ? null : await createTaxedSeller(stage, 'R', { DE: ratePpm });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 16 }), async (steps) => {
        const payer = seller === null ? await stage.createPayer() : await createBuyer(stage, seller);
        const customer = [...stage.stripe.state.customers.keys()].at(-1) ?? '';
        for (const one of steps) await take(payer, customer, one);
        stage.stripe.clearFaults();
        // Everything that was lost is found: by asking, and in the list of events.
        const { StripeEventBackfill } =
          await import('../../../src/billing/payments/stripe-event-backfill.service.js');
        for (let turn = 0; turn < 3; turn += 1) {
          await stage.api.app.get(StripeEventBackfill).run();
          await stage.deliver();
          await stage.sweep();
        }
        const [row] = await stage.api.sql(
          `select coalesce(sum(e.amount_nano), 0)::text as nano from ledger_entry e join ledger_account a on a.id = e.account_id
           join ledger_transaction t on t.id = e.transaction_id
         where a.kind = 'cash_clearing' and t.organization_id = $1 and t.kind <> 'payment_fee'`,
          [payer.uuid],
        );
        expect(BigInt(row?.['nano'] as string)).toBe(heldByStripe({ customer }) * 10_000_000n);
        await expectOrder(stage);
      }),
      { numRuns: 8 },
    );
  },
  240_000,
);
