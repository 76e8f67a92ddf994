import fc from 'fast-check';
import type { Pool, PoolClient } from 'pg';
import { CHECKS } from '../../../src/billing/audit/checks.js';
import { ProbeCostsRepository } from '../../../src/billing/probes/probe-costs.repository.js';
import { ProbeCostsService } from '../../../src/billing/probes/probe-costs.service.js';
import { createBilling, BillingServices } from '../../support/billing.js';
import {
  attemptOf,
  placeHolds,
  releaseOf,
  settleCalls,
  settlementOf,
} from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';
import { travelTo } from '../../support/clock.js';
import { expectFinanceReportsAgree, financeReport } from '../../support/finance-reports.js';

type Billing = Awaited<ReturnType<typeof createBilling>>;

/** A call with what its attempts cost: those that failed, in order, and whether the last one served. */
interface MadeCall {
  minute: number;
  tenant: number;
  failed: { model: number; cost: bigint }[];
  serves: boolean;
}
const call: fc.Arbitrary<MadeCall> = fc.record({
  // Two days, so that some calls stand on either side of midnight.
  minute: fc.integer({ min: 0, max: 2_000 }),
  tenant: fc.nat({ max: 1 }),
  failed: fc.array(
    fc.record({ model: fc.nat({ max: 2 }), cost: fc.constantFrom(0n, 1n, 7_777n, 10n ** 9n) }),
    { maxLength: 3 },
  ),
  serves: fc.boolean(),
});
const BEGIN = Date.parse('2026-12-31T09:00:00Z');

/** What was posted for attempts, by provider and day. */
async function posted(pool: Pool): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ key: string; nano: string }>(
    `select split_part(t.idempotency_key, ':', 3) || ' ' || split_part(t.idempotency_key, ':', 4) as key, sum(e.amount_nano)::text as nano
     from ledger_transaction t join ledger_entry e on e.transaction_id = t.id join ledger_account a on a.id = e.account_id
     where t.kind = 'attempt_cost' and a.kind = 'cost_of_sales' group by 1`,
  );
  return Object.fromEntries(rows.map(({ key, nano }) => [key, nano]));
}

