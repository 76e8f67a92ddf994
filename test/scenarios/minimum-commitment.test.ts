import { CorrectionsModule } from '../../src/billing/corrections/corrections.module.js';
import { CorrectionsService } from '../../src/billing/corrections/corrections.service.js';
import { CommitmentsService } from '../../src/billing/invoicing/commitments/commitments.service.js';
import { remainingParts } from '../../src/billing/invoicing/credit-notes/credit-note.js';
import { CreditNotesService } from '../../src/billing/invoicing/credit-notes/credit-notes.service.js';
import { InvoiceEndingService } from '../../src/billing/invoicing/invoice-ending.service.js';
import { systemActor } from '../../src/platform/audit/audit-log.repository.js';
import { runCall } from '../support/builders/call.builder.js';
import { createModel, createPrice, type TestModel } from '../support/builders/catalog.builder.js';
import type { Tenant } from '../support/builders/tenant.builder.js';
import { travelTo } from '../support/clock.js';
import { financeReport } from '../support/finance-reports.js';
import {
  createCustomer,
  createInvoicing,
  createLegalEntity,
  endMonthOf,
  type InvoicingWorld,
} from '../support/invoicing.js';
import { expectBooksAgree, ledgerOf } from '../support/statement.js';

const ACTOR = systemActor('finance');
const EURO = 1_000_000_000n;

