import type { PoolClient } from 'pg';
import { uuidv7 } from '../../../src/core/ids.js';
import { CHECKS } from '../../../src/billing/audit/checks.js';
import { PAYMENT_CHECKS } from '../../../src/billing/audit/payment-checks.js';
import { RECEIPT_CHECKS } from '../../../src/billing/audit/receipt-checks.js';
import { PROVIDER_CHECKS } from '../../../src/billing/audit/provider-checks.js';
import { systemActor } from '../../../src/platform/audit/audit-log.repository.js';
import { CorrectionsModule } from '../../../src/billing/corrections/corrections.module.js';
import { CorrectionsService } from '../../../src/billing/corrections/corrections.service.js';
import { CreditNotesService } from '../../../src/billing/invoicing/credit-notes/credit-notes.service.js';
import { DunningRepository } from '../../../src/billing/invoicing/dunning/dunning.repository.js';
import { FinalizationService } from '../../../src/billing/invoicing/finalization.service.js';
import { InvoiceEndingService } from '../../../src/billing/invoicing/invoice-ending.service.js';
import { Database } from '../../../src/platform/database/database.service.js';
import { createBilling } from '../../support/billing.js';
import {
  closeNow,
  createCustomer,
  createLegalEntity,
  startInvoicing,
  type InvoicingWorld,
} from '../../support/invoicing.js';
import {
  placeHolds,
  releaseOf,
  reverseEvent,
  runCall,
  settleCalls,
} from '../../support/builders/call.builder.js';
import { createModel } from '../../support/builders/catalog.builder.js';
import { createBudget, createTenant } from '../../support/builders/tenant.builder.js';

/** Proved to fire where there are payments and provider statements. */
const ELSEWHERE = [...PAYMENT_CHECKS, ...PROVIDER_CHECKS.filter(({ id }) => id === 'I29'), ...RECEIPT_CHECKS];

type Billing = Awaited<ReturnType<typeof createBilling>>;

const ONE_EVENT = `(select min(id::text)::uuid from usage_event where kind = 'usage')`;
const ONE_SETTLED = `(select min(id::text)::uuid from hold where state = 'settled')`;
const ONE_LOT = `(select max(grant_id::text)::uuid from grant_balance where remaining_nano > 1)`;
const extraMove = (amount: string) =>
  `insert into grant_move (grant_id, kind, amount_nano, transaction_id)
   values (${ONE_LOT}, 'consume', ${amount}, (select min(id::text)::uuid from ledger_transaction))`;

