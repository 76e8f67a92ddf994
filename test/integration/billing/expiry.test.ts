import { uuidv7 } from '../../../src/core/ids.js';
import type { CreditKind } from '../../../src/billing/ledger/posting.js';
import { systemActor } from '../../../src/platform/audit/audit-log.repository.js';
import { createBilling } from '../../support/billing.js';
import { placeHolds, runCall, settleCalls, settlementOf } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';

type Billing = Awaited<ReturnType<typeof createBilling>>;

describe('credit that runs out', () => {
  let billing: Billing;
  let tenant: Tenant;
  let model: TestModel;

  beforeEach(async () => {
    billing = await createBilling();
    tenant = await createTenant(billing.pool);
    model = await createModel(billing.pool);
  });
  afterEach(() => billing.drop());

  const give = async (kind: CreditKind, amountNano: bigint) => {
    const order = {
      kind,
      amountNano,
      organizationId: tenant.organizationId,
      currency: 'USD',
      reason: 'test',
    };
    const expiresAt = new Date('2099-01-01T00:00:00Z');
    const identity = { idempotencyKey: uuidv7(), createdBy: 'test' };
    return (await billing.credits.grant({ ...order, expiresAt, ...identity }, systemActor('test'))).id;
  };
  /** Lets time pass for a lot: its row may not change, so past its trigger. */
  const expire = async (grantId: string): Promise<void> => {
    const client = await billing.pool.connect();
    await client.query('begin; set local session_replication_role = replica');
    await client.query(`update credit_grant set expires_at = now() - interval '2 hours' where id = $1`, [
      grantId,
    ]);
    await client.query('commit');
    client.release();
  };
  const wallet = async () => {
    const { rows } = await billing.pool.query<{ balance_nano: string; held_nano: string }>(
      'select balance_nano, held_nano from wallet',
    );
    return [rows[0]?.balance_nano, rows[0]?.held_nano];
  };
  const account = async (kind: string): Promise<string | undefined> => {
    const { rows } = await billing.pool.query<{ nano: string }>(
      'select sum(e.amount_nano) as nano from ledger_entry e join ledger_account a on a.id = e.account_id where a.kind = $1',
      [kind],
    );
    return rows[0]?.nano;
  };
  const violations = async () => (await billing.audit.run()).filter((check) => check.violations > 0);

  it.each([
    ['paid', 'breakage_revenue', '-1000'],
    ['promo', 'promo_pending', '0'],
    ['goodwill', 'revenue_reduction', '0'],
  ] as const)('leaves the wallet, and is posted as what it was: %s', async (kind, accountKind, expected) => {
    await give('paid', 500n);
    await expire(await give(kind, 1_000n));
    expect(await billing.expiry.run()).toBe(1);
    expect(await wallet()).toEqual(['500', '0']);
    expect(await account(accountKind)).toBe(expected);
    expect(await billing.expiry.run()).toBe(0);
    expect(await violations()).toEqual([]);
  });

  it('loses only what is left after usage that was not yet posted', async () => {
    const grant = await give('promo', 10_000n);
    await runCall(billing.pool, tenant, { model, quantities: { input: 2 } });
    await expire(grant);
    await billing.expiry.run();
    expect(await wallet()).toEqual(['0', '0']);
    expect(await account('promo_credit')).toBe('0');
    const { rows } = await billing.pool.query('select kind, amount_nano from grant_move order by id');
    expect(rows).toEqual([
      { kind: 'consume', amount_nano: '6000' },
      { kind: 'expire', amount_nano: '4000' },
    ]);
    expect(await violations()).toEqual([]);
  });

  it('crash point C20: stays where an open call holds it, still pays that call, and goes when the call has ended', async () => {
    const grant = await give('promo', 10_000n);
    const [placed] = await placeHolds(billing.pool, [{ keyId: tenant.keyId, model, amountNano: 9_000n }]);
    await expire(grant);
    expect(await billing.expiry.run()).toBe(1);
    expect(await wallet()).toEqual(['9000', '9000']);
    await settleCalls(billing.pool, [settlementOf(placed?.hold ?? '', model, { input: 2 })]);
    expect(await billing.expiry.run()).toBe(1);
    expect(await wallet()).toEqual(['0', '0']);
    const { rows } = await billing.pool.query('select kind, amount_nano from grant_move order by id');
    expect(rows.map(({ kind, amount_nano }) => `${kind} ${amount_nano}`)).toEqual([
      'expire 1000',
      'consume 6000',
      'expire 3000',
    ]);
    expect(await account('promo_pending')).toBe('0');
    expect(await violations()).toEqual([]);
  });

  it('is taken from every other customer when that fails for one', async () => {
    const bad = tenant;
    await expire(await give('paid', 1_000n));
    tenant = await createTenant(billing.pool);
    await expire(await give('paid', 700n));
    await billing.pool.query(
      `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not this one'; end $$;
       create trigger refuse before insert on ledger_transaction for each row
         when (new.organization_id = '${bad.organizationId}') execute function refuse()`,
    );
    expect(await billing.expiry.run()).toBe(1);
    expect(await account('breakage_revenue')).toBe('-700');
    await billing.pool.query('drop trigger refuse on ledger_transaction');
    expect(await billing.expiry.run()).toBe(1);
    expect(await account('breakage_revenue')).toBe('-1700');
    expect(await violations()).toEqual([]);
  });

  it('is taken once by two workers at the same time', async () => {
    await expire(await give('promo', 1_000n));
    await Promise.all([billing.expiry.run(), billing.expiry.run(), billing.expiry.run()]);
    expect(await wallet()).toEqual(['0', '0']);
    expect(await violations()).toEqual([]);
  });
});
