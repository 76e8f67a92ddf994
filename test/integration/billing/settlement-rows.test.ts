import fc from 'fast-check';
import { uuidv7 } from '../../../src/core/ids.js';
import type { SettlementCall } from '../../../src/metering/settlement.js';
import { SettlementRepository } from '../../../src/metering/settlement.repository.js';
import { createBilling } from '../../support/billing.js';
import {
  placeHolds,
  releaseOf,
  settleCalls,
  settlementOf,
  type CallJson,
} from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';

/** Everything that is kept of a call but its ids and when the database wrote it down. */
const KEPT = `
  select h.state, h.settled_nano, to_jsonb(q) - '{id,created_at}'::text[] as request,
    (select to_jsonb(e) - '{id,request_id,hold_id,recorded_at,priced_at,occurred_at}'::text[] from usage_event e where e.request_id = h.id) as event,
    (select jsonb_agg(to_jsonb(l) - 'event_id' order by l.token_class) from usage_event_line l
       join usage_event e on e.id = l.event_id where e.request_id = h.id) as lines,
    (select jsonb_agg(to_jsonb(a) - 'request_id' order by a.seq) from attempt a where a.request_id = h.id) as attempts,
    (select jsonb_agg(to_jsonb(u) - '{request_id,recorded_at}'::text[] order by u.seq) from unbilled_attempt u where u.request_id = h.id) as unbilled,
    exists (select 1 from usage_pending p join usage_event e on e.id = p.event_id where e.request_id = h.id) as pending
  from hold h left join request q on q.id = h.id where h.id = $1`;

const made = fc.record({
  released: fc.boolean(),
  input: fc.nat({ max: 5_000 }),
  output: fc.nat({ max: 5_000 }),
  cacheRead: fc.option(fc.nat({ max: 900 }), { nil: undefined }),
  request: fc.record({
    upstream_id: fc.option(fc.string(), { nil: undefined }),
    end_user: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
    error_type: fc.option(fc.constantFrom('overloaded', 'client_gone'), { nil: undefined }),
    finish_reason: fc.option(fc.constantFrom('stop', 'length'), { nil: undefined }),
    warnings: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }),
    first_token_ms: fc.option(fc.nat({ max: 9_999 }), { nil: undefined }),
    model: fc.option(fc.constantFrom('vendor/other'), { nil: undefined }),
    route: fc.option(fc.record({ tried: fc.array(fc.string(), { maxLength: 2 }) }), { nil: undefined }),
  }),
  rawUsage: fc.option(fc.record({ service_tier: fc.constantFrom('flex', 'priority') }), { nil: undefined }),
});

describe('a settlement sent as rows', () => {
  let billing: Awaited<ReturnType<typeof createBilling>>;
  let model: TestModel;
  let tenant: Tenant;
  let repository: SettlementRepository;
  beforeAll(async () => {
    billing = await createBilling();
    model = await createModel(billing.pool);
    tenant = await createTenant(billing.pool, { overdraftNano: 10n ** 15n });
    repository = new SettlementRepository(billing.database);
  });
  afterAll(() => billing.drop());

  const held = async (amountNano = 10n ** 9n): Promise<string> => {
    const [placed] = await placeHolds(billing.pool, [{ keyId: tenant.keyId, model, amountNano }]);
    return placed?.hold ?? '';
  };
  const kept = async (hold: string): Promise<unknown> => (await billing.pool.query(KEPT, [hold])).rows[0];
  const asCall = (json: CallJson): SettlementCall => json as unknown as SettlementCall;

  it('is kept to the last column as the same settlement sent as JSON, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(made, async ({ released, input, output, cacheRead, request, rawUsage }) => {
        const [asRows, asJson] = [await held(), await held()];
        const base = released
          ? releaseOf(asRows, model, '5')
          : settlementOf(
              asRows,
              model,
              { input, output, cache_read: cacheRead ?? 0 },
              { raw_usage: rawUsage },
            );
        const call = {
          ...base,
          request: { ...(base['request'] as object), ...request },
          tokens: released ? undefined : { input, output, cache_read: cacheRead },
        };
        await repository.settle([asCall(call)]);
        await settleCalls(billing.pool, [{ ...call, hold: asJson, event: uuidv7() }]);
        expect(await kept(asRows)).toEqual(await kept(asJson));
      }),
      { numRuns: 60 },
    );
  });

  it('is settled once, however often it comes and whatever comes with it', async () => {
    const [first, second] = [await held(), await held()];
    const calls = [first, second].map((hold) =>
      asCall(settlementOf(hold, model, { input: 100, output: 10 })),
    );
    await repository.settle(calls.slice(0, 1));
    const before = await kept(first);
    await repository.settle(calls);
    await repository.settle(calls);
    expect(await kept(first)).toEqual(before);
    const { rows } = await billing.pool.query(
      'select count(*)::int as events from usage_event where request_id = any ($1)',
      [[first, second]],
    );
    expect(rows).toEqual([{ events: 2 }]);
  });

  it('is written in the order in which the calls were made, whatever order they come in', async () => {
    const wishes = Array.from({ length: 30 }, () => ({ keyId: tenant.keyId, model, amountNano: 10n ** 6n }));
    const holds = (await placeHolds(billing.pool, wishes)).map(({ hold }) => hold).toSorted();
    const shuffled = holds.toSorted((a, b) => (a.slice(-6) < b.slice(-6) ? -1 : 1));
    await repository.settle(shuffled.map((hold) => asCall(settlementOf(hold, model, { input: 3 }))));
    const { rows } = await billing.pool.query<{ id: string; same: boolean }>(
      `select q.id, q.created_at = e.recorded_at as same from request q join usage_event e on e.request_id = q.id
       where q.id = any ($1) order by q.created_at, q.id`,
      [holds],
    );
    expect(rows).toEqual(holds.map((id) => ({ id, same: true })));
  });

  it('that cannot be written is refused before the database hears of it, and the next one is settled', async () => {
    const hold = await held();
    const call = asCall(settlementOf(hold, model, { input: 1 }));
    await expect(repository.settle([{ ...call, amount: 'much' }])).rejects.toThrow(/much|number/i);
    await repository.settle([call]);
    expect(await kept(hold)).toMatchObject({ state: 'settled' });
  });
});
