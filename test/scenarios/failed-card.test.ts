import { CollectionService } from '../../src/billing/invoicing/dunning/collection.service.js';
import { FinalizationService } from '../../src/billing/invoicing/finalization.service.js';
import { uuidv7 } from '../../src/core/ids.js';
import { placeHolds, releaseOf, runCall, settleCalls } from '../support/builders/call.builder.js';
import { createModel, type TestModel } from '../support/builders/catalog.builder.js';
import type { Tenant } from '../support/builders/tenant.builder.js';
import { travelTo } from '../support/clock.js';
import {
  createCustomer,
  createInvoicing,
  createLegalEntity,
  type InvoicingWorld,
} from '../support/invoicing.js';
import { expectBooksAgree, ledgerOf } from '../support/statement.js';

describe('a failed card, dunning and cure, over a travelled clock', () => {
  let world: InvoicingWorld;
  let tenant: Tenant;
  let model: TestModel;

  beforeAll(async () => {
    world = await createInvoicing();
    model = await createModel(world.pool, { currency: 'EUR' });
    const entity = await createLegalEntity(world.pool, {
      country: 'DE',
      prefix: 'DE',
      rates: { DE: 190_000 },
    });
    await travelTo(world.pool, '2026-11-20T10:00:00Z');
    tenant = await createCustomer(world.pool, { currency: 'EUR', country: 'DE', legalEntityId: entity });
    await useCard('pm_card_chargeCustomerFail', tenant.paymentMethodId);
  });
  afterAll(() => world.drop());

  /** Gives the customer this sandbox card as the default, as attaching one does. */
  async function useCard(card: string, id = uuidv7()): Promise<void> {
    await world.pool.query(
      `insert into payment_method (id, organization_id, provider, provider_reference) values ($1, $2, 'sandbox', $3)
       on conflict (id) do update set provider_reference = $3`,
      [id, tenant.organizationId, `${card}:${id}`],
    );
    await world.pool.query('update organization set default_payment_method_id = $2 where id = $1', [
      tenant.organizationId,
      id,
    ]);
  }
  const state = async () => {
    const { rows } = await world.pool.query(
      `select i.status, i.dunning, i.collection_tries as tries, w.status as wallet, w.balance_nano::text as balance,
         to_char(i.collect_at at time zone 'UTC', 'MM-DD HH24') as next
       from invoice i join wallet w on w.id = i.wallet_id where i.organization_id = $1`,
      [tenant.organizationId],
    );
    return rows[0] as Record<string, unknown>;
  };
  const on = async (instant: string): Promise<Record<string, unknown>> => {
    await travelTo(world.pool, instant);
    await world.get(CollectionService).run();
    return state();
  };
  /** Whether a call would be admitted; one that is ends at once, without a charge. */
  const call = async (): Promise<string | undefined> => {
    const [placed] = await placeHolds(world.pool, [{ keyId: tenant.keyId, model, amountNano: 1_000n }]);
    if (placed?.outcome === 'placed') await settleCalls(world.pool, [releaseOf(placed.hold, model)]);
    return placed?.outcome;
  };
  const events = async (): Promise<string[]> => {
    const { rows } = await world.pool.query<{ type: string }>(
      `select payload ->> 'type' as type from outbox where payload ->> 'type' like 'invoice.%' order by id`,
    );
    return rows.map(({ type }) => type);
  };

  it('charges, tries again, stops the keys, and starts them again once a new card has paid', async () => {
    await runCall(world.pool, tenant, { model, quantities: { input: 2_000_000 } });
    await travelTo(world.pool, '2026-12-01T00:05:00Z');
    expect(await world.periods.closeDue()).toBe(1);
    await travelTo(world.pool, '2026-12-01T01:06:00Z');
    expect(await world.get(FinalizationService).finalizeDue()).toBe(1);

    const open = { status: 'finalized', dunning: 'reminded', wallet: 'active', balance: '-6000000000' };
    expect(await on('2026-12-01T01:07:00Z')).toEqual({ ...open, tries: 1, next: '12-02 01' });
    expect(await on('2026-12-01T12:00:00Z')).toMatchObject({ tries: 1 });
    expect(await on('2026-12-02T01:08:00Z')).toEqual({ ...open, tries: 2, next: '12-04 01' });
    // The third decline blocks the card: from here on there is nothing to charge.
    expect(await on('2026-12-04T01:09:00Z')).toEqual({ ...open, tries: 3, next: '12-08 01' });
    expect(await call()).toBe('payment_method_required');
    expect(await on('2026-12-08T01:10:00Z')).toEqual({ ...open, tries: 3, next: '12-15 01' });
    const stopped = { ...open, tries: 3, dunning: 'suspended', wallet: 'blocked' };
    expect(await on('2026-12-15T01:11:00Z')).toMatchObject(stopped);
    expect(await on('2026-12-16T01:12:00Z')).toMatchObject(stopped);
    expect(await world.violations()).toEqual([]);

    await useCard('pm_card_visa');
    expect(await call()).not.toBe('placed');
    expect(await on('2026-12-17T01:13:00Z')).toEqual({
      status: 'paid',
      dunning: 'cured',
      tries: 4,
      wallet: 'active',
      balance: '0',
      next: null,
    });
    expect(await call()).toBe('placed');
    expect(await events()).toEqual([
      'invoice.finalized',
      'invoice.unpaid',
      'invoice.unpaid',
      'invoice.unpaid',
      'invoice.suspended',
      'invoice.paid',
    ]);
    expect(await ledgerOf(world.pool, tenant)).toMatchObject({
      cash_clearing: '7140000000',
      revenue: '-6000000000',
      vat_payable: '-1140000000',
    });
    await expectBooksAgree(world, [tenant]);
  });
});
