import fc from 'fast-check';
import { wholeOf } from '../../../src/billing/exports/usage-filter.js';
import { USAGE_WITH, usageRowsSql } from '../../../src/billing/exports/usage-source.js';
import { publicId, uuidv7 } from '../../../src/core/ids.js';
import { formatNano } from '../../../src/core/money.js';
import { systemActor } from '../../../src/platform/audit/audit-log.repository.js';
import { createBilling } from '../../support/billing.js';
import { reverseEvent, runCall } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';
import { travelTo } from '../../support/clock.js';
import { financeReport } from '../../support/finance-reports.js';

type Billing = Awaited<ReturnType<typeof createBilling>>;

/** Around the end of a month, with hours between most calls. */
const BEGIN = Date.parse('2026-11-29T21:40:00Z');
const minutes = (count: number): string => new Date(BEGIN + count * 60_000).toISOString();

const MONEY = ['revenue', 'promo_used', 'unposted', 'absorbed', 'provider_cost', 'absorbed_cost'] as const;

/** The report as it would be added up from every piece of every line, as the usage file writes them. */
const FROM_CALLS = (filter: { from: Date; to: Date; organizationId?: string }): string => {
  const sum = (column: string, condition: string) =>
    `coalesce(sum(${column}) filter (where ${condition}), 0)::text`;
  return `${USAGE_WITH} select to_char(date_trunc('month', recorded_at, 'UTC') at time zone 'UTC', 'YYYY-MM') as month, organization_id,
      provider, model, currency::text as currency, count(distinct (event_id, token_class, price_version_id))::text as lines,
      ${sum('amount_nano', `funding in ('prepaid_paid', 'postpaid')`)} as revenue,
      ${sum('amount_nano', `funding = 'prepaid_promo'`)} as promo_used, ${sum('amount_nano', 'funding is null')} as unposted,
      coalesce(sum(absorbed_nano), 0)::text as absorbed,
      ${sum('cost_nano', `funding is distinct from 'absorbed'`)} as provider_cost,
      ${sum('cost_nano', `funding = 'absorbed'`)} as absorbed_cost
    from (${usageRowsSql(filter, wholeOf(filter))}) one group by 1, 2, 3, 4, 5`;
};

describe('the margin report', () => {
  let billing: Billing;
  let tenants: Tenant[];
  let models: TestModel[];

  beforeAll(async () => {
    billing = await createBilling();
    const { pool, credits } = billing;
    await travelTo(pool, minutes(-10));
    models = [
      await createModel(pool),
      await createModel(pool, {
        prices: [
          ['input', 777_777n, 111_111n],
          ['output', 3_333_333n, 0n],
        ],
      }),
    ];
    // Promo credit alone, promo and bought credit, an overdraft behind both, and an overdraft alone.
    tenants = await Promise.all(
      [0n, 0n, 50_000_000n, 10n ** 12n].map((overdraftNano) => createTenant(pool, { overdraftNano })),
    );
    const grant = (tenant: Tenant | undefined, kind: 'paid' | 'promo', amountNano: bigint) =>
      credits.grant(
        {
          organizationId: tenant?.organizationId ?? '',
          kind,
          amountNano,
          currency: 'USD',
          reason: 'test',
          idempotencyKey: uuidv7(),
          createdBy: 'test',
        },
        systemActor('test'),
      );
    await grant(tenants[0], 'promo', 90_000_001n);
    await grant(tenants[1], 'promo', 40_000_003n);
    await grant(tenants[1], 'paid', 30_000_007n);
    await grant(tenants[2], 'promo', 20_000_009n);
    await grant(tenants[2], 'paid', 10_000_011n);
  }, 60_000);
  afterAll(() => billing.drop());

  const reported = async (span: { from: Date; to: Date; organizationId?: string }) => {
    const rows = await financeReport(billing.test.url, 'margin', span);
    return rows
      .map((row) =>
        [row['month']?.slice(0, 7), row['org_id'], row['provider'], row['model'], row['currency']]
          .concat(
            [String(row['lines'])],
            MONEY.map((column) => row[column] ?? ''),
          )
          .join(' '),
      )
      .sort();
  };
  const added = async (span: { from: Date; to: Date; organizationId?: string }) => {
    type Row = Record<'month' | 'organization_id' | 'provider' | 'model' | 'currency' | 'lines', string> &
      Record<(typeof MONEY)[number], string>;
    const { rows } = await billing.pool.query<Row>(FROM_CALLS(span));
    return rows
      .map((row) =>
        [row.month, publicId('organization', row.organization_id), row.provider, row.model, row.currency]
          .concat(
            [row.lines],
            MONEY.map((column) => formatNano(BigInt(row[column]))),
          )
          .join(' '),
      )
      .sort();
  };

  it('has of any span the same figures as the calls themselves, whatever paid them and however much is posted', async () => {
    const { pool, rollup } = billing;
    const call = fc.record({
      after: fc.integer({ min: 0, max: 300 }),
      tenant: fc.nat({ max: 3 }),
      model: fc.nat({ max: 1 }),
      input: fc.integer({ min: 0, max: 9_000 }),
      output: fc.integer({ min: 0, max: 900 }),
      // The hold may be far too small: what the wallet cannot pay then is the house's.
      held: fc.constantFrom(undefined, 1n),
      next: fc.constantFrom('nothing', 'nothing', 'post', 'post', 'reverse'),
    });
    const calls = fc.sample(call, { numRuns: 60, seed: 20_261_124 });
    let now = 0;
    for (const { after, tenant, model, input, output, held, next } of calls) {
      now += after;
      await travelTo(pool, minutes(now));
      const [customer, served] = [tenants[tenant], models[model]];
      if (!customer || !served) throw new Error('no such customer or model');
      const quantities = { input, output };
      const order = { model: served, quantities, ...(held !== undefined && { amountNano: held }) };
      // A wallet that has run dry refuses the call; nothing is written then.
      const made = await runCall(pool, customer, order).catch(() => undefined);
      if (next !== 'nothing') await rollup.drain();
      if (next === 'reverse' && made) await reverseEvent(pool, made.event);
    }
    const { rows } = await pool.query<Record<'absorbed' | 'pending' | 'promo' | 'reversals', number>>(
      `select (select count(*)::int from usage_event where absorbed_nano > 0 and amount_nano > 0) as absorbed,
         (select count(*)::int from usage_pending) as pending, (select count(*)::int from promo_rollup) as promo,
         (select count(*)::int from usage_event where kind = 'reversal') as reversals`,
    );
    for (const count of Object.values(rows[0] ?? {})) expect(count).toBeGreaterThan(0);

    const ever = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2027-06-01T00:00:00Z') };
    expect(await reported(ever)).toEqual(await added(ever));
    const instant = fc.integer({ min: -20, max: now + 20 });
    const spans = fc.sample(fc.record({ from: instant, length: fc.integer({ min: 1, max: now }) }), {
      numRuns: 25,
      seed: 20_261_125,
    });
    for (const [index, { from, length }] of spans.entries()) {
      const span = { from: new Date(minutes(from)), to: new Date(minutes(from + length)) };
      const one = { ...span, organizationId: tenants[index % 4]?.organizationId ?? '' };
      expect([span, await reported(span)]).toEqual([span, await added(span)]);
      expect([one, await reported(one)]).toEqual([one, await added(one)]);
    }
    await rollup.drain();
    expect(await reported(ever)).toEqual(await added(ever));
    expect((await billing.audit.run()).filter(({ violations }) => violations > 0)).toEqual([]);
  }, 120_000);
});
