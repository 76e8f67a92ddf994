import { CorrectionsModule } from '../../src/billing/corrections/corrections.module.js';
import { CorrectionsService } from '../../src/billing/corrections/corrections.service.js';
import { CreditNotesService } from '../../src/billing/invoicing/credit-notes/credit-notes.service.js';
import { InvoiceEndingService } from '../../src/billing/invoicing/invoice-ending.service.js';
import { systemActor } from '../../src/platform/audit/audit-log.repository.js';
import { runCall } from '../support/builders/call.builder.js';
import { createModel, createPrice, type TestModel } from '../support/builders/catalog.builder.js';
import type { Tenant } from '../support/builders/tenant.builder.js';
import { travelTo } from '../support/clock.js';
import {
  createCustomer,
  createInvoicing,
  createLegalEntity,
  endMonthOf,
  type InvoicingWorld,
} from '../support/invoicing.js';
import { expectBooksAgree, ledgerOf } from '../support/statement.js';

type InvoiceRow = Record<
  'id' | 'kind' | 'status' | 'numberText' | 'net' | 'tax' | 'total' | 'applied' | 'sha',
  string
>;

const ACTOR = systemActor('finance');

describe('postpaid months over a travelled clock', () => {
  let world: InvoicingWorld;
  let entity: string;

  beforeAll(async () => {
    world = await createInvoicing({}, [CorrectionsModule]);
    entity = await createLegalEntity(world.pool, { country: 'DE', prefix: 'DE', rates: { DE: 190_000 } });
  });
  afterAll(() => world.drop());

  const model = (currency = 'EUR') =>
    createModel(world.pool, {
      currency,
      prices: [
        ['input', 3_000_000n, 2_000_000n],
        ['output', 15_000_000n, 10_000_000n],
      ],
    });
  const customer = (country: string, vatId?: string, timezone = 'Europe/Berlin') =>
    createCustomer(world.pool, {
      currency: 'EUR',
      timezone,
      country,
      legalEntityId: entity,
      netDays: 14,
      ...(vatId !== undefined && { vatId }),
    });
  const use = (tenant: Tenant, at: TestModel, input: number, output = 0) =>
    runCall(world.pool, tenant, { model: at, quantities: { input, output } });
  /** Closes what has ended and issues its documents, as the worker does. */
  const endMonth = (instant: string): Promise<void> => endMonthOf(world, instant);
  const invoicesOf = async (tenant: Tenant): Promise<InvoiceRow[]> => {
    const { rows } = await world.pool.query<InvoiceRow>(
      `select id, kind, status, number_text as "numberText", net_minor::text as net, tax_minor::text as tax,
              total_minor::text as total, applied_minor::text as applied, content_sha256 as sha
       from invoice where organization_id = $1 order by number`,
      [tenant.organizationId],
    );
    return rows;
  };
  const balanceOf = async ({ walletId }: Tenant): Promise<string> => {
    const { rows } = await world.pool.query<{ balance: string }>(
      'select balance_nano::text as balance from wallet where id = $1',
      [walletId],
    );
    return rows[0]?.balance ?? '';
  };
  const pay = async (tenant: Tenant): Promise<void> => {
    for (const { id, status } of await invoicesOf(tenant)) {
      if (status === 'finalized') await world.get(InvoiceEndingService).markPaid(id, `transfer ${id}`, ACTOR);
    }
  };

  it('a month with a tier, taxed under three regimes, and a credit note by hand', async () => {
    await travelTo(world.pool, '2026-11-03T10:00:00Z');
    const at = await model();
    const long = { ...at, prices: [...at.prices] };
    const longId = await createPrice(world.pool, {
      kind: 'list',
      modelId: at.modelId,
      providerId: null,
      tokenClass: 'input',
      currency: 'EUR',
      pico: 6_000_000n,
    });
    const [first] = at.prices;
    if (!first) throw new Error('no price');
    long.prices[0] = { ...first, listId: longId, listPico: 6_000_000n };
    const home = await customer('DE', 'DE136695976');
    const abroad = await customer('AT', 'ATU13585627');
    const outside = await customer('CH');
    for (const tenant of [home, abroad, outside]) {
      await use(tenant, at, 1_000_333, 200_000);
      await use(tenant, long, 250_001);
    }
    await endMonth('2026-11-30T23:05:00Z');
    // 3.000999 + 3.000000 + 1.500006 = 7.501005
    expect(await invoicesOf(home)).toMatchObject([
      {
        kind: 'invoice',
        status: 'finalized',
        numberText: expect.stringMatching(/^DEINV-/),
        net: '750',
        tax: '143',
        total: '893',
      },
    ]);
    expect(await invoicesOf(abroad)).toMatchObject([{ net: '750', tax: '0', total: '750' }]);
    expect(await invoicesOf(outside)).toMatchObject([{ net: '750', tax: '0', total: '750' }]);
    const { rows: categories } = await world.pool.query(
      `select o.tax_category as c, o.tax_rate_ppm as r from invoice_tax o join invoice i on i.id = o.invoice_id order by 1`,
    );
    expect(categories).toEqual([
      { c: 'AE', r: 0 },
      { c: 'G', r: 0 },
      { c: 'S', r: 190_000 },
    ]);

    const [invoice] = await invoicesOf(home);
    if (!invoice) throw new Error('no invoice');
    const note = await world.get(CreditNotesService).issue(
      {
        invoiceId: invoice.id,
        parts: () => [{ seq: 1, amountNano: 1_000_000_000n }],
        reason: 'goodwill',
        memo: 'slow answers on 3 November',
        idempotencyKey: 'story-1',
      },
      ACTOR,
    );
    expect(note).toMatchObject({
      numberText: 'DECN-000001',
      netMinor: 100n,
      taxMinor: 19n,
      totalMinor: 119n,
    });
    await pay(home);
    await pay(abroad);
    await pay(outside);
    expect(await ledgerOf(world.pool, home)).toEqual({
      bank: '7740000000',
      cost_of_sales: '4500668000',
      provider_payable: '-4500668000',
      revenue: '-7501005000',
      revenue_reduction: '1000000000',
      rounding: '1005000',
      vat_payable: '-1240000000',
    });
    expect(await balanceOf(home)).toBe('0');
    await expectBooksAgree(world, [home, abroad, outside]);
  });

  it('a wrong price is corrected after it was invoiced and paid: a credit note, a new charge on the next invoice', async () => {
    await travelTo(world.pool, '2027-01-05T10:00:00Z');
    const at = await model();
    const tenant = await customer('DE');
    const wrong = await use(tenant, at, 1_000_000);
    await use(tenant, at, 500_000);
    await endMonth('2027-01-31T23:05:00Z');
    await pay(tenant);
    expect(await invoicesOf(tenant)).toMatchObject([{ net: '450', tax: '86', total: '536', status: 'paid' }]);
    const [before] = await invoicesOf(tenant);

    await travelTo(world.pool, '2027-02-10T10:00:00Z');
    const contract = await createPrice(world.pool, {
      kind: 'list',
      modelId: at.modelId,
      providerId: at.providerId,
      organizationId: tenant.organizationId,
      tokenClass: 'input',
      currency: 'EUR',
      pico: 2_000_000n,
    });
    await use(tenant, at, 100_000);
    const order = {
      organizationId: tenant.organizationId,
      targets: [wrong.event],
      prices: [contract],
      chargeAgain: true,
      reason: 'price_correction' as const,
      memo: 'contract price since January',
      idempotencyKey: 'correct-1',
    };
    const { correction, notes } = await world.get(CorrectionsService).correct(order, ACTOR);
    expect(correction.status).toBe('settled');
    expect(notes).toHaveLength(1);
    expect(await world.get(CorrectionsService).correct(order, ACTOR)).toMatchObject({
      correction: { id: correction.id },
    });
    const again = world.get(CorrectionsService).correct({ ...order, idempotencyKey: 'correct-2' }, ACTOR);
    await expect(again).rejects.toMatchObject({ kind: 'conflict', details: { code: 'already_corrected' } });
    const { rows: credit } = await world.pool.query(
      'select net_minor::text as net, tax_minor::text as tax from credit_note where correction_id = $1',
      [correction.id],
    );
    expect(credit).toEqual([{ net: '300', tax: '57' }]);

    await endMonth('2027-02-28T23:05:00Z');
    // 0.30 of new usage and 2.00 charged anew; the credit note of 3.57 pays all 2.74 of it
    expect(await invoicesOf(tenant)).toMatchObject([
      { sha: before?.sha, total: '536' },
      { net: '230', tax: '44', total: '274', applied: '274', status: 'paid' },
    ]);
    const { rows: events } = await world.pool.query(
      'select kind, amount_nano::text as nano from usage_event where organization_id = $1 order by recorded_at, kind',
      [tenant.organizationId],
    );
    expect(events.map(({ kind, nano }: { kind: string; nano: string }) => `${kind} ${nano}`)).toEqual([
      'usage 3000000000',
      'usage 1500000000',
      'usage 300000000',
      'reversal -3000000000',
      'correction 2000000000',
    ]);
    await expectBooksAgree(world, [tenant]);
  });

  it('a charge of the open month that was wrong is taken back without any credit note', async () => {
    await travelTo(world.pool, '2027-03-02T10:00:00Z');
    const at = await model();
    const tenant = await customer('DE');
    await use(tenant, at, 1_000_000);
    const failed = await use(tenant, at, 2_000_000);
    const { notes } = await world.get(CorrectionsService).correct(
      {
        organizationId: tenant.organizationId,
        targets: [failed.hold],
        prices: [],
        chargeAgain: false,
        reason: 'service_failure',
        memo: 'the answer was empty',
        idempotencyKey: 'correct-3',
      },
      ACTOR,
    );
    expect(notes).toEqual([]);
    await endMonth('2027-03-31T22:05:00Z');
    expect(await invoicesOf(tenant)).toMatchObject([{ net: '300', tax: '57', total: '357' }]);
    await pay(tenant);
    await expectBooksAgree(world, [tenant]);
  });

  it('a year of twelve closes: one invoice a month, numbers in order, nothing lost between months', async () => {
    const at = await model();
    const tenant = await customer('DE');
    for (let month = 1; month <= 12; month++) {
      const name = `2028-${String(month).padStart(2, '0')}`;
      await travelTo(world.pool, `${name}-15T12:00:00Z`);
      await use(tenant, at, 333_333 * month);
      await endMonth(
        month === 12 ? '2029-01-01T00:05:00Z' : `2028-${String(month + 1).padStart(2, '0')}-01T00:05:00Z`,
      );
      await pay(tenant);
    }
    const invoices = await invoicesOf(tenant);
    expect(invoices.map(({ net }) => net)).toEqual(
      Array.from({ length: 12 }, (_, index) => String(100 * (index + 1))),
    );
    const { rows } = await world.pool.query(
      `select count(*)::int as n, min(ends_at - starts_at) >= interval '28 days' as whole,
              bool_and(status = 'closed') as closed
       from billing_period where organization_id = $1`,
      [tenant.organizationId],
    );
    expect(rows).toEqual([{ n: 12, whole: true, closed: true }]);
    await expectBooksAgree(world, [tenant]);
  }, 60_000);
});
