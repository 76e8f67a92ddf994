import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { AutoTopUps } from '../../../src/billing/topups/auto-top-ups.service.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { brokenBooks } from '../../support/payments.js';

let api: AdminApi;
let autoTopUps: AutoTopUps;
beforeAll(async () => {
  api = await startAdminApi([BillingApiModule]);
  autoTopUps = api.app.get(AutoTopUps);
});
afterEach(async () => {
  await api.sql('update auto_top_up set enabled = false');
  expect(await brokenBooks(api.databaseUrl)).toEqual([]);
});
afterAll(() => api.close());

async function createPayer(token: string, provider = 'sandbox'): Promise<string> {
  const { body } = await api.post('/organizations', { name: 'Payer' });
  await api.post(`/organizations/${body.id}/payment-methods`, { provider, token });
  return body.id as string;
}

const RULE = { threshold: '5', amount: '20', enabled: true };
const put = (organization: string, rule: object) =>
  api.call({
    method: 'put',
    path: `/organizations/${organization}/auto-top-up`,
    body: rule,
    role: 'finance',
  });
const balanceOf = async (organization: string): Promise<string> =>
  (await api.get(`/organizations/${organization}/balance`)).body.balance as string;
const credit = (organization: string, amount: string) =>
  api.post(`/organizations/${organization}/credits`, {
    amount,
    currency: 'USD',
    kind: 'promo',
    reason: 'test',
  });

describe('an automatic top-up', () => {
  it('buys when the balance is at or below the threshold, and only then', async () => {
    const organization = await createPayer('pm_card_visa');
    const { status, body } = await put(organization, RULE);
    expect([status, body]).toEqual([
      200,
      {
        object: 'auto_top_up',
        organization,
        threshold: '5.000000000',
        amount: '20.000000000',
        monthly_cap: null,
        currency: 'USD',
        enabled: true,
        failures: 0,
        not_before: null,
      },
    ]);
    expect((await api.get(`/organizations/${organization}/auto-top-up`)).body).toEqual(body);
    await credit(organization, '5');
    expect(await autoTopUps.run()).toBe(1);
    expect(await balanceOf(organization)).toBe('25.000000000');
    expect(await autoTopUps.run()).toBe(0);
    const { body: list } = await api.get(`/organizations/${organization}/top-ups`);
    expect(list.data).toMatchObject([{ trigger: 'auto', status: 'succeeded', amount: '20.000000000' }]);
  });

  it('never buys more in a month than its cap', async () => {
    const organization = await createPayer('pm_card_visa');
    await put(organization, { threshold: '1000', amount: '20', monthly_cap: '50', enabled: true });
    for (let turn = 0; turn < 4; turn += 1) await autoTopUps.run();
    expect(await balanceOf(organization)).toBe('40.000000000');
    await api.sql(`alter table top_up disable trigger all`);
    await api.sql(`update top_up set created_at = created_at - interval '32 days'`);
    await autoTopUps.run();
    expect(await balanceOf(organization)).toBe('60.000000000');
  });

  it('has one under way at most, however many workers look', async () => {
    const organization = await createPayer('PO 7', 'invoice');
    await put(organization, RULE);
    const ordered = await Promise.all(Array.from({ length: 8 }, () => autoTopUps.run()));
    expect(ordered.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await autoTopUps.run()).toBe(0);
    const { body: list } = await api.get(`/organizations/${organization}/top-ups`);
    expect(list.data).toHaveLength(1);
  });

  it('waits an hour, four and then a day after declines, and starts anew with a new rule', async () => {
    const organization = await createPayer('pm_card_chargeCustomerFail');
    await put(organization, RULE);
    const hours = async (): Promise<number> => {
      const [row] = await api.sql(
        `select round(extract(epoch from not_before - now()) / 3600)::int as hours from auto_top_up where enabled`,
      );
      return row?.['hours'] as number;
    };
    for (const expected of [1, 4, 24]) {
      expect(await autoTopUps.run()).toBe(1);
      expect(await hours()).toBe(expected);
      expect(await autoTopUps.run()).toBe(0);
      await api.sql('update auto_top_up set not_before = now() where enabled');
    }
    // The third decline blocked the card: there is nobody to ask any more.
    expect(await autoTopUps.run()).toBe(0);
    expect((await api.get(`/organizations/${organization}/auto-top-up`)).body.failures).toBe(4);
    await api.post(`/organizations/${organization}/payment-methods`, {
      provider: 'sandbox',
      token: 'pm_card_visa',
    });
    await put(organization, RULE);
    expect(await autoTopUps.run()).toBe(1);
    expect(await balanceOf(organization)).toBe('20.000000000');
  });

  it('that cannot be ordered stops nobody else’s, and is tried again', async () => {
    const [bad, good] = [await createPayer('pm_card_visa'), await createPayer('pm_card_visa')];
    for (const organization of [bad, good]) await put(organization, RULE);
    await api.sql(
      `create function refuse_top_up() returns trigger language plpgsql as $$ begin
         if 'org_' || replace(new.organization_id::text, '-', '') = '${bad}' then raise exception 'not this one'; end if;
         return new; end $$`,
    );
    await api.sql(
      'create trigger refuse before insert on top_up for each row execute function refuse_top_up()',
    );
    expect([await autoTopUps.run(), await autoTopUps.run()]).toEqual([1, 0]);
    expect([await balanceOf(bad), await balanceOf(good)]).toEqual(['0.000000000', '20.000000000']);
    await api.sql('drop trigger refuse on top_up');
    const { body: rule } = await api.get(`/organizations/${bad}/auto-top-up`);
    expect([rule.failures, Date.parse(rule.not_before) > Date.now()]).toEqual([0, true]);
    await api.sql('update auto_top_up set not_before = now() where enabled');
    expect(await autoTopUps.run()).toBe(1);
    expect(await balanceOf(bad)).toBe('20.000000000');
  });

  it.each([
    [{ ...RULE, amount: '0' }, 'amount'],
    [{ ...RULE, amount: '1.001' }, 'amount'],
    [{ ...RULE, threshold: '1e3' }, 'threshold'],
    [{ ...RULE, monthly_cap: '-1' }, 'monthly_cap'],
    [{ ...RULE, enabled: 'yes' }, 'enabled'],
    [{ ...RULE, surprise: 1 }, 'surprise'],
  ])('with the rule %j is refused, naming %s', async (rule, param) => {
    const organization = await createPayer('pm_card_visa');
    const { status, body } = await put(organization, rule);
    expect([status, body.error.param]).toEqual([400, param]);
    expect((await api.get(`/organizations/${organization}/auto-top-up`)).status).toBe(404);
  });
});
