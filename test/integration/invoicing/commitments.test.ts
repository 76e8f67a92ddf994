import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { brokenBooks } from '../../support/payments.js';

let api: AdminApi;
let org: string;
beforeAll(async () => {
  api = await startAdminApi([BillingApiModule]);
});
beforeEach(async () => {
  org = await createOrganization('postpaid');
});
afterEach(async () => {
  expect(await brokenBooks(api.databaseUrl)).toEqual([]);
});
afterAll(() => api.close());

/** A day so many days from the first of the present month; far enough from today to be open. */
const FIRST = new Date();
const day = (days: number): string =>
  new Date(Date.UTC(FIRST.getUTCFullYear(), FIRST.getUTCMonth() + 1, 1 + days)).toISOString().slice(0, 10);

async function createOrganization(billingMode: 'prepaid' | 'postpaid'): Promise<string> {
  const { body } = await api.post('/organizations', {
    name: 'Customer',
    billing_mode: billingMode,
    credit_limit: billingMode === 'postpaid' ? '100' : '0',
  });
  return body.id as string;
}
type Role = 'owner' | 'finance' | 'support' | 'auditor';
const post = (path: string, body: object, role: Role = 'finance') =>
  api.call({ method: 'post', path, body, role });
const commit = (over: Record<string, unknown> = {}, of = org, role: Role = 'finance') =>
  post(
    `/organizations/${of}/commitments`,
    { amount: '1000', currency: 'USD', valid_from: day(0), ...over },
    role,
  );
const list = async (of = org) =>
  (await api.call({ method: 'get', path: `/organizations/${of}/commitments`, role: 'auditor' })).body
    .data as Record<string, string | null>[];
const count = async () => (await api.sql('select count(*)::int as n from commitment', []))[0];
const audited = async () =>
  (
    await api.sql(
      `select action, target_id as target from audit_log where action like 'commitment.%' order by id`,
      [],
    )
  ).slice(-3);

it('makes one, lets another take over, and ends it, with an entry of the audit log for each', async () => {
  const first = await commit();
  expect(first.status).toBe(201);
  expect(first.body).toMatchObject({
    object: 'commitment',
    id: expect.stringMatching(/^cmt_[0-9a-f]{32}$/) as string,
    organization: org,
    amount: '1000.000000000',
    currency: 'USD',
    valid_from: day(0),
    valid_until: null,
  });
  const second = await commit({ amount: '2000.5', valid_from: day(40), valid_until: day(400) });
  expect(second.status).toBe(201);
  const ended = await post(`/organizations/${org}/commitments/${String(second.body.id)}/end`, {
    valid_until: day(100),
  });
  expect(ended.status).toBe(200);
  expect(ended.body).toMatchObject({ amount: '2000.500000000', valid_until: day(100) });
  expect((await list()).map(({ valid_from, valid_until }) => [valid_from, valid_until])).toEqual([
    [day(40), day(100)],
    [day(0), day(40)],
  ]);
  expect(await audited()).toEqual([
    { action: 'commitment.end', target: first.body.id },
    { action: 'commitment.create', target: second.body.id },
    { action: 'commitment.end', target: second.body.id },
  ]);
});

it('is ended once however often it is asked, and may be called off before it begins', async () => {
  const { body } = await commit();
  const path = `/organizations/${org}/commitments/${String(body.id)}/end`;
  expect((await post(path, { valid_until: day(0) })).body).toMatchObject({ valid_until: day(0) });
  expect((await post(path, { valid_until: day(0) })).status).toBe(200);
  expect((await commit()).status).toBe(201);
});

it.each([
  ['amount', { amount: '-1' }],
  ['amount', { amount: '0' }],
  ['amount', { amount: '1e3' }],
  ['amount', { amount: 1000 }],
  ['amount', { amount: '0.0000000001' }],
  ['amount', { amount: '1000000000.000000001' }],
  ['amount', { amount: '99999999999999999999999999' }],
  ['amount', { amount: undefined }],
  ['currency', { currency: 'EUR' }],
  ['currency', { currency: 'usd' }],
  ['currency', { currency: undefined }],
  ['valid_from', { valid_from: '2027-02-30' }],
  ['valid_from', { valid_from: '2027-01-01T00:00:00Z' }],
  ['valid_from', { valid_from: '2020-01-01' }],
  ['valid_from', { valid_from: undefined }],
  ['valid_until', { valid_until: day(0) }],
  ['valid_until', { valid_until: day(-1) }],
  ['valid_until', { valid_until: 'soon' }],
  ['wallet', { wallet: 'x' }],
])('refuses a wrong %s by its name and writes nothing: %j', async (param, over) => {
  const before = await count();
  const { status, body } = await commit(over);
  expect([status, body.error]).toEqual([400, expect.objectContaining({ param })]);
  expect(await count()).toEqual(before);
});

