import { FinalizationService } from '../../../src/billing/invoicing/finalization.service.js';
import { InvoiceEndingService } from '../../../src/billing/invoicing/invoice-ending.service.js';
import { systemActor } from '../../../src/platform/audit/audit-log.repository.js';
import { runCall } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import type { Tenant } from '../../support/builders/tenant.builder.js';
import { travelTo } from '../../support/clock.js';
import { financeReport } from '../../support/finance-reports.js';
import {
  createCustomer,
  createInvoicing,
  createLegalEntity,
  type InvoicingWorld,
} from '../../support/invoicing.js';
import { expectBooksAgree } from '../../support/statement.js';

const ACTOR = systemActor('finance');

describe('the tax of an invoice is that of its tax point', () => {
  let world: InvoicingWorld;
  let model: TestModel;

  beforeAll(async () => {
    world = await createInvoicing();
    model = await createModel(world.pool, { currency: 'EUR' });
  });
  afterAll(() => world.drop());

  /** As the API writes them: all at once. */
  const setRates = async (entity: string, rates: Record<string, number>): Promise<void> => {
    await world.pool.query(
      `with gone as (delete from tax_rate where legal_entity_id = $1 and not ($2::jsonb ? country))
       insert into tax_rate (legal_entity_id, country, rate_ppm) select $1, key, value::integer from jsonb_each_text($2::jsonb)
       on conflict (legal_entity_id, country) do update set rate_ppm = excluded.rate_ppm`,
      [entity, JSON.stringify(rates)],
    );
  };
  /** Issues what waits, and pays it by transfer. */
  const issue = async (): Promise<number> => {
    const issued = await world.get(FinalizationService).finalizeDue();
    const { rows } = await world.pool.query<{ id: string }>(
      `select id from invoice where status = 'finalized'`,
    );
    for (const { id } of rows) await world.get(InvoiceEndingService).markPaid(id, `transfer ${id}`, ACTOR);
    return issued;
  };
  const use = (tenant: Tenant) => runCall(world.pool, tenant, { model, quantities: { input: 1_000_000 } });
  const taxesOf = async (tenant: Tenant): Promise<string[]> => {
    const { rows } = await world.pool.query<{ line: string }>(
      `select concat_ws(' ', t.tax_category, t.tax_rate_ppm, t.tax_minor, i.document::jsonb -> 'buyer' ->> 'vat_id') as line
       from invoice i join invoice_tax t on t.invoice_id = i.id where i.organization_id = $1 order by i.number`,
      [tenant.organizationId],
    );
    return rows.map(({ line }) => line);
  };
  const jurisdictions = async (from: string, to: string): Promise<(string | null | undefined)[]> => {
    const rows = await financeReport(world.url, 'tax', { from: new Date(from), to: new Date(to) });
    return rows.map((row) => row['jurisdiction']);
  };

  it('whatever changed between the end of the period and the issue of its document', async () => {
    const entity = await createLegalEntity(world.pool, {
      country: 'DE',
      prefix: 'T',
      rates: { DE: 190_000, AT: 200_000 },
    });
    await travelTo(world.pool, '2026-12-10T10:00:00Z');
    const german = await createCustomer(world.pool, {
      currency: 'EUR',
      country: 'DE',
      legalEntityId: entity,
    });
    const austrian = await createCustomer(world.pool, {
      currency: 'EUR',
      country: 'AT',
      legalEntityId: entity,
    });
    for (const tenant of [german, austrian]) await use(tenant);
    await world.rollup.drain();
    await travelTo(world.pool, '2027-01-01T00:05:00Z');
    await world.periods.closeDue();
    // The rate rises, the registration in Austria ends, and the Austrian customer gets a VAT id.
    await setRates(entity, { DE: 210_000 });
    await world.pool.query('update billing_account set vat_id = $2 where organization_id = $1', [
      austrian.organizationId,
      'ATU12345675',
    ]);
    for (const tenant of [german, austrian]) await use(tenant);
    await travelTo(world.pool, '2027-01-01T02:00:00Z');
    expect(await issue()).toBe(2);
    expect(await taxesOf(german)).toEqual(['S 190000 57 ']);
    expect(await taxesOf(austrian)).toEqual(['S 200000 60 ']);
    await travelTo(world.pool, '2027-02-01T00:05:00Z');
    await world.periods.closeDue();
    await travelTo(world.pool, '2027-02-01T02:00:00Z');
    await issue();
    expect(await taxesOf(german)).toEqual(['S 190000 57 ', 'S 210000 63 ']);
    expect(await taxesOf(austrian)).toEqual(['S 200000 60 ', 'AE 0 0 ATU12345675']);
    expect(await jurisdictions('2027-01-01', '2027-02-01')).toEqual(['AT', 'DE']);
    await setRates(entity, { DE: 210_000, AT: 200_000 });
    expect(await jurisdictions('2027-02-01', '2027-03-01')).toEqual(['AT', 'DE']);
    await expectBooksAgree(world, [german, austrian]);
  });

  it('while nothing was posted a change corrects what held from the start, and equal ones are no change', async () => {
    await travelTo(world.pool, '2027-03-10T10:00:00Z');
    const entity = await createLegalEntity(world.pool, {
      country: 'FR',
      prefix: 'F',
      rates: { FR: 100_000 },
    });
    await setRates(entity, { FR: 200_000 });
    await setRates(entity, { FR: 200_000 });
    const versions = async () =>
      (
        await world.pool.query<{ rates: object; from: string }>(
          'select rates, valid_from::text as from from legal_entity_tax where legal_entity_id = $1 order by valid_from',
          [entity],
        )
      ).rows;
    expect(await versions()).toEqual([{ rates: { FR: 200_000 }, from: '-infinity' }]);
    const tenant = await createCustomer(world.pool, {
      currency: 'EUR',
      country: 'FR',
      legalEntityId: entity,
    });
    await use(tenant);
    await world.rollup.drain();
    await setRates(entity, { FR: 210_000 });
    await setRates(entity, { FR: 210_000 });
    expect(await versions()).toMatchObject([
      { rates: { FR: 200_000 }, from: '-infinity' },
      { rates: { FR: 210_000 } },
    ]);
    await travelTo(world.pool, '2027-04-01T00:05:00Z');
    await world.periods.closeDue();
    await travelTo(world.pool, '2027-04-01T02:00:00Z');
    await issue();
    // Changed before the period ended: its end is the tax point.
    expect(await taxesOf(tenant)).toEqual(['S 210000 63 ']);
    await expectBooksAgree(world, [tenant]);
  });
});
