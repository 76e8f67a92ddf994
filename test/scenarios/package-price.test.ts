import { CorrectionsModule } from '../../src/billing/corrections/corrections.module.js';
import { CorrectionsService } from '../../src/billing/corrections/corrections.service.js';
import { CommitmentsService } from '../../src/billing/invoicing/commitments/commitments.service.js';
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

const ACTOR = systemActor('finance');

describe('searches sold by the thousand, over a travelled clock', () => {
  let world: InvoicingWorld;
  let tenant: Tenant;
  let model: TestModel;

  beforeAll(async () => {
    world = await createInvoicing({}, [CorrectionsModule]);
    await travelTo(world.pool, '2027-01-04T10:00:00Z');
    const entity = await createLegalEntity(world.pool, {
      country: 'DE',
      prefix: 'DE',
      rates: { DE: 190_000 },
    });
    tenant = await createCustomer(world.pool, {
      currency: 'EUR',
      timezone: 'Europe/Berlin',
      country: 'DE',
      legalEntityId: entity,
    });
    const listed = await createModel(world.pool, {
      currency: 'EUR',
      prices: [['search', 10_000_000_000n, 1_000_000_000n]],
    });
    const listId = await createPrice(world.pool, {
      kind: 'list',
      modelId: listed.modelId,
      providerId: null,
      organizationId: tenant.organizationId,
      tokenClass: 'search',
      currency: 'EUR',
      pico: 5_000_000_000n,
    });
    await world.pool.query(
      'insert into package_price (price_version_id, size, amount_nano) values ($1, 1000, 5000000000)',
      [listId],
    );
    model = {
      ...listed,
      prices: listed.prices.map((price) => ({ ...price, listId, listPico: 5_000_000_000n })),
    };
  });
  afterAll(() => world.drop());

  const search = (calls: number) => runCall(world.pool, tenant, { model, quantities: { search: calls } });
  const endMonth = async (instant: string): Promise<void> => {
    await endMonthOf(world, instant);
    const { rows } = await world.pool.query<{ id: string }>(
      `select id from invoice where organization_id = $1 and status = 'finalized'`,
      [tenant.organizationId],
    );
    for (const { id } of rows) await world.get(InvoiceEndingService).markPaid(id, `transfer ${id}`, ACTOR);
  };
  /** What each invoice charges, oldest first. */
  const billed = async () => {
    const { rows } = await world.pool.query<{ total: string; lines: string[] }>(
      `select i.net_minor || ' + ' || i.tax_minor as total, array_agg(l.kind || ' ' || l.amount_nano order by l.seq) as lines
       from invoice i join invoice_line l on l.invoice_id = i.id where i.organization_id = $1 group by i.id order by i.number`,
      [tenant.organizationId],
    );
    return rows.map(({ total, lines }) => [total, ...lines]);
  };

  it('pays each call its share and each month the rest of the thousand it began, corrections apart', async () => {
    const first = await search(400);
    await search(700);
    await endMonth('2027-01-31T23:05:00Z');
    await search(600);
    await search(400);
    await endMonth('2027-02-28T23:05:00Z');
    await world.get(CommitmentsService).create(
      {
        organizationId: tenant.organizationId,
        amountNano: 12_000_000_000n,
        currency: 'EUR',
        validFrom: '2027-03-01',
        validUntil: '2027-04-01',
      },
      ACTOR,
    );
    await search(1);
    await world.get(CorrectionsService).correct(
      {
        organizationId: tenant.organizationId,
        targets: [first.event],
        prices: [],
        chargeAgain: false,
        reason: 'service_failure',
        memo: 'empty answers in January',
        idempotencyKey: 'packages-1',
      },
      ACTOR,
    );
    await endMonth('2027-03-31T22:05:00Z');
    expect(await billed()).toEqual([
      ['1000 + 190', 'usage 5500000000', 'package 4500000000'],
      ['500 + 95', 'usage 5000000000'],
      // One search of March, 400 of January taken back and credited.
      ['1200 + 228', 'usage -1995000000', 'credited 2000000000', 'package 4995000000', 'true_up 7000000000'],
    ]);
    // The note of 2.38 over January pays a part of March.
    expect(await ledgerOf(world.pool, tenant)).toEqual({
      bank: '29750000000',
      cost_of_sales: '1701000000',
      provider_payable: '-1701000000',
      revenue: '-25000000000',
      vat_payable: '-4750000000',
    });
    await expectBooksAgree(world, [tenant]);
  });
});