/** What breaks each rule, past every trigger. */
const CORRUPTIONS: Record<string, string> = {
  I01: 'update ledger_entry set amount_nano = amount_nano + 1 where id = (select min(id) from ledger_entry)',
  I02: 'update ledger_entry set amount_nano = amount_nano + 1 where id = (select min(id) from ledger_entry)',
  I03: 'update wallet set held_nano = held_nano - 1 where held_nano > 0',
  I04: 'update wallet set balance_nano = balance_nano + 1',
  I05: `update hold set settled_nano = settled_nano + 1 where id = ${ONE_SETTLED}`,
  I06: `update hold set state = 'released', settled_nano = null where id = ${ONE_SETTLED}`,
  I07: `update usage_rollup set quantity = quantity + 1`,
  I08: `alter table wallet drop constraint wallet_never_overspent; update wallet set balance_nano = -1000000000000000`,
  I09: `update hold set expires_at = now() - interval '11 minutes' where state = 'open'`,
  I10: `update usage_event set recorded_at = now() - interval '16 minutes' where id in (select event_id from usage_pending)`,
  I11: `alter table usage_event_line drop constraint usage_event_line_rounding; update usage_event_line set amount_nano = amount_nano + 1`,
  I12: `update usage_event set input_tokens = input_tokens - 1 where kind = 'reversal'`,
  I13: extraMove('1000000000000'),
  I14: `update credit_grant set expires_at = now() - interval '2 hours' where id = ${ONE_LOT}`,
  I26: `update usage_event set priced_at = '2019-12-31' where id = ${ONE_EVENT}`,
  G01: 'update price_version set unit_price_pico = unit_price_pico + 1 where base_id is not null',
  G02: `update request set route = '{"group":{"multiplier_ppm":2000000}}' where id in (select request_id from usage_event)`,
  P01: `insert into upstream_probe (id, deployment_id, provider_id, passed, cost_nano, currency, booked)
    values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), true, 5, 'USD', true)`,
  P02: `update attempt set cost_nano = cost_nano + 1 where outcome = 'failed' and cost_nano > 0`,
  P03: `update ledger_entry set amount_nano = amount_nano + 1 where account_id in
    (select id from ledger_account where kind = 'cost_of_sales')`,
  F01: `delete from request where id = ${ONE_SETTLED}`,
  F02: 'update budget_usage set held_nano = held_nano + 1',
  F03: 'update budget_usage set spent_nano = spent_nano + 1',
  F04: `update hold set expires_at = now() - interval '1 hour', created_at = now() - interval '2 hours' where state = 'open'`,
  F05: `update usage_event_line set cost_nano = cost_nano + 1 where event_id = ${ONE_EVENT}`,
  F06: `update usage_event set input_tokens = 0 where id = ${ONE_EVENT}`,
  F07: `update grant_balance set remaining_nano = remaining_nano + 1 where grant_id = ${ONE_LOT}`,
  F08: extraMove('1'),
  F09: 'update usage_funding set amount_nano = amount_nano + 1000000000000',
  F10: 'update usage_funding set amount_nano = amount_nano + 1',
  F11: `update hold set project_id = gen_random_uuid() where id = ${ONE_SETTLED}`,
  F12: `update usage_event set period_id = gen_random_uuid() where id = ${ONE_EVENT}`,
  F13: `update billing_period set closing_at = '2000-01-01', status = 'closing' where status = 'open'`,
  F14: `update billing_period set closing_at = now(), closed_at = now(), status = 'closed' where status = 'open'`,
  F15: 'update period_funding set promo_nano = promo_nano + 1, paid_nano = paid_nano - 1',
  I15: `update invoice_line set amount_minor = amount_minor + 1 where kind = 'usage'`,
  I16: 'update invoice_tax set tax_minor = tax_minor + 1',
  I17: `update invoice_line set amount_nano = amount_nano + 10000000 where kind = 'usage'`,
  I18: 'update invoice_line_rollup set seq = 2 where seq = 1; delete from invoice_line_rollup where seq = 2',
  I19: 'update invoice_series set next_no = next_no + 1',
  I20: `update invoice set finalized_at = finalized_at - interval '1 day' where number = 2`,
  I21: 'update credit_note set tax_minor = tax_minor + 100000, total_minor = total_minor + 100000',
  I22: `delete from invoice_payment where method = 'bank_transfer'`,
  I27: 'delete from invoice_line_rollup',
  I30: `update ledger_entry set amount_nano = amount_nano + 1 where transaction_id in
    (select id from ledger_transaction where kind = 'invoice')`,
  F20: `update invoice set document = replace(document, 'tokens', 'calls') where status <> 'draft'`,
  F21: 'update credit_application set usage_nano = usage_nano + 1',
  F22: 'update credit_application set amount_minor = amount_minor + 100000',
  F23: `update usage_event set correction_id = gen_random_uuid() where kind = 'correction'`,
  F24: `update invoice set collect_at = now() - interval '2 days' where status = 'finalized'`,
  F26: 'update promo_rollup set promo_nano = promo_nano + 1',
  F28: `update invoice_line set amount_nano = amount_nano + 1 where kind = 'true_up'`,
  F27: `insert into package_price (price_version_id, size, amount_nano)
    select price_version_id, 1000000000, 1000000000000 from invoice_line where kind = 'usage' limit 1`,
  F29: `update commitment set valid_from = valid_from - 40`,
  F39: `update organization set timezone = 'AET'`,
  F25: `update invoice set dunning = 'none' where dunning = 'suspended'`,
};

describe('the books checks', () => {
  let billing: Billing;
  let client: PoolClient;

  beforeAll(async () => {
    billing = await createBilling();
    await issueDocuments(billing);
    await makeBusy(billing);
    await billing.pool.query(
      `insert into key_group (id, name, multiplier_ppm) values (gen_random_uuid(), 'vip', 1250000)`,
    );
    client = await billing.pool.connect();
  });
  afterAll(async () => {
    client.release();
    await billing.drop();
  });

  const violated = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const check of CHECKS) if ((await client.query(check.sql)).rows.length > 0) found.push(check.id);
    return found;
  };

  it('find nothing in books with every sort of movement in them', async () => {
    const results = await billing.audit.run();
    expect(results.filter(({ violations }) => violations > 0)).toEqual([]);
    expect(results.map(({ id }) => id)).toEqual(CHECKS.map(({ id }) => id));
  });

  it('have an id of their own each', () => {
    const ids = CHECKS.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it.each(CHECKS.filter((check) => !ELSEWHERE.includes(check)).map(({ id, title }) => [id, title]))(
    '%s fires when it is not so that %s',
    async (id) => {
      await client.query('begin');
      try {
        await client.query('set local session_replication_role = replica');
        await client.query(CORRUPTIONS[id] ?? '');
        expect(await violated()).toContain(id);
      } finally {
        await client.query('rollback');
      }
    },
  );

  it('count every violation and show no more than five', async () => {
    const broken = await createBilling();
    try {
      for (let count = 0; count < 7; count++) await createTenant(broken.pool);
      await broken.pool.query('update wallet set balance_nano = 5');
      const result = (await broken.audit.run()).find(({ id }) => id === 'I04');
      expect(result?.violations).toBe(7);
      expect(result?.sample).toHaveLength(5);
    } finally {
      await broken.drop();
    }
  });
});

