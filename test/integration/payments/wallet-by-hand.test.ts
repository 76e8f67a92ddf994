import pg from 'pg';
import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { BillingServices } from '../../support/billing.js';
import {
  placeHolds,
  releaseOf,
  reverseEvent,
  runCall,
  settleCalls,
} from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';
import { brokenBooks } from '../../support/payments.js';
import { publicId } from '../../../src/core/ids.js';

let api: AdminApi;
let pool: pg.Pool;
let model: TestModel;
let tenant: Tenant;
let org: string;
beforeAll(async () => {
  api = await startAdminApi([BillingApiModule]);
  pool = new pg.Pool({ connectionString: api.databaseUrl, max: 2 });
  model = await createModel(pool);
});
beforeEach(async () => {
  tenant = await createTenant(pool);
  org = publicId('organization', tenant.organizationId);
});
afterEach(async () => {
  expect(await brokenBooks(api.databaseUrl)).toEqual([]);
});
afterAll(async () => {
  await pool.end();
  await api.close();
});

const give = async (kind: string, amount: string): Promise<string> => {
  const order = { kind, amount, currency: 'USD', reason: 'test' };
  return (await api.post(`/organizations/${org}/credits`, order)).body.id as string;
};
const revoke = (credit: string, role: 'finance' | 'support' = 'finance') =>
  api.post(`/organizations/${org}/credits/${credit}/revoke`, { reason: 'a mistake' }, role);
const balance = async () => (await api.get(`/organizations/${org}/balance`)).body.balance as string;
const post = async (): Promise<void> => {
  const services = new BillingServices(api.databaseUrl);
  await services.rollup.drain();
  await services.close();
};
const account = async (kind: string): Promise<string> => {
  const rows = await api.sql(
    `select coalesce(sum(e.amount_nano), 0)::text as nano from ledger_entry e join ledger_account a on a.id = e.account_id
       join ledger_transaction t on t.id = e.transaction_id where a.kind = $1 and t.organization_id = $2`,
    [kind, tenant.organizationId],
  );
  return rows[0]?.['nano'] as string;
};

describe('a block by hand', () => {
  const wallet = (action: 'block' | 'unblock', role: 'finance' | 'support' = 'finance') =>
    api.post(`/finance/v1/organizations/${org}/wallet/${action}`, { reason: 'suspicion of fraud' }, role);
  const call = async (): Promise<string | undefined> => {
    const [placed] = await placeHolds(pool, [{ keyId: tenant.keyId, model, amountNano: 1_000n }]);
    if (placed?.outcome === 'placed') await settleCalls(pool, [releaseOf(placed.hold, model)]);
    return placed?.outcome;
  };

  it('stops the keys with the next call, however often it is set, and starts them when it is lifted', async () => {
    await give('promo', '1');
    expect(await call()).toBe('placed');
    expect((await wallet('block')).body).toEqual({
      object: 'wallet_blocks',
      organization: org,
      blocked: true,
      reasons: ['manual'],
    });
    expect((await wallet('block')).body).toMatchObject({ blocked: true, reasons: ['manual'] });
    expect(await call()).toBe('wallet_blocked');
    expect((await wallet('unblock')).body).toMatchObject({ blocked: false, reasons: [] });
    expect(await call()).toBe('placed');
    const told = await api.sql(
      `select action, detail ->> 'reason' as reason from audit_log where organization_id = $1 and action like 'wallet.%' order by id`,
      [tenant.organizationId],
    );
    expect(told.map(({ action }) => action)).toEqual(['wallet.block', 'wallet.block', 'wallet.unblock']);
    expect(told[0]).toMatchObject({ reason: 'suspicion of fraud' });
  });

  it('leaves other reasons in place when it is lifted', async () => {
    await wallet('block');
    await api.sql(
      `insert into wallet_block (wallet_id, reason, source_id) values ($1, 'dispute', gen_random_uuid())`,
      [tenant.walletId],
    );
    expect((await wallet('unblock')).body).toMatchObject({ blocked: true, reasons: ['dispute'] });
    await api.sql('delete from wallet_block where wallet_id = $1', [tenant.walletId]);
  });

  it('is for finance, wants a reason, and knows no stranger', async () => {
    expect((await wallet('block', 'support')).status).toBe(403);
    const path = `/finance/v1/organizations/${org}/wallet/block`;
    expect((await api.post(path, {}, 'finance')).body.error).toMatchObject({ param: 'reason' });
    const stranger = publicId('organization', '01990000-0000-7000-8000-000000000000');
    const unknown = await api.post(
      `/finance/v1/organizations/${stranger}/wallet/block`,
      { reason: 'x' },
      'finance',
    );
    expect(unknown.status).toBe(404);
    expect(await call()).not.toBe('wallet_blocked');
  });
});

describe('credit taken back', () => {
  it.each([
    ['promo', 'promo_pending'],
    ['goodwill', 'revenue_reduction'],
  ])('%s: what is unspent goes, and the books are as if it had never been given', async (kind, contra) => {
    const credit = await give(kind, '1');
    await runCall(pool, tenant, { model, quantities: { input: 100_000 } });
    expect((await revoke(credit)).body.error).toMatchObject({ code: 'usage_pending' });
    await post();
    expect((await revoke(credit)).body).toMatchObject({
      id: credit,
      amount: '1.000000000',
      remaining: '0.000000000',
    });
    expect(await balance()).toBe('0.000000000');
    // Three tenths of a dollar were used: a present that was used up is gone, an apology was one.
    expect(await account(contra)).toBe(kind === 'promo' ? '0' : '300000000');
    expect((await revoke(credit)).body.error).toMatchObject({ code: 'credit_spent' });
  });

  it('leaves what an open call holds, which can be taken once that has ended', async () => {
    const credit = await give('promo', '1');
    const [placed] = await placeHolds(pool, [{ keyId: tenant.keyId, model, amountNano: 400_000_000n }]);
    expect((await revoke(credit)).body).toMatchObject({ remaining: '0.400000000' });
    await settleCalls(pool, [releaseOf(placed?.hold ?? '', model)]);
    expect((await revoke(credit)).body).toMatchObject({ remaining: '0.000000000' });
    expect(await account('promo_credit')).toBe('0');
  });

  it('can be taken again when a charge that it paid is given back afterwards', async () => {
    const credit = await give('promo', '1');
    const { event } = await runCall(pool, tenant, { model, quantities: { input: 100_000 } });
    await post();
    expect((await revoke(credit)).body).toMatchObject({ remaining: '0.000000000' });
    await reverseEvent(pool, event);
    await post();
    expect(await balance()).toBe('0.300000000');
    expect((await revoke(credit)).body).toMatchObject({ remaining: '0.000000000' });
    expect(await balance()).toBe('0.000000000');
  });

  it('is not for bought credit, nor for other roles, nor for the credit of others', async () => {
    const paid = await give('paid', '1');
    expect((await revoke(paid)).body.error).toMatchObject({ code: 'credit_paid' });
    expect((await revoke(paid, 'support')).status).toBe(403);
    org = publicId('organization', (await createTenant(pool)).organizationId);
    expect((await revoke(paid)).status).toBe(404);
  });
});