describe('costs of attempts that nobody is charged for', () => {
  let billing: Billing;
  let models: TestModel[];
  let tenants: Tenant[];
  const expected = new Map<string, bigint>();

  beforeAll(async () => {
    billing = await createBilling({ ROLLUP_BATCH: '7' });
    const { pool } = billing;
    await travelTo(pool, new Date(BEGIN).toISOString());
    models = [await createModel(pool), await createModel(pool), await createModel(pool)];
    tenants = [
      await createTenant(pool, { overdraftNano: 10n ** 12n }),
      await createTenant(pool, { overdraftNano: 10n ** 12n }),
    ];
  });
  afterAll(() => billing.drop());

  const model = (index: number): TestModel => models[index] as TestModel;

  /** Makes the call and notes what it should lead to. */
  const make = async ({ minute, tenant, failed, serves }: MadeCall): Promise<void> => {
    const at = new Date(BEGIN + minute * 60_000);
    await travelTo(billing.pool, at.toISOString());
    const keyId = tenants[tenant]?.keyId ?? '';
    const [placed] = await placeHolds(billing.pool, [{ keyId, model: model(0), amountNano: 10n ** 7n }]);
    const attempts = failed.map((one, index) => ({
      ...attemptOf(model(one.model), 'failed', one.cost.toString()),
      seq: index + 1,
    }));
    const settlement = serves
      ? settlementOf(placed?.hold ?? '', model(0), { input: 1_000 })
      : releaseOf(placed?.hold ?? '', model(0));
    const last = serves
      ? [{ ...attemptOf(model(0), 'served', String(settlement['cost'])), seq: failed.length + 1 }]
      : [];
    await settleCalls(billing.pool, [{ ...settlement, attempts: [...attempts, ...last] }]);
    for (const one of failed) {
      const key = `${model(one.model).providerId} ${at.toISOString().slice(0, 10)}`;
      if (one.cost > 0n) expected.set(key, (expected.get(key) ?? 0n) + one.cost);
    }
  };
  const sums = (): Record<string, string> =>
    Object.fromEntries([...expected].map(([key, nano]) => [key, nano.toString()]));
  const violations = async () => (await billing.audit.run()).filter(({ violations: count }) => count > 0);

  it('are posted once each, to their provider and day, by however many workers', async () => {
    const second = new BillingServices(billing.test.url, { ROLLUP_BATCH: '3' });
    try {
      const calls = fc.sample(call, { numRuns: 60, seed: 20_261_126 });
      for (const [index, one] of calls.sort((a, b) => a.minute - b.minute).entries()) {
        await make(one);
        if (index % 20 === 19) await Promise.all([billing.rollup.drain(), second.rollup.drain()]);
      }
      await Promise.all([billing.rollup.drain(), second.rollup.drain(), billing.rollup.drain()]);
    } finally {
      await second.close();
    }
    expect(expected.size).toBeGreaterThan(3);
    expect(await posted(billing.pool)).toEqual(sums());
    expect(await violations()).toEqual([]);
    await expectFinanceReportsAgree({ url: billing.test.url, pool: billing.pool });
  }, 60_000);

  it('stand in the margin report in rows of their own, and so do test calls of the house', async () => {
    const { pool, database, journal } = billing;
    await pool.query(
      `insert into upstream_probe (id, deployment_id, provider_id, passed, cost_nano, currency, booked)
       values (gen_random_uuid(), $1, $2, true, 30000, 'USD', false)`,
      [model(1).deploymentId, model(1).providerId],
    );
    await new ProbeCostsService(database, new ProbeCostsRepository(), journal).book();
    expect(await violations()).toEqual([]);
    await expectFinanceReportsAgree({ url: billing.test.url, pool });
    const rows = await financeReport(billing.test.url, 'margin');
    const costs = rows.filter((row) => row['unbilled_attempt_cost'] !== '0.000000000');
    expect(costs.length).toBeGreaterThan(0);
    const ofNobody = costs.filter((row) => row['org_id'] === null);
    expect(ofNobody).toMatchObject([{ unbilled_attempt_cost: '0.000030000', model: model(1).modelId }]);
    for (const row of costs)
      expect([row['revenue'], row['provider_cost']]).toEqual(Array(2).fill('0.000000000'));
  });

  it('wait when the transaction that posts them fails, and stop no event', async () => {
    const { pool, rollup } = billing;
    const before = await posted(pool);
    await pool.query(
      `create function refuse_attempts() returns trigger language plpgsql as $$ begin
         if new.kind = 'attempt_cost' then raise exception 'not now'; end if; return new; end $$;
       create trigger refuse before insert on ledger_transaction for each row execute function refuse_attempts()`,
    );
    await make({ minute: 2_001, tenant: 0, failed: [{ model: 1, cost: 5n }], serves: true });
    expect(await rollup.drain()).toBe(1);
    expect(await posted(pool)).toEqual(before);
    expect(await violations()).toEqual([]);
    await travelTo(pool, new Date(BEGIN + 2_020 * 60_000).toISOString());
    expect((await violations()).map(({ id }) => id)).toEqual(['P02']);
    await pool.query('drop trigger refuse on ledger_transaction');
    await rollup.drain();
    expect(await posted(pool)).toEqual(sums());
    expect(await violations()).toEqual([]);
  });

  it('of one customer that cannot be posted stop nobody else’s', async () => {
    const { pool, rollup } = billing;
    const before = await posted(pool);
    await pool.query(
      `create trigger refuse before insert on ledger_transaction for each row
         when (new.organization_id = '${tenants[0]?.organizationId}') execute function refuse_attempts()`,
    );
    for (const tenant of [0, 0, 1, 0, 1])
      await make({ minute: 2_021, tenant, failed: [{ model: 1, cost: 5n }], serves: false });
    await rollup.drain();
    const late = `${model(1).providerId} 2027-01-01`;
    expect(await posted(pool)).toEqual({ ...before, [late]: String(BigInt(before[late] ?? '0') + 10n) });
    await pool.query('drop trigger refuse on ledger_transaction');
    await rollup.drain();
    expect(await posted(pool)).toEqual(sums());
    expect(await violations()).toEqual([]);
  });

  describe('the books checks fire when', () => {
    let client: PoolClient;
    beforeAll(async () => {
      client = await billing.pool.connect();
    });
    afterAll(() => client.release());
    const ATTEMPT = `(select min(idempotency_key) from ledger_transaction where kind = 'attempt_cost')`;
    const ENTRIES = `(select e.id from ledger_entry e join ledger_transaction t on t.id = e.transaction_id where t.idempotency_key = ${ATTEMPT})`;

    it.each([
      [
        'an attempt costs more than was posted',
        'P02',
        `update attempt set cost_nano = cost_nano + 1 where outcome = 'failed' and cost_nano > 0`,
      ],
      [
        'an attempt is another provider’s',
        'P02',
        `update attempt set provider_id = (select max(id::text)::uuid from provider)
         where outcome = 'failed' and cost_nano > 0 and provider_id = (select min(id::text)::uuid from provider)`,
      ],
      [
        'a call was on another day',
        'P02',
        `update request set created_at = created_at + interval '1 day' where id in (select request_id from unbilled_attempt)`,
      ],
      ['an attempt was never kept apart', 'P03', `delete from unbilled_attempt`],
      [
        'an attempt says it is booked and is not',
        'P02',
        `delete from ledger_transaction where idempotency_key = ${ATTEMPT}`,
      ],
      ['a charge took the place of an attempt', 'P02', `update usage_event set cost_nano = cost_nano + 1`],
      [
        'a rollup has another provider',
        'P02',
        `update usage_rollup set provider_id = gen_random_uuid() where cost_nano > 0`,
      ],
      [
        'the ledger has more of a customer’s attempts than there are',
        'P03',
        `update ledger_entry set amount_nano = 2 * amount_nano where id in ${ENTRIES}`,
      ],
      [
        'an attempt is booked to another account',
        'P03',
        `update ledger_entry set account_id = (select min(id::text)::uuid from ledger_account where kind = 'revenue')
         where id in ${ENTRIES} and amount_nano > 0`,
      ],
      [
        'an attempt is booked to another customer',
        'P03',
        `update unbilled_attempt set organization_id = gen_random_uuid()`,
      ],
    ])('%s (%s)', async (_, id, corruption) => {
      await client.query('begin');
      try {
        await client.query('set local session_replication_role = replica');
        const { rowCount } = await client.query(corruption);
        expect(rowCount).toBeGreaterThan(0);
        const check = CHECKS.find((one) => one.id === id);
        expect((await client.query(check?.sql ?? '')).rows.length).toBeGreaterThan(0);
      } finally {
        await client.query('rollback');
      }
    });
  });
});
