import type { Pool } from 'pg';
import { travelTo } from '../support/clock.js';
import { endMonthOf, startInvoicing, type InvoicingWorld } from '../support/invoicing.js';
import { admissionOf, spend } from '../support/spend.js';
import { expectBooksAgree, ledgerOf } from '../support/statement.js';
import { startStripeStage, type Payer, type StripeStage } from '../support/stripe-stage.js';

const DOLLAR = 1_000_000_000n;

describe('a disputed payment over a travelled clock', () => {
  let stage: StripeStage;
  let pool: Pool;
  /** The worker: it closes, issues and tells what is to be told. */
  let world: InvoicingWorld;

  beforeAll(async () => {
    stage = await startStripeStage();
    world = await startInvoicing(stage.api.databaseUrl);
    pool = world.pool;
  });
  afterAll(async () => {
    await world.drop();
    await stage.close();
  });

  const endMonth = (instant: string): Promise<void> => endMonthOf(world, instant, 25 * 3_600_000);
  const documents = async ({ uuid }: Payer) => {
    const { rows } = await pool.query<Record<string, string>>(
      `select kind, status, net_minor::text as net, (total_minor - prepaid_minor - applied_minor - paid_minor)::text as due
       from invoice where organization_id = $1 order by finalized_at`,
      [uuid],
    );
    return rows;
  };
  const ledger = (payer: Payer) => ledgerOf(pool, { organizationId: payer.uuid });
  const intent = () => [...stage.stripe.state.intents.values()].at(-1)?.id ?? '';
  const admission = (payer: Payer) => admissionOf(stage.api.databaseUrl, payer.uuid);

  it('stops the keys at once, costs the house what was used when it is lost, and ends with a new card', async () => {
    await travelTo(pool, '2026-12-10T10:00:00Z');
    const payer = await stage.createPayer();
    await stage.topUp(payer, '10');
    await stage.deliver();
    expect(await stage.balanceOf(payer)).toBe('10.000000000');
    await spend(stage.api.databaseUrl, payer.uuid, 6n * DOLLAR);
    expect([await stage.balanceOf(payer), await admission(payer)]).toEqual(['4.000000000', 'placed']);

    await travelTo(pool, '2026-12-25T10:00:00Z');
    const { id } = stage.stripe.state.openDispute(intent());
    await stage.deliver();
    expect([await stage.balanceOf(payer), await admission(payer)]).toEqual(['0.000000000', 'wallet_blocked']);
    expect(await stage.methodStatus(payer)).toBe('blocked');

    // December ends while nobody knows: what was used stays used.
    await endMonth('2027-01-01T00:05:00Z');
    expect(await documents(payer)).toEqual([{ kind: 'statement', status: 'paid', net: '600', due: '0' }]);

    await travelTo(pool, '2027-01-20T10:00:00Z');
    stage.stripe.state.closeDispute(id, 'lost');
    // The bank says so twice, and the second time first.
    await stage.deliver((events) => [...events, ...events].reverse());
    const lost = await ledger(payer);
    expect(lost).toMatchObject({ chargeback_loss: '6000000000', revenue: '-6000000000' });
    expect([lost['receivable'], lost['deferred_revenue'], lost['disputes']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(await admission(payer)).toBe('wallet_blocked');

    const path = `/finance/v1/organizations/${payer.id}/wallet/release`;
    await stage.api.post(path, { reason: 'settled with the customer' }, 'finance');
    await stage.api.post(`/organizations/${payer.id}/payment-methods`, {
      provider: 'stripe',
      token: 'pm_card_visa',
    });
    await stage.topUp(payer, '5');
    await stage.deliver();
    expect(await stage.balanceOf(payer)).toBe('5.000000000');
    expect(await admission(payer)).toBe('placed');
    await spend(stage.api.databaseUrl, payer.uuid, 3n * DOLLAR);
    await endMonth('2027-02-01T00:05:00Z');
    expect(await documents(payer)).toEqual([
      { kind: 'statement', status: 'paid', net: '600', due: '0' },
      { kind: 'statement', status: 'paid', net: '300', due: '0' },
    ]);
    expect(await stage.balanceOf(payer)).toBe('2.000000000');
    expect(await ledger(payer)).toMatchObject({
      chargeback_loss: '6000000000',
      deferred_revenue: '-2000000000',
      revenue: '-9000000000',
    });
    expect(stage.stripe.faults).toEqual([]);
    await expectBooksAgree(world, [{ organizationId: payer.uuid }]);
  });

  it('won after the month was closed gives the credit back, and the month is as it was', async () => {
    await travelTo(pool, '2027-03-10T10:00:00Z');
    const payer = await stage.createPayer();
    await stage.topUp(payer, '10');
    await stage.deliver();
    await spend(stage.api.databaseUrl, payer.uuid, 6n * DOLLAR);
    const { id } = stage.stripe.state.openDispute(intent());
    await stage.deliver();
    await endMonth('2027-04-01T00:05:00Z');
    const before = await documents(payer);
    await travelTo(pool, '2027-04-20T10:00:00Z');
    stage.stripe.state.closeDispute(id, 'won');
    await stage.deliver();
    expect([await stage.balanceOf(payer), await admission(payer)]).toEqual(['4.000000000', 'placed']);
    expect(await documents(payer)).toEqual(before);
    expect(await ledger(payer)).toMatchObject({ deferred_revenue: '-4000000000', revenue: '-6000000000' });
    await expectBooksAgree(world, [{ organizationId: payer.uuid }]);
  });
});
