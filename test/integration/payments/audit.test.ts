import pg from 'pg';
import { PAYMENT_CHECKS } from '../../../src/billing/audit/payment-checks.js';
import { RECEIPT_CHECKS } from '../../../src/billing/audit/receipt-checks.js';
import { spend } from '../../support/spend.js';
import { createBuyer, createTaxedSeller } from '../../support/taxed-sales.js';
import { expectOrder, startStripeStage, type StripeStage } from '../../support/stripe-stage.js';

const one = (table: string, where = 'true') => `(select min(id::text)::uuid from ${table} where ${where})`;
const SUCCEEDED = one('payment_attempt', `status = 'succeeded'`);

/** What breaks each rule, past every trigger. */
const CORRUPTIONS: Record<string, string> = {
  I23: `drop index payment_attempt_one_success; update payment_attempt set purpose_id = (select purpose_id from payment_attempt
          where id = ${SUCCEEDED}), attempt_no = attempt_no + 7 where id = (select max(id::text)::uuid from payment_attempt where status = 'succeeded')`,
  I24: `update payment_attempt set submitted_at = now() - interval '2 hours' where status = 'unknown'`,
  I25: `update webhook_inbox set processed_at = null, received_at = now() - interval '11 minutes'`,
  I28: `insert into balance_transaction (ref, provider, type, currency, amount_nano, fee_nano, net_nano, occurred_at, recorded_at)
          values ('txn_x', 'stripe', 'transfer', 'USD', 1, 0, 1, now(), now() - interval '2 days')`,
  F16: `update invoice set tax_minor = tax_minor + 1, net_minor = net_minor - 1 where kind = 'receipt'`,
  F17: `update invoice_line set amount_nano = amount_nano + 1 where kind = 'credit'`,
  F18: `update top_up set tax_rate_ppm = 70000 where tax_category is not null`,
  F19: `update claw_back set tax_nano = tax_nano + 1, rounding_nano = rounding_nano - 1 where tax_nano > 0`,
  F30: `update top_up set amount_nano = amount_nano + 1 where id = ${one('top_up', `status = 'succeeded'`)}`,
  F31: `update top_up set status = 'failed', closed_at = now() where status = 'unknown'`,
  F32: `update payment_refund set amount_nano = amount_nano + 1 where id = ${one('payment_refund', `status <> 'failed'`)}`,
  F33: `update payment_dispute set status = 'won', closed_at = now() where status = 'open'`,
  F34: `update payment_refund set amount_minor = amount_minor + 1000000`,
  F35: `update claw_back set from_wallet_nano = from_wallet_nano + 1`,
  F36: `delete from wallet_block`,
  F37: `update payment_attempt set fee_minor = null where id = ${SUCCEEDED}`,
  F38: `update outbox set processed_at = null, created_at = now() - interval '2 hours'`,
};

describe('the books checks of payments', () => {
  let stage: StripeStage;
  let client: pg.Client;

  beforeAll(async () => {
    stage = await startStripeStage();
    await makeBusy(stage);
    client = new pg.Client({ connectionString: stage.api.databaseUrl });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await stage.close();
  });

  it('find nothing in books with every sort of payment in them', () => expectOrder(stage));

  it.each([...PAYMENT_CHECKS, ...RECEIPT_CHECKS].map(({ id, title, sql }) => [id, title, sql]))(
    '%s fires when it is not so that %s',
    async (id, _, sql) => {
      await client.query('begin');
      try {
        await client.query('set local session_replication_role = replica');
        await client.query(CORRUPTIONS[id] ?? '');
        expect((await client.query(sql)).rows.length).toBeGreaterThan(0);
      } finally {
        await client.query('rollback');
      }
    },
  );
});

/** Paid, declined, unknown and awaited top-ups; refunds done and failed; disputes open, won and lost; a debt paid. */
async function makeBusy(stage: StripeStage): Promise<void> {
  const { state } = stage.stripe;
  const intent = () => [...state.intents.values()].at(-1)?.id ?? '';
  const buy = async (spent: bigint) => {
    const payer = await stage.createPayer();
    const { body } = await stage.topUp(payer, '10');
    if (spent > 0n) await spend(stage.api.databaseUrl, payer.uuid, spent * 1_000_000_000n);
    await stage.deliver();
    return { payer, payment: body.payment as string };
  };
  const refund = (payment: string, amount: string) =>
    stage.api.post(`/finance/v1/payments/${payment}/refunds`, { amount, reason: 'test' }, 'finance');
  await stage.topUp(await stage.createPayer('pm_card_chargeCustomerFail'), '5');
  await stage.topUp(await stage.createPayer('pm_card_authenticationRequired'), '5');
  const seller = await createTaxedSeller(stage, 'T');
  const taxed = await createBuyer(stage, seller);
  const { body: sold } = await stage.topUp(taxed, '10');
  await stage.deliver();
  await refund(sold.payment as string, '5');
  const kept = await buy(3n);
  await refund(kept.payment, '2');
  const indebted = await buy(9n);
  await refund(indebted.payment, '10');
  await stage.topUp(indebted.payer, '20');
  const returned = await buy(0n);
  await refund(returned.payment, '1');
  state.failRefund([...state.refunds.values()].at(-1)?.id ?? '');
  await stage.deliver();
  for (const end of ['won', 'lost', 'open'] as const) {
    await buy(6n);
    const { id } = state.openDispute(intent());
    await stage.deliver();
    if (end !== 'open') state.closeDispute(id, end);
    await stage.deliver();
  }
  const unknown = await stage.createPayer();
  stage.stripe.failNext(/\/confirm$/, '429');
  await stage.topUp(unknown, '3');
}