describe('a minimum commitment over a travelled clock', () => {
  let world: InvoicingWorld;
  let entity: string;
  let model: TestModel;

  beforeAll(async () => {
    world = await createInvoicing({}, [CorrectionsModule]);
    entity = await createLegalEntity(world.pool, { country: 'DE', prefix: 'DE', rates: { DE: 190_000 } });
    await travelTo(world.pool, '2026-11-20T10:00:00Z');
    model = await createModel(world.pool, { currency: 'EUR', prices: [['input', 3_000_000n, 2_000_000n]] });
  });
  afterAll(() => world.drop());

  const customer = (timezone = 'Europe/Berlin') =>
    createCustomer(world.pool, {
      currency: 'EUR',
      timezone,
      country: 'DE',
      legalEntityId: entity,
      netDays: 14,
    });
  const commit = (tenant: Tenant, amountNano: bigint, validFrom: string, validUntil: string | null = null) =>
    world
      .get(CommitmentsService)
      .create(
        { organizationId: tenant.organizationId, amountNano, currency: 'EUR', validFrom, validUntil },
        ACTOR,
      );
  const end = (tenant: Tenant, id: string, validUntil: string) =>
    world.get(CommitmentsService).end({ organizationId: tenant.organizationId, id, validUntil }, ACTOR);
  const use = (tenant: Tenant, input: number) =>
    runCall(world.pool, tenant, { model, quantities: { input } });
  /** Closes what has ended and issues its documents, as the worker does. */
  const endMonth = (instant: string): Promise<void> => endMonthOf(world, instant);
  /** Every invoice with what each of its lines charges, oldest first. */
  const invoicesOf = async ({ organizationId }: Tenant) => {
    const { rows } = await world.pool.query<{
      id: string;
      status: string;
      total: string;
      sha: string;
      lines: string[];
    }>(
      `select i.id, i.status, i.net_minor || ' + ' || i.tax_minor as total, i.content_sha256 as sha,
         coalesce(array_agg(l.kind || ' ' || l.amount_nano order by l.seq) filter (where l.seq is not null), '{}') as lines
       from invoice i join billing_period p on p.id = i.period_id left join invoice_line l on l.invoice_id = i.id
       where i.organization_id = $1 group by i.id, p.starts_at order by p.starts_at, i.created_at`,
      [organizationId],
    );
    return rows;
  };
  const billed = async (tenant: Tenant) =>
    (await invoicesOf(tenant)).map(({ total, lines }) => [total, ...lines]);
  const pay = async (tenant: Tenant): Promise<void> => {
    for (const { id, status } of await invoicesOf(tenant)) {
      if (status === 'finalized') await world.get(InvoiceEndingService).markPaid(id, `transfer ${id}`, ACTOR);
    }
  };

  it('tops up a month below it to the nano, tax and all, and leaves a month above it as it is', async () => {
    const tenant = await customer();
    const { id } = await commit(tenant, 10n * EURO, '2026-11-01');
    await use(tenant, 1_000_333);
    await endMonth('2026-11-30T23:05:00Z');
    await use(tenant, 4_000_000);
    await endMonth('2026-12-31T23:05:00Z');
    await end(tenant, id, '2027-01-01');
    await endMonth('2027-01-31T23:05:00Z');
    expect(await billed(tenant)).toEqual([
      ['1000 + 190', 'usage 3000999000', 'true_up 6999001000'],
      ['1200 + 228', 'usage 12000000000'],
    ]);
    await pay(tenant);
    expect(await ledgerOf(world.pool, tenant)).toEqual({
      bank: '26180000000',
      cost_of_sales: '10000666000',
      provider_payable: '-10000666000',
      revenue: '-22000000000',
      vat_payable: '-4180000000',
    });
    const { rows } = await world.pool.query<{ balance: string }>(
      'select balance_nano::text as balance from wallet where id = $1',
      [tenant.walletId],
    );
    expect(rows).toEqual([{ balance: '0' }]);
    const margin = await financeReport(world.url, 'margin', { organizationId: tenant.organizationId });
    expect(margin.filter(({ model: of }) => of === null)).toEqual([
      expect.objectContaining({
        month: '2026-12-01T00:00:00.000Z',
        provider: null,
        revenue: '6.999001000',
        margin: '6.999001000',
      }),
    ]);
    await expectBooksAgree(world, [tenant]);
  });

  it('counts the days and the usage from its first day on, and that of its successor with it', async () => {
    await travelTo(world.pool, '2027-03-10T12:00:00Z');
    const tenant = await customer();
    await commit(tenant, 31n * EURO, '2027-03-15');
    await use(tenant, 5_000_000);
    // 14 March 23:00 in Berlin is the last hour that does not count, the next one the first that does.
    await travelTo(world.pool, '2027-03-14T22:30:00Z');
    await use(tenant, 1_000_000);
    await travelTo(world.pool, '2027-03-14T23:30:00Z');
    await use(tenant, 1_000_000);
    await endMonth('2027-03-31T22:05:00Z');
    // 31 x 17 / 31 = 17, of which 3 were used
    expect(await billed(tenant)).toEqual([['3500 + 665', 'usage 21000000000', 'true_up 14000000000']]);

    const second = await commit(tenant, 100n * EURO, '2027-04-11');
    await end(tenant, second.id, '2027-04-21');
    await endMonth('2027-04-30T22:05:00Z');
    // 31 x 10 / 30 and 100 x 10 / 30, rounded together
    expect(await billed(tenant)).toEqual([
      ['3500 + 665', 'usage 21000000000', 'true_up 14000000000'],
      ['4367 + 830', 'true_up 43666666667'],
    ]);
    await pay(tenant);
    await expectBooksAgree(world, [tenant]);
  });

  it('bills months nothing was used in, also those that nobody closed in time, each once', async () => {
    await travelTo(world.pool, '2027-05-20T10:00:00Z');
    const tenant = await customer('Asia/Kolkata');
    await commit(tenant, 5n * EURO, '2027-06-01', '2027-08-16');
    await endMonth('2027-10-02T00:00:00Z');
    await endMonth('2027-10-03T00:00:00Z');
    // 5 x 15 / 31 = 2.419354838…
    expect(await billed(tenant)).toEqual([
      ['500 + 95', 'true_up 5000000000'],
      ['500 + 95', 'true_up 5000000000'],
      ['242 + 46', 'true_up 2419354839'],
    ]);
    const { rows } = await world.pool.query(
      `select min(starts_at) = '2027-05-31T18:30Z' as first, max(ends_at) = '2027-08-31T18:30Z' as last, count(*)::int as n
       from billing_period where organization_id = $1`,
      [tenant.organizationId],
    );
    expect(rows).toEqual([{ first: true, last: true, n: 3 }]);
    await pay(tenant);
    await expectBooksAgree(world, [tenant]);
  });

  it('measures a month that was billed in parts as a whole, on its last bill', async () => {
    await travelTo(world.pool, '2028-01-10T10:00:00Z');
    const tenant = await customer();
    await commit(tenant, 10n * EURO, '2028-01-01', '2028-03-01');
    await use(tenant, 2_000_000);
    const closeEarly = async () => {
      const [open] = await world.periods.list(tenant.organizationId, 1);
      await world.periods.close(tenant.organizationId, open?.id ?? '', { early: true });
    };
    await closeEarly();
    await use(tenant, 1_000_000);
    await endMonth('2028-01-31T23:05:00Z');
    // February: all of it in the first part, and no call afterwards.
    await use(tenant, 1_000_000);
    await closeEarly();
    await endMonth('2028-02-29T23:05:00Z');
    expect(await billed(tenant)).toEqual([
      ['600 + 114', 'usage 6000000000'],
      ['400 + 76', 'usage 3000000000', 'true_up 1000000000'],
      ['300 + 57', 'usage 3000000000'],
      ['700 + 133', 'true_up 7000000000'],
    ]);
    await pay(tenant);
    await expectBooksAgree(world, [tenant]);
  });

  it('keeps an issued true-up when a price is corrected later, and no later one counts the correction', async () => {
    await travelTo(world.pool, '2028-04-05T10:00:00Z');
    const tenant = await customer();
    await commit(tenant, 10n * EURO, '2028-04-01', '2028-06-01');
    const wrong = await use(tenant, 2_000_000);
    await endMonth('2028-04-30T22:05:00Z');
    await pay(tenant);
    const [before] = await invoicesOf(tenant);
    await travelTo(world.pool, '2028-05-10T10:00:00Z');
    const contract = await createPrice(world.pool, {
      kind: 'list',
      modelId: model.modelId,
      providerId: model.providerId,
      organizationId: tenant.organizationId,
      tokenClass: 'input',
      currency: 'EUR',
      pico: 1_000_000n,
    });
    await use(tenant, 1_000_000);
    await world.get(CorrectionsService).correct(
      {
        organizationId: tenant.organizationId,
        targets: [wrong.event],
        prices: [contract],
        chargeAgain: true,
        reason: 'price_correction',
        memo: 'contract price since April',
        idempotencyKey: 'commitment-1',
      },
      ACTOR,
    );
    await endMonth('2028-05-31T22:05:00Z');
    const [first, second] = await invoicesOf(tenant);
    expect(first).toMatchObject({ sha: before?.sha, total: '1000 + 190', lines: before?.lines });
    // 3 of its own, 6 taken back (and credited), 2 charged anew: only the 3 count.
    expect(second?.total).toBe('1200 + 228');
    expect([...(second?.lines ?? [])].sort()).toEqual([
      'credited 6000000000',
      'true_up 7000000000',
      'usage -3000000000',
      'usage 2000000000',
    ]);
    await pay(tenant);
    await expectBooksAgree(world, [tenant]);
  });

  it('is billed again when an invoice is void, and given back by a credit note over all of it', async () => {
    await travelTo(world.pool, '2028-07-05T10:00:00Z');
    const tenant = await customer();
    await commit(tenant, 10n * EURO, '2028-07-01', '2028-08-01');
    await use(tenant, 1_000_000);
    await endMonth('2028-07-31T22:05:00Z');
    const [first] = await invoicesOf(tenant);
    await world.get(InvoiceEndingService).void(first?.id ?? '', ACTOR);
    await endMonth('2028-08-02T00:00:00Z');
    const [voided, again] = await invoicesOf(tenant);
    expect(voided).toMatchObject({ status: 'void', total: '1000 + 190' });
    expect(again).toMatchObject({ status: 'finalized', lines: ['usage 3000000000', 'true_up 7000000000'] });
    const note = await world.get(CreditNotesService).issue(
      {
        invoiceId: again?.id ?? '',
        parts: remainingParts,
        reason: 'goodwill',
        memo: 'start-up',
        idempotencyKey: 'commitment-2',
      },
      ACTOR,
    );
    expect(note).toMatchObject({
      totalMinor: 1190n,
      usageNano: 3_000_000_000n,
      periodEndNano: 7_000_000_000n,
    });
    expect((await invoicesOf(tenant))[1]).toMatchObject({ status: 'paid' });
    expect(await ledgerOf(world.pool, tenant)).toEqual({
      cost_of_sales: '2000000000',
      provider_payable: '-2000000000',
      revenue: '-10000000000',
      revenue_reduction: '10000000000',
    });
    await expectBooksAgree(world, [tenant]);
  });
});
