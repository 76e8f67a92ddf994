import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { ExpiryService } from '../../src/billing/credits/expiry.service.js';
import { CreditsRepository } from '../../src/billing/credits/credits.repository.js';
import { InvoiceEndingService } from '../../src/billing/invoicing/invoice-ending.service.js';
import { LedgerRepository } from '../../src/billing/ledger/ledger.repository.js';
import { LedgerService } from '../../src/billing/ledger/ledger.service.js';
import { RollupService } from '../../src/billing/rollup/rollup.service.js';
import { systemActor } from '../../src/platform/audit/audit-log.repository.js';
import { Database } from '../../src/platform/database/database.service.js';
import { travelTo } from '../support/clock.js';
import { financeReport } from '../support/finance-reports.js';
import { endMonthOf, startInvoicing, type InvoicingWorld } from '../support/invoicing.js';
import { spend } from '../support/spend.js';
import { expectBooksAgree, ledgerOf } from '../support/statement.js';
import { startStripeStage, type Payer, type StripeStage } from '../support/stripe-stage.js';
import { createBuyer, createTaxedSeller, documentsOf } from '../support/taxed-sales.js';

const DOLLAR = 1_000_000_000n;
const ACTOR = systemActor('finance');

describe('credit that is taxed when it is sold, over a travelled clock', () => {
  let stage: StripeStage;
  let pool: Pool;
  let world: InvoicingWorld;

  beforeAll(async () => {
    stage = await startStripeStage();
    world = await startInvoicing(stage.api.databaseUrl);
    pool = world.pool;
  });
  afterEach(() => expect(stage.stripe.faults).toEqual([]));
  afterAll(async () => {
    await world.drop();
    await stage.close();
  });

  const endMonth = (instant: string): Promise<void> => endMonthOf(world, instant, 25 * 3_600_000);
  const buy = async (payer: Payer, body: object) => {
    const path = `/organizations/${payer.id}/top-ups`;
    const answer = await stage.api.call({ method: 'post', path, body });
    await stage.deliver();
    return answer.body as Record<string, string>;
  };
  const refund = async (payment: string | undefined, amount?: string): Promise<void> => {
    const path = `/finance/v1/payments/${payment}/refunds`;
    await stage.api.post(path, { amount, reason: 'not needed' }, 'finance');
    await stage.deliver();
  };
  const ledger = (payer: Payer) => ledgerOf(pool, { organizationId: payer.uuid });
  const charged = () => [...stage.stripe.state.intents.values()].at(-1)?.amount;
  const agree = (...payers: Payer[]) =>
    expectBooksAgree(
      world,
      payers.map(({ uuid }) => ({ organizationId: uuid })),
    );

  it('a receipt with each top-up, no tax on the usage, a credit note with a refund, and breakage keeps its tax', async () => {
    await travelTo(pool, '2026-12-05T10:00:00Z');
    const payer = await createBuyer(stage, await createTaxedSeller(stage, 'A'));
    const bought = await buy(payer, { amount: '50.00' });
    expect(charged()).toBe(5_950);
    expect(bought).toMatchObject({ amount: '50.000000000', tax: '9.500000000', total: '59.500000000' });
    expect(await stage.balanceOf(payer)).toBe('50.000000000');
    expect(await ledger(payer)).toMatchObject({
      deferred_revenue: '-50000000000',
      vat_payable: '-9500000000',
    });
    const topUps = await stage.api.get(`/organizations/${payer.id}/top-ups`);
    const { receipt } = topUps.body.data[0] as { receipt: string };
    const { body: shown } = await stage.api.get(`/finance/v1/invoices/${receipt}`, 'finance');
    expect(shown).toMatchObject({
      kind: 'receipt',
      status: 'paid',
      number: 'ARCT-000001',
      period: null,
      net: '50.00',
      tax: '9.50',
      total: '59.50',
      paid: '59.50',
      due: '0.00',
      lines: [{ kind: 'credit', description: 'Prepaid credit', amount: '50.00', tax_rate_ppm: 190_000 }],
      payments: [{ method: 'charge', reference: bought['payment'], amount: '59.50' }],
    });
    const [stored] = (
      await pool.query<{ document: string; sha: string }>(
        'select document, content_sha256 as sha from invoice where number_text = $1',
        ['ARCT-000001'],
      )
    ).rows;
    expect(
      createHash('sha256')
        .update(stored?.document ?? '')
        .digest('hex'),
    ).toBe(stored?.sha);
    expect(JSON.parse(stored?.document ?? '')).toMatchObject({
      type: 'receipt',
      period_start: '',
      seller: { vat_id: 'DE136695976' },
      taxes: [{ category: 'S', rate: '19', base: '50.00', tax: '9.50' }],
      notes: [`Paid in full by ${bought['payment']}.`],
    });
    const pdf = await stage.api.get(`/finance/v1/invoices/${receipt}.pdf`, 'finance');
    expect([pdf.status, pdf.headers['content-type']]).toEqual([200, 'application/pdf']);

    await spend(stage.api.databaseUrl, payer.uuid, 6n * DOLLAR);
    await travelTo(pool, '2026-12-20T10:00:00Z');
    await refund(bought['payment'], '11.90');
    expect(await stage.balanceOf(payer)).toBe('34.000000000');
    // Credit that runs out is used first.
    await buy(payer, { amount: '20.00', credit_expires_at: '2027-01-10T00:00:00Z' });
    await spend(stage.api.databaseUrl, payer.uuid, 3n * DOLLAR);
    await endMonth('2027-01-01T00:05:00Z');
    await travelTo(pool, '2027-01-10T01:00:00Z');
    const database = world.get(Database);
    const expiry = new ExpiryService(
      database,
      new CreditsRepository(database),
      world.get(RollupService),
      new LedgerRepository(),
      world.get(LedgerService),
    );
    expect(await expiry.run()).toBe(1);
    expect(await documentsOf(stage, payer)).toEqual([
      'receipt ARCT-000001 50.00 9.50 59.50 0.00',
      'refund ACN-000001 10.00 1.90 11.90',
      'receipt ARCT-000002 20.00 3.80 23.80 0.00',
      'statement ASTM-000001 0.00 0.00 0.00 0.00',
    ]);
    expect(await stage.balanceOf(payer)).toBe('34.000000000');
    // Tax: 9.50 - 1.90 + 3.80; of 60 that were sold and kept, 9 were used, 17 ran out and 34 are left.
    expect(await ledger(payer)).toMatchObject({
      deferred_revenue: '-34000000000',
      revenue: '-9000000000',
      breakage_revenue: '-17000000000',
      vat_payable: '-11400000000',
    });
    const tax = await financeReport(world.url, 'tax', {
      from: new Date('2026-12-01'),
      to: new Date('2027-01-01'),
    });
    expect(tax).toMatchObject([
      {
        jurisdiction: 'DE',
        rate_percent: '19.0000',
        documents: '2',
        credit_notes: '1',
        base: '60.000000000',
        tax: '11.400000000',
      },
    ]);
    const path = `/finance/v1/organizations/${payer.id}/statement?from=2026-12-01T00:00:00Z&to=2027-01-01T00:00:00Z`;
    const { body: account } = await stage.api.get(path, 'finance');
    expect(account).toMatchObject({ opening_balance: '0.00', closing_balance: '0.00' });
    expect(account.entries.map((entry: { kind: string }) => entry.kind).sort()).toEqual([
      'credit_note',
      'payment',
      'payment',
      'receipt',
      'receipt',
      'refund',
    ]);
    await agree(payer);
  });

  it('a month paid in part by taxed credit, by credit taxed at its use, and by nobody taxes each part once', async () => {
    await travelTo(pool, '2027-02-05T10:00:00Z');
    const payer = await createBuyer(stage, await createTaxedSeller(stage, 'B'));
    await stage.api.patch(`/organizations/${payer.id}`, { billing_mode: 'postpaid', credit_limit: '100' });
    await buy(payer, { amount: '10.00' });
    const given = { kind: 'paid', amount: '4', currency: 'USD', reason: 'a transfer', tax_point: 'use' };
    await stage.api.post(`/organizations/${payer.id}/credits`, given);
    await spend(stage.api.databaseUrl, payer.uuid, 24n * DOLLAR);
    await endMonth('2027-03-01T00:05:00Z');
    // 24.00 of usage: 10.00 was taxed with its sale; 14.00 bears 2.66, and 4.00 of it is paid by the transfer.
    expect(await documentsOf(stage, payer)).toEqual([
      'receipt BRCT-000001 10.00 1.90 11.90 0.00',
      'invoice BINV-000001 14.00 2.66 16.66 12.66',
    ]);
    const { rows } = await pool.query<{ id: string }>(
      `select id from invoice where number_text = 'BINV-000001'`,
    );
    await world.get(InvoiceEndingService).markPaid(rows[0]?.id ?? '', 'transfer 7', ACTOR);
    expect(await ledger(payer)).toMatchObject({
      bank: '12660000000',
      revenue: '-24000000000',
      vat_payable: '-4560000000',
    });
    await agree(payer);
  });

  it('a refund of spent credit leaves tax and debt of what was used; the next top-up pays the debt and is taxed on the rest', async () => {
    await travelTo(pool, '2027-04-05T10:00:00Z');
    const payer = await createBuyer(stage, await createTaxedSeller(stage, 'C'));
    const { payment } = await buy(payer, { amount: '10.00' });
    await spend(stage.api.databaseUrl, payer.uuid, 6n * DOLLAR);
    await refund(payment);
    expect(await ledger(payer)).toMatchObject({ receivable: '7140000000', vat_payable: '-1140000000' });
    await buy(payer, { amount: '10.00' });
    expect(await stage.balanceOf(payer)).toBe('4.000000000');
    expect(await documentsOf(stage, payer)).toEqual([
      'receipt CRCT-000001 10.00 1.90 11.90 0.00',
      'refund CCN-000001 4.00 0.76 4.76',
      'receipt CRCT-000002 4.00 0.76 4.76 0.00',
    ]);
    const after = await ledger(payer);
    expect(after).toMatchObject({ deferred_revenue: '-4000000000', vat_payable: '-1900000000' });
    expect([after['receivable'], after['rounding']]).toEqual([undefined, undefined]);
    await endMonth('2027-05-01T00:05:00Z');
    await agree(payer);
  });

  it('money that comes back, by a refund that failed or a dispute that was won, is sold again with a receipt of its own', async () => {
    await travelTo(pool, '2027-06-05T10:00:00Z');
    const payer = await createBuyer(stage, await createTaxedSeller(stage, 'D'));
    const { payment } = await buy(payer, { amount: '10.00' });
    await spend(stage.api.databaseUrl, payer.uuid, 6n * DOLLAR);
    await refund(payment);
    stage.stripe.state.failRefund([...stage.stripe.state.refunds.values()].at(-1)?.id ?? '');
    await stage.deliver();
    expect(await stage.balanceOf(payer)).toBe('4.000000000');
    const intent = [...stage.stripe.state.intents.values()].at(-1)?.id ?? '';
    const { id } = stage.stripe.state.openDispute(intent);
    await stage.deliver();
    expect(await ledger(payer)).toMatchObject({ receivable: '7140000000' });
    stage.stripe.state.closeDispute(id, 'won');
    await stage.deliver();
    expect(await documentsOf(stage, payer)).toEqual([
      'receipt DRCT-000001 10.00 1.90 11.90 0.00',
      'refund DCN-000001 4.00 0.76 4.76',
      'receipt DRCT-000002 4.00 0.76 4.76 0.00',
      'dispute DCN-000002 4.00 0.76 4.76',
      'receipt DRCT-000003 4.00 0.76 4.76 0.00',
    ]);
    expect(await ledger(payer)).toMatchObject({
      deferred_revenue: '-4000000000',
      vat_payable: '-1900000000',
    });
    await endMonth('2027-07-01T00:05:00Z');
    await agree(payer);
  });

  it('a business in another member state gets a receipt without tax that says why', async () => {
    await travelTo(pool, '2027-08-05T10:00:00Z');
    const seller = await createTaxedSeller(stage, 'E');
    const payer = await createBuyer(stage, seller, { country: 'AT', vat_id: 'ATU12345675' });
    await buy(payer, { amount: '10.00' });
    expect(charged()).toBe(1_000);
    const { rows } = await pool.query<{ document: string }>(
      `select document from invoice where number_text = 'ERCT-000001'`,
    );
    expect(rows[0]?.document).toContain('Reverse charge');
    expect(await documentsOf(stage, payer)).toEqual(['receipt ERCT-000001 10.00 0.00 10.00 0.00']);
    await spend(stage.api.databaseUrl, payer.uuid, 3n * DOLLAR);
    await endMonth('2027-09-01T00:05:00Z');
    await agree(payer);
  });
});