it.each([
  ['valid_from', { valid_from: day(10) }],
  ['valid_from', { valid_from: day(59), valid_until: day(70) }],
  ['valid_until', { valid_from: day(-20) }],
  ['valid_until', { valid_from: day(-20), valid_until: day(1) }],
])('refuses to overlap another one, naming %s', async (param, over) => {
  await commit({ valid_from: day(0), valid_until: day(60) });
  const before = await count();
  const { status, body } = await commit(over);
  expect([status, body.error]).toEqual([
    409,
    expect.objectContaining({ param, code: 'commitment_overlaps' }),
  ]);
  expect(await count()).toEqual(before);
  expect((await commit({ valid_from: day(60) })).status).toBe(201);
});

it('refuses who pays in advance, whom there is not, and whose it is not', async () => {
  const prepaid = await createOrganization('prepaid');
  expect((await commit({}, prepaid)).body.error).toMatchObject({
    param: 'organization',
    code: 'not_postpaid',
  });
  expect((await commit({}, 'org_00000000000000000000000000000000')).status).toBe(404);
  expect((await commit({}, org, 'support')).status).toBe(403);
  const { body } = await commit();
  const other = await createOrganization('postpaid');
  const foreign = await post(`/organizations/${other}/commitments/${String(body.id)}/end`, {
    valid_until: day(5),
  });
  expect(foreign.status).toBe(404);
  expect(await list(other)).toEqual([]);
  expect((await list())[0]).toMatchObject({ valid_until: null });
});

it.each([
  ['before it begins', day(-1)],
  ['later than it ends', day(31)],
  ['in a month that is billed', '2020-01-01'],
  ['on no day', '2027-13-01'],
])('is not ended %s', async (_, validUntil) => {
  const { body } = await commit({ valid_until: day(30) });
  const { status, body: refused } = await post(`/organizations/${org}/commitments/${String(body.id)}/end`, {
    valid_until: validUntil,
  });
  expect([status, refused.error]).toEqual([400, expect.objectContaining({ param: 'valid_until' })]);
  expect((await list())[0]).toMatchObject({ valid_until: day(30) });
});

it('keeps the time zone and the terms it is billed under while it lasts', async () => {
  const { body } = await commit();
  const patch = (change: object) =>
    api.call({ method: 'patch', path: `/organizations/${org}`, body: change, role: 'owner' });
  for (const [param, change] of [
    ['timezone', { timezone: 'Asia/Tokyo' }],
    ['billing_mode', { billing_mode: 'prepaid' }],
  ] as const) {
    const { status, body: refused } = await patch(change);
    expect([status, refused.error]).toEqual([
      409,
      expect.objectContaining({ param, code: 'commitment_in_force' }),
    ]);
  }
  expect((await patch({ timezone: 'UTC', name: 'Renamed' })).status).toBe(200);
  await post(`/organizations/${org}/commitments/${String(body.id)}/end`, { valid_until: day(0) });
  expect((await patch({ timezone: 'Asia/Tokyo' })).status).toBe(200);
});

it('is never rewritten or deleted, whoever asks the database', async () => {
  const { body } = await commit({ valid_until: day(30) });
  const of = `where id::text = replace('${String(body.id)}', 'cmt_', '')::uuid::text`;
  await expect(api.sql(`update commitment set amount_nano = 1 ${of}`, [])).rejects.toThrow('not rewritten');
  await expect(api.sql(`update commitment set valid_until = '${day(31)}' ${of}`, [])).rejects.toThrow(
    'not rewritten',
  );
  await expect(api.sql(`delete from commitment ${of}`, [])).rejects.toThrow('never deleted');
});
