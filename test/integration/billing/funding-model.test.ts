import fc from 'fast-check';
import pg from 'pg';
import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { publicId, uuidv7 } from '../../../src/core/ids.js';
import { systemActor } from '../../../src/platform/audit/audit-log.repository.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { BillingServices } from '../../support/billing.js';
import { runCall } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant } from '../../support/builders/tenant.builder.js';
import { brokenBooks } from '../../support/payments.js';

interface LotPlan {
  kind: 'paid' | 'promo' | 'goodwill';
  /** Nano; a token costs 3,000. */
  amount: number;
  /** Days from now; null: never. */
  expires: number | null;
}

/** A wallet's lots, and its calls (tokens each), in the batches in which the worker meets them. */
interface WalletPlan {
  lots: LotPlan[];
  batches: number[][];
}

const plan: fc.Arbitrary<WalletPlan> = fc.record({
  lots: fc.array(
    fc.record({
      kind: fc.constantFrom('paid' as const, 'promo' as const, 'goodwill' as const),
      amount: fc.integer({ min: 1, max: 400_000 }),
      expires: fc.constantFrom(null, 5, 9, 9),
    }),
    { maxLength: 5 },
  ),
  batches: fc.array(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 3,
  }),
});

type Parts = { promo: bigint; paid: bigint; postpaid: bigint };
const ORDER = { promo: 10, goodwill: 20, paid: 30 };

/** Who pays each call, said once more and as plainly as can be: the books must come to the same. */
function model({ lots, batches }: WalletPlan): { calls: Parts[]; left: bigint[] } {
  const left = lots.map(({ amount }) => BigInt(amount));
  const inOrder = lots
    .map((lot, age) => ({ ...lot, age }))
    .sort(
      (a, b) => ORDER[a.kind] - ORDER[b.kind] || (a.expires ?? 1e9) - (b.expires ?? 1e9) || a.age - b.age,
    );
  const calls = batches.flat().map((tokens) => {
    const parts: Parts = { promo: 0n, paid: 0n, postpaid: 0n };
    let nano = BigInt(tokens) * 3_000n;
    while (nano > 0n) {
      const lot = inOrder.find(({ age }) => (left[age] ?? 0n) > 0n);
      const has = lot ? (left[lot.age] ?? 0n) : nano;
      const taken = has < nano ? has : nano;
      parts[!lot ? 'postpaid' : lot.kind === 'promo' ? 'promo' : 'paid'] += taken;
      if (lot) left[lot.age] = has - taken;
      nano -= taken;
    }
    return parts;
  });
  return { calls, left };
}

let api: AdminApi;
let pool: pg.Pool;
let billing: BillingServices;
let served: TestModel;
beforeAll(async () => {
  api = await startAdminApi([BillingApiModule]);
  pool = new pg.Pool({ connectionString: api.databaseUrl, max: 2 });
  billing = new BillingServices(api.databaseUrl);
  served = await createModel(pool);
});
afterAll(async () => {
  await pool.end();
  await billing.close();
  await api.close();
});

/** Plays a plan through the database; answers what the books and the usage report say of it. */
async function play({ lots, batches }: WalletPlan): Promise<{ calls: Parts[]; left: bigint[] }> {
  const tenant = await createTenant(pool, { overdraftNano: 10n ** 12n });
  const order = { organizationId: tenant.organizationId, currency: 'USD', reason: 'test', createdBy: 'test' };
  const grants: string[] = [];
  for (const { kind, amount, expires } of lots) {
    const expiresAt = expires === null ? undefined : new Date(Date.UTC(2090, 0, 1 + expires));
    const lot = { ...order, kind, amountNano: BigInt(amount), expiresAt, idempotencyKey: uuidv7() };
    grants.push((await billing.credits.grant(lot, systemActor('test'))).id);
  }
  const events: string[] = [];
  for (const batch of batches) {
    for (const input of batch) {
      const quantities = { input };
      events.push((await runCall(pool, tenant, { model: served, quantities })).event);
    }
    await billing.rollup.drain();
  }
  const organization = publicId('organization', tenant.organizationId);
  const report = await api.get(
    `/finance/v1/reports/usage?from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&format=jsonl&organization=${organization}`,
    'auditor',
  );
  const text = report.text || (report.body as Buffer).toString();
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { event_id: string; funding: string; amount: string });
  const sum = (event: string, funding: string) =>
    rows
      .filter((row) => row.event_id === publicId('event', event) && row.funding === funding)
      .reduce((total, { amount }) => total + BigInt(amount.replace('.', '')), 0n);
  const calls = events.map((event) => ({
    promo: sum(event, 'prepaid_promo'),
    paid: sum(event, 'prepaid_paid'),
    postpaid: sum(event, 'postpaid'),
  }));
  const { rows: kept } = await pool.query<{ id: string; nano: string }>(
    'select grant_id as id, remaining_nano::text as nano from grant_balance where wallet_id = $1',
    [tenant.walletId],
  );
  const left = grants.map((id) => BigInt(kept.find((row) => row.id === id)?.nano ?? -1));
  const { rows: periods } = await pool.query<Record<keyof Parts, string>>(
    `select coalesce(sum(promo_nano), 0)::text as promo, coalesce(sum(paid_nano), 0)::text as paid,
       coalesce(sum(postpaid_nano), 0)::text as postpaid from period_funding where wallet_id = $1`,
    [tenant.walletId],
  );
  const whole = (part: keyof Parts) => calls.reduce((total, call) => total + call[part], 0n).toString();
  expect(periods).toEqual([{ promo: whole('promo'), paid: whole('paid'), postpaid: whole('postpaid') }]);
  return { calls, left };
}

it('lots pay by kind, expiry and age as a plain model says, to the nano: lots, period sums and usage report', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (wallet) => {
      expect(await play(wallet)).toEqual(model(wallet));
    }),
    { numRuns: 25, endOnFailure: true },
  );
  expect(await brokenBooks(api.databaseUrl)).toEqual([]);
});
