import { CreditsRepository } from '../../src/billing/credits/credits.repository.js';
import { CreditsService } from '../../src/billing/credits/credits.service.js';
import { ExpiryService } from '../../src/billing/credits/expiry.service.js';
import { InvoiceEndingService } from '../../src/billing/invoicing/invoice-ending.service.js';
import { LedgerRepository } from '../../src/billing/ledger/ledger.repository.js';
import { LedgerService } from '../../src/billing/ledger/ledger.service.js';
import { uuidv7 } from '../../src/core/ids.js';
import { AuditLogRepository, systemActor } from '../../src/platform/audit/audit-log.repository.js';
import { Database } from '../../src/platform/database/database.service.js';
import { placeHolds, runCall, settleCalls, settlementOf } from '../support/builders/call.builder.js';
import { createModel, type TestModel } from '../support/builders/catalog.builder.js';
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
const DOLLAR = 1_000_000_000n;

describe('prepaid credit with a promotion, and what expires of both, over a travelled clock', () => {
  let world: InvoicingWorld;
  let tenant: Tenant;
  let model: TestModel;

  beforeAll(async () => {
    world = await createInvoicing();
    const entity = await createLegalEntity(world.pool, {
      country: 'DE',
      prefix: 'DE',
      rates: { DE: 190_000 },
      taxPoint: 'use',
    });
    model = await createModel(world.pool);
    await travelTo(world.pool, '2026-11-03T10:00:00Z');
    tenant = await createCustomer(world.pool, { mode: 'prepaid', country: 'DE', legalEntityId: entity });
  });
  afterAll(() => world.drop());

  const credits = () => new CreditsRepository(world.get(Database));
  const give = async (kind: 'paid' | 'promo', dollars: bigint, expiresAt: string): Promise<void> => {
    const database = world.get(Database);
    const service = new CreditsService(
      database,
      credits(),
      world.get(LedgerService),
      world.get(AuditLogRepository),
    );
    await service.grant(
      {
        organizationId: tenant.organizationId,
        kind,
        amountNano: dollars * DOLLAR,
        currency: 'USD',
        reason: 'test',
        expiresAt: new Date(expiresAt),
        idempotencyKey: uuidv7(),
        createdBy: 'test',
      },
      ACTOR,
    );
  };
  /** Lets the expiry job run; answers how many lots lost money and what the wallet holds then. */
  const expire = async () => {
    const lots = await new ExpiryService(
      world.get(Database),
      credits(),
      world.rollup,
      world.get(LedgerRepository),
      world.get(LedgerService),
    ).run();
    const { rows } = await world.pool.query<{ balance: string }>(
      'select balance_nano::text as balance from wallet where id = $1',
      [tenant.walletId],
    );
    return { lots, balance: rows[0]?.balance };
  };
  const endMonth = (instant: string): Promise<void> => endMonthOf(world, instant);
  const invoices = async () => {
    const { rows } = await world.pool.query<Record<string, string>>(
      `select id, kind, net_minor::text as net, tax_minor::text as tax, prepaid_minor::text as prepaid,
         (total_minor - prepaid_minor - applied_minor - paid_minor)::text as due
       from invoice where organization_id = $1 order by finalized_at`,
      [tenant.organizationId],
    );
    return rows;
  };

  it('a present goes first and is no revenue, what it leaves expires for nothing, unused paid credit becomes breakage', async () => {
    await give('paid', 20n, '2027-02-01T00:00:00Z');
    await give('promo', 5n, '2026-11-20T00:00:00Z');
    await travelTo(world.pool, '2026-11-05T10:00:00Z');
    await runCall(world.pool, tenant, { model, quantities: { input: 1_000_000 } });
    // A call that is under way while the present runs out holds 1.50 of its last 2.00.
    await travelTo(world.pool, '2026-11-19T23:59:00Z');
    const [open] = await placeHolds(world.pool, [{ keyId: tenant.keyId, model, amountNano: 1_500_000_000n }]);
    await travelTo(world.pool, '2026-11-20T00:01:00Z');
    expect(await expire()).toEqual({ lots: 1, balance: '20000000000' });
    await settleCalls(world.pool, [settlementOf(open?.hold ?? '', model, { input: 500_000 })]);
    await travelTo(world.pool, '2026-11-25T10:00:00Z');
    await runCall(world.pool, tenant, { model, quantities: { input: 1_500_000, output: 1 } });

    // 3.00 of the present, then 1.50 and 4.500015 of paid credit; the tax is due at the use of the latter.
    await endMonth('2026-12-01T00:05:00Z');
    const [november] = await invoices();
    expect(november).toMatchObject({ kind: 'invoice', net: '600', tax: '114', prepaid: '600', due: '114' });
    await world.get(InvoiceEndingService).markPaid(november?.['id'] ?? '', 'transfer 1', ACTOR);
    expect(await ledgerOf(world.pool, tenant)).toMatchObject({
      bank: '1140000000',
      cash_clearing: '20000000000',
      deferred_revenue: '-13999985000',
      revenue: '-6000015000',
      vat_payable: '-1140000000',
    });

    // December is quiet: it closes without a document.
    await endMonth('2027-01-01T00:05:00Z');
    await give('promo', 1n, '2027-06-01T00:00:00Z');
    await travelTo(world.pool, '2027-01-15T10:00:00Z');
    await runCall(world.pool, tenant, { model, quantities: { input: 1_000_000 } });
    await endMonth('2027-02-01T00:05:00Z');
    const issued = await invoices();
    expect(issued).toHaveLength(2);
    expect(issued[1]).toMatchObject({ net: '200', tax: '38', prepaid: '200', due: '38' });
    await world.get(InvoiceEndingService).markPaid(issued[1]?.['id'] ?? '', 'transfer 2', ACTOR);

    // 20 sold, 8.000015 used of it: 11.999985 is earned without a service, and nothing expires twice.
    expect(await expire()).toEqual({ lots: 1, balance: '0' });
    expect(await expire()).toEqual({ lots: 0, balance: '0' });
    const ledger = await ledgerOf(world.pool, tenant);
    expect(ledger).toMatchObject({
      bank: '1520000000',
      breakage_revenue: '-11999985000',
      cash_clearing: '20000000000',
      revenue: '-8000015000',
      vat_payable: '-1520000000',
    });
    expect(Object.keys(ledger)).not.toEqual(expect.arrayContaining(['deferred_revenue']));
    expect(Object.keys(ledger).filter((kind) => kind.startsWith('promo'))).toEqual([]);
    await expectBooksAgree(world, [tenant]);
  });
});