/** A paid and a suspended invoice, a statement, a credit note by hand and one of a correction, a draft. */
async function issueDocuments({ pool, test, credits }: Billing): Promise<void> {
  const world = await startInvoicing(test.url, {}, [CorrectionsModule]);
  const actor = systemActor('test');
  const model = await createModel(pool);
  const entity = await createLegalEntity(pool, { country: 'DE', prefix: 'DE', rates: { DE: 190_000 } });
  const terms = { country: 'DE', legalEntityId: entity };
  const issue = async (mode: 'postpaid' | 'prepaid', input: number) => {
    const tenant = await createCustomer(pool, { ...terms, mode });
    const quantities = { input, output: 7 };
    if (mode === 'prepaid') await credits.grant(paidCredit(tenant.organizationId), actor);
    const call = await runCall(pool, tenant, { model, quantities });
    const id = await closeNow(world, tenant);
    await world.get(FinalizationService).finalize(id, actor);
    return { tenant, call, id };
  };
  try {
    const paid = await issue('postpaid', 1_000_333);
    await world.get(InvoiceEndingService).markPaid(paid.id, 'transfer 1', actor);
    const order = { organizationId: paid.tenant.organizationId, targets: [paid.call.event], prices: [] };
    const why = { reason: 'other' as const, memo: 'test' };
    await world
      .get(CorrectionsService)
      .correct({ ...order, ...why, chargeAgain: true, idempotencyKey: 'audit-1' }, actor);
    const late = await issue('postpaid', 2_000_001);
    const parts = () => [{ seq: 1, amountNano: 1_000_000_000n }];
    await world
      .get(CreditNotesService)
      .issue({ invoiceId: late.id, parts, ...why, idempotencyKey: 'audit-2' }, actor);
    await world.get(Database).transaction(async (client) => {
      await world.get(DunningRepository).suspend(client, late.tenant.walletId, late.id);
      await client.query(`update invoice set dunning = 'suspended' where id = $1`, [late.id]);
    });
    await issue('prepaid', 1_000);
    await issueTrueUp(world, entity);
  } finally {
    await world.drop();
  }
}

/** The invoice of a month under a commitment, without any usage; the month is two months ago. */
async function issueTrueUp(world: InvoicingWorld, entity: string): Promise<void> {
  const tenant = await createCustomer(world.pool, { country: 'DE', legalEntityId: entity, mode: 'postpaid' });
  await world.pool.query(
    `insert into commitment (id, organization_id, currency, amount_nano, time_zone, valid_from, valid_until, created_by)
     select gen_random_uuid(), o.id, o.currency, 10000000000, o.timezone, m.day - 10, m.day, 'test'
     from organization o, lateral (select (date_trunc('month', now() at time zone o.timezone) - interval '1 month')::date as day) m
     where o.id = $1`,
    [tenant.organizationId],
  );
  await world.periods.closeDue();
  const { rows } = await world.pool.query<{ id: string }>(
    'select id from invoice where organization_id = $1',
    [tenant.organizationId],
  );
  for (const { id } of rows) await world.get(FinalizationService).finalize(id, systemActor('test'));
}

const paidCredit = (organizationId: string) => ({
  organizationId,
  kind: 'paid' as const,
  amountNano: 100_000_000n,
  currency: 'USD',
  reason: 'test',
  idempotencyKey: uuidv7(),
  createdBy: 'test',
});

/** Paid, promo and goodwill credit, budgets, charges, a release, an overrun, a reversal, open holds, a queue. */
async function makeBusy({ pool, credits, rollup }: Billing): Promise<void> {
  const model = await createModel(pool);
  for (const overdraftNano of [1_000_000_000n, 0n]) {
    const tenant = await createTenant(pool, { overdraftNano });
    const { organizationId } = tenant;
    const cap = { organizationId, amountNano: 10n ** 12n };
    await createBudget(pool, { ...cap, scope: 'key', scopeId: tenant.keyId, window: 'daily' });
    await createBudget(pool, { ...cap, scope: 'organization', scopeId: organizationId });
    for (const kind of ['paid', 'promo', 'goodwill'] as const) {
      const order = { organizationId, kind, amountNano: 100_000_000n, currency: 'USD', reason: 'test' };
      await credits.grant({ ...order, idempotencyKey: uuidv7(), createdBy: 'test' }, systemActor('test'));
    }
    const call = (input: number, amountNano?: bigint) =>
      runCall(pool, tenant, {
        model,
        quantities: { input, output: 3 },
        ...(amountNano !== undefined && { amountNano }),
      });
    const first = await call(20_000);
    await call(40_000);
    await rollup.drain();
    await reverseEvent(pool, first.event);
    await call(30_000);
    if (overdraftNano > 0n) await call(500_000, 10n);
    await rollup.drain();
    const [released] = await placeHolds(pool, [{ keyId: tenant.keyId, model, amountNano: 1_000n }]);
    await settleCalls(pool, [releaseOf(released?.hold ?? '', model, '4321')]);
    await rollup.drain();
    if (overdraftNano === 0n) await call(1);
    await placeHolds(pool, [{ keyId: tenant.keyId, model, amountNano: 0n }]);
    if (overdraftNano === 0n) await placeHolds(pool, [{ keyId: tenant.keyId, model, amountNano: 777n }]);
  }
}
