import { uuidv7 } from '../../../src/core/ids.js';
import type { CreditKind } from '../../../src/billing/ledger/posting.js';
import { systemActor } from '../../../src/platform/audit/audit-log.repository.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { reverseEvent, runCall } from '../../support/builders/call.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';
import { createBilling } from '../../support/billing.js';

type Billing = Awaited<ReturnType<typeof createBilling>>;

describe('the money walk, in figures made by hand', () => {
  let billing: Billing;
  let tenant: Tenant;
  let model: TestModel;

  beforeAll(async () => {
    billing = await createBilling();
  });
  afterAll(() => billing.drop());
  beforeEach(async () => {
    tenant = await createTenant(billing.pool, { overdraftNano: 500_000_000n });
    model = await createModel(billing.pool, {
      prices: [
        ['input', 3_000_000n, 2_000_000n],
        ['cache_read', 5_005n, 3_337n],
        ['output', 15_000_000n, 10_000_000n],
      ],
    });
  });

  const give = (kind: CreditKind, amountNano: bigint, expiresAt?: Date) =>
    billing.credits.grant(
      {
        organizationId: tenant.organizationId,
        kind,
        amountNano,
        currency: 'USD',
        reason: 'test',
        expiresAt,
        idempotencyKey: uuidv7(),
        createdBy: 'test',
      },
      systemActor('test'),
    );

  /** Balances of every account this tenant's ledger transactions touched, credits negative. */
  const accounts = async (): Promise<Record<string, string>> => {
    const { rows } = await billing.pool.query<{ kind: string; nano: string }>(
      `select a.kind, sum(e.amount_nano) as nano from ledger_entry e join ledger_account a on a.id = e.account_id
       join ledger_transaction t on t.id = e.transaction_id where t.organization_id = $1 group by 1`,
      [tenant.organizationId],
    );
    return Object.fromEntries(rows.map((row) => [row.kind, row.nano]));
  };
  const balance = async (): Promise<string | undefined> => {
    const { rows } = await billing.pool.query<{ balance_nano: string }>(
      'select balance_nano from wallet where id = $1',
      [tenant.walletId],
    );
    return rows[0]?.balance_nano;
  };
  const violations = async () =>
    (await billing.audit.run())
      .filter((check) => check.violations > 0)
      .map(({ id, sample }) => ({ id, sample }));

  it('pays three calls from promo credit first, then from paid credit, to the nano', async () => {
    await give('paid', 10_000_000_000n);
    await give('promo', 1_000_000_000n);
    await runCall(billing.pool, tenant, { model, quantities: { input: 100_000, output: 20_000 } });
    const second = await runCall(billing.pool, tenant, {
      model,
      quantities: { input: 50_000, cache_read: 333, output: 20_000 },
    });
    await runCall(billing.pool, tenant, { model, quantities: { input: 1_000_000 } });
    expect(second.charged).toBe(450_001_667n);
    expect(await balance()).toBe('6949998333');
    expect(await violations()).toEqual([]);

    expect(await billing.rollup.drain()).toBe(3);
    expect(await balance()).toBe('6949998333');
    expect(await accounts()).toEqual({
      cash_clearing: '10000000000',
      deferred_revenue: '-6949998333',
      promo_credit: '0',
      promo_pending: '0',
      revenue: '-3050001667',
      cost_of_sales: '2700001111',
      provider_payable: '-2700001111',
    });
    const { rows } = await billing.pool.query(
      `select f.event_id, f.funding, f.amount_nano from usage_funding f join usage_event e on e.id = f.event_id
       where e.wallet_id = $1 order by f.amount_nano`,
      [tenant.walletId],
    );
    expect(rows).toMatchObject([
      { event_id: second.event, funding: 'prepaid_promo', amount_nano: '400000000' },
      { funding: 'prepaid_promo', amount_nano: '600000000' },
    ]);
    const rollup = await billing.pool.query(
      `select token_class, sum(quantity) as q, sum(rated_pico) as r, sum(amount_nano) as a, sum(cost_nano) as c
       from usage_rollup where wallet_id = $1 group by 1 order by 1`,
      [tenant.walletId],
    );
    expect(rollup.rows).toEqual([
      { token_class: 'cache_read', q: '333', r: '1666665', a: '1667', c: '1111' },
      { token_class: 'input', q: '1150000', r: '3450000000000', a: '3450000000', c: '2300000000' },
      { token_class: 'output', q: '40000', r: '600000000000', a: '600000000', c: '400000000' },
    ]);
    expect(await violations()).toEqual([]);
  });

  it('posts what no credit covers as a contract asset, and keeps it apart from credit that comes afterwards', async () => {
    await give('paid', 100_000_000n);
    await runCall(billing.pool, tenant, { model, quantities: { input: 100_000 } });
    await billing.rollup.drain();
    expect(await accounts()).toMatchObject({
      deferred_revenue: '0',
      contract_asset: '200000000',
      revenue: '-300000000',
    });
    await give('paid', 1_000_000_000n);
    expect(await balance()).toBe('800000000');
    expect(await accounts()).toMatchObject({
      deferred_revenue: '-1000000000',
      contract_asset: '200000000',
    });
    expect(await violations()).toEqual([]);
  });

  it.each(['in one batch with the call', 'after the call was posted'])(
    'gives a reversed call back to the money that paid it, %s',
    async (when) => {
      await give('paid', 1_000_000_000n);
      await give('promo', 100_000_000n);
      const call = await runCall(billing.pool, tenant, { model, quantities: { input: 100_000 } });
      if (when.startsWith('after')) await billing.rollup.drain();
      const reversal = await reverseEvent(billing.pool, call.event);
      await billing.rollup.drain();
      expect(await balance()).toBe('1100000000');
      expect(await accounts()).toEqual({
        cash_clearing: '1000000000',
        deferred_revenue: '-1000000000',
        promo_credit: '-100000000',
        promo_pending: '100000000',
        revenue: '0',
        ...(when.startsWith('after') && { cost_of_sales: '0', provider_payable: '0' }),
      });
      const { rows } = await billing.pool.query(
        'select funding, amount_nano from usage_funding where event_id = $1',
        [reversal],
      );
      expect(rows).toEqual([{ funding: 'prepaid_promo', amount_nano: '100000000' }]);
      expect(await violations()).toEqual([]);
    },
  );

  it('charges what the wallet has and lets the house bear the rest of a call that cost more', async () => {
    await give('promo', 100_000_000n);
    const call = await runCall(billing.pool, tenant, {
      model,
      quantities: { input: 300_000 },
      amountNano: 50_000_000n,
    });
    expect(call).toMatchObject({ charged: 600_000_000n, absorbed: 300_000_000n });
    await billing.rollup.drain();
    expect(await accounts()).toMatchObject({
      promo_credit: '0',
      contract_asset: '500000000',
      revenue: '-500000000',
    });
    expect(await violations()).toEqual([]);
  });
});
