import { CorrectionsModule } from '../../src/billing/corrections/corrections.module.js';
import { CorrectionsService } from '../../src/billing/corrections/corrections.service.js';
import { CreditsService } from '../../src/billing/credits/credits.service.js';
import { CreditsRepository } from '../../src/billing/credits/credits.repository.js';
import { InvoiceEndingService } from '../../src/billing/invoicing/invoice-ending.service.js';
import { LedgerService } from '../../src/billing/ledger/ledger.service.js';
import { uuidv7 } from '../../src/core/ids.js';
import { AuditLogRepository, systemActor } from '../../src/platform/audit/audit-log.repository.js';
import { Database } from '../../src/platform/database/database.service.js';
import { runCall } from '../support/builders/call.builder.js';
import { createModel } from '../support/builders/catalog.builder.js';
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

describe('prepaid months over a travelled clock', () => {
  let world: InvoicingWorld;

  beforeAll(async () => {
    world = await createInvoicing({}, [CorrectionsModule]);
  });
  afterAll(() => world.drop());

  const give = async (tenant: Tenant, kind: 'paid' | 'promo', amountNano: bigint): Promise<void> => {
    const database = world.get(Database);
    const credits = new CreditsService(
      database,
      new CreditsRepository(database),
      world.get(LedgerService),
      world.get(AuditLogRepository),
    );
    const order = {
      organizationId: tenant.organizationId,
      kind,
      amountNano,
      currency: 'JPY',
      reason: 'test',
    };
    await credits.grant({ ...order, idempotencyKey: uuidv7(), createdBy: 'test' }, ACTOR);
  };
  const endMonth = (instant: string): Promise<void> => endMonthOf(world, instant);
  const documents = async (tenant: Tenant) => {
    const { rows } = await world.pool.query<Record<string, string>>(
      `select id, kind, status, net_minor::text as net, tax_minor::text as tax, prepaid_minor::text as prepaid,
         (total_minor - prepaid_minor - applied_minor - paid_minor)::text as due
       from invoice where organization_id = $1 order by finalized_at`,
      [tenant.organizationId],
    );
    return rows;
  };

  it('yen: usage paid by promo and prepaid credit; only the tax of what was not a present is left to pay', async () => {
    const entity = await createLegalEntity(world.pool, {
      country: 'JP',
      prefix: 'JP',
      rates: { JP: 100_000 },
      taxPoint: 'use',
    });
    const model = await createModel(world.pool, {
      currency: 'JPY',
      prices: [['input', 450_000_000n, 300_000_000n]],
    });
    await travelTo(world.pool, '2026-11-10T03:00:00Z');
    const tenant = await createCustomer(world.pool, {
      mode: 'prepaid',
      currency: 'JPY',
      country: 'JP',
      timezone: 'Asia/Tokyo',
      legalEntityId: entity,
    });
    await give(tenant, 'paid', 10_000_000_000_000n);
    await give(tenant, 'promo', 1_000_000_000_000n);
    await runCall(world.pool, tenant, { model, quantities: { input: 7_000_001 } });
    await endMonth('2026-11-30T15:05:00Z');
    // 3150.00045 of usage, 1000 of it a present: 2150 and 10 % of it; the credit pays the 2150
    const [invoice] = await documents(tenant);
    expect(invoice).toMatchObject({ kind: 'invoice', net: '2150', tax: '215', prepaid: '2150', due: '215' });
    await world.get(InvoiceEndingService).markPaid(invoice?.['id'] ?? '', 'furikomi 1', ACTOR);
    expect(await ledgerOf(world.pool, tenant)).toMatchObject({
      bank: '215000000000',
      deferred_revenue: '-7849999550000',
      revenue: '-2150000450000',
      vat_payable: '-215000000000',
    });
    await expectBooksAgree(world, [tenant]);
  });

  it('a month in which prepaid usage is only given back closes as well, with a statement below zero', async () => {
    const model = await createModel(world.pool, {
      currency: 'JPY',
      prices: [['input', 450_000_000n, 300_000_000n]],
    });
    await travelTo(world.pool, '2027-01-10T03:00:00Z');
    const tenant = await createCustomer(world.pool, { mode: 'prepaid', currency: 'JPY' });
    await give(tenant, 'paid', 10_000_000_000_000n);
    const call = await runCall(world.pool, tenant, { model, quantities: { input: 2_000_000 } });
    await endMonth('2027-02-01T00:05:00Z');
    await travelTo(world.pool, '2027-02-10T00:00:00Z');
    await world.get(CorrectionsService).correct(
      {
        organizationId: tenant.organizationId,
        targets: [call.event],
        prices: [],
        chargeAgain: false,
        reason: 'service_failure',
        memo: 'the answer was empty',
        idempotencyKey: 'give-back',
      },
      ACTOR,
    );
    await endMonth('2027-03-01T00:05:00Z');
    expect(await documents(tenant)).toMatchObject([
      { kind: 'statement', status: 'paid', net: '900', prepaid: '900', due: '0' },
      { kind: 'statement', status: 'paid', net: '-900', prepaid: '-900', due: '0' },
    ]);
    await expectBooksAgree(world, [tenant]);
  });
});
