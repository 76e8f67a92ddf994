import { AuditLogRepository } from '../../../src/platform/audit/audit-log.repository.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { runCommand } from '../../support/run-command.js';

let api: AdminApi;
beforeAll(async () => {
  api = await startAdminApi();
});
afterAll(() => api.close());

const idOf = (publicId: string): string => publicId.slice(publicId.indexOf('_') + 1);

describe('an organization', () => {
  it('is created with a billing account and an empty wallet, and read back as it was answered', async () => {
    const created = await api.post('/organizations', {
      name: 'Acme 🦊',
      compatibility: 'octen',
      currency: 'USD',
      timezone: 'Europe/Berlin',
      billing_mode: 'postpaid',
      credit_limit: '500.5',
      routing_defaults: { preference: 'cost', eu_native: true },
      rate_limits: { requests_per_minute: 600, tokens_per_minute: null },
      tax: { country: 'DE', vat_id: 'DE123456789' },
      budget: { amount: '1000', window: 'monthly' },
    });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      object: 'organization',
      id: expect.stringMatching(/^org_[0-9a-f]{32}$/),
      name: 'Acme 🦊',
      compatibility: 'octen',
      currency: 'USD',
      timezone: 'Europe/Berlin',
      billing_mode: 'postpaid',
      credit_limit: '500.500000000',
      status: 'active',
      default_payment_method: null,
      routing_defaults: { preference: 'cost', eu_native: true },
      rate_limits: { requests_per_minute: 600, tokens_per_minute: null, concurrency: null },
      tax: { country: 'DE', vat_id: 'DE123456789' },
      budget: { amount: '1000.000000000', window: 'monthly' },
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
    });
    expect(created.headers['x-request-id']).toMatch(/^req_[0-9a-f]{32}$/);
    expect((await api.get(`/organizations/${created.body.id}`)).body).toEqual(created.body);
    const wallets = await api.sql(
      'select balance_nano, overdraft_nano from wallet where organization_id = $1',
      [idOf(created.body.id)],
    );
    expect(wallets).toEqual([{ balance_nano: '0', overdraft_nano: '500500000000' }]);
  });

  it('needs nothing but a name', async () => {
    const { status, body } = await api.post('/organizations', { name: 'Plain' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      billing_mode: 'prepaid',
      credit_limit: '0.000000000',
      timezone: 'UTC',
      budget: null,
    });
  });

  it('keeps what a change does not mention and clears what it sets to null', async () => {
    const { body } = await api.post('/organizations', {
      name: 'Before',
      tax: { country: 'FR' },
      budget: { amount: '5', window: 'daily' },
    });
    const renamed = await api.patch(`/organizations/${body.id}`, { name: 'After' });
    expect(renamed.body).toMatchObject({
      name: 'After',
      tax: { country: 'FR' },
      budget: { window: 'daily' },
    });
    const cleared = await api.patch(`/organizations/${body.id}`, {
      budget: null,
      tax: null,
      status: 'suspended',
    });
    expect(cleared.body).toMatchObject({
      name: 'After',
      budget: null,
      tax: { country: null, vat_id: null },
      status: 'suspended',
    });
  });

  it('gives credit only to those who pay afterwards', async () => {
    const { body } = await api.post('/organizations', { name: 'Prepaid', credit_limit: '50' });
    const overdraft = async () => (await api.get(`/organizations/${body.id}/balance`)).body.overdraft;
    expect(await overdraft()).toBe('0.000000000');
    await api.patch(`/organizations/${body.id}`, { billing_mode: 'postpaid' });
    expect(await overdraft()).toBe('50.000000000');
    await api.patch(`/organizations/${body.id}`, { billing_mode: 'prepaid' });
    expect(await overdraft()).toBe('0.000000000');
  });

  it('refuses terms that its debt already exceeds, and changes nothing', async () => {
    const { body } = await api.post('/organizations', {
      name: 'Debtor',
      billing_mode: 'postpaid',
      credit_limit: '50',
    });
    await api.sql('update wallet set balance_nano = -30000000000 where organization_id = $1', [
      idOf(body.id),
    ]);
    const refused = await api.patch(`/organizations/${body.id}`, {
      name: 'Renamed',
      credit_limit: '29.999999999',
    });
    expect(refused.status).toBe(409);
    expect(refused.body.error).toMatchObject({
      type: 'conflict_error',
      param: 'credit_limit',
      code: 'wallet_overdrawn',
    });
    expect((await api.patch(`/organizations/${body.id}`, { billing_mode: 'prepaid' })).status).toBe(409);
    expect((await api.get(`/organizations/${body.id}`)).body).toMatchObject({
      name: 'Debtor',
      credit_limit: '50.000000000',
    });
    expect((await api.patch(`/organizations/${body.id}`, { credit_limit: '30' })).status).toBe(200);
  });

  it('counts an overdraft as available only while somebody can be charged for it', async () => {
    const { body } = await api.post('/organizations', {
      name: 'Credit',
      billing_mode: 'postpaid',
      credit_limit: '10',
    });
    const balance = async () => (await api.get(`/organizations/${body.id}/balance`)).body;
    expect(await balance()).toEqual({
      object: 'balance',
      currency: 'USD',
      balance: '0.000000000',
      held: '0.000000000',
      available: '0.000000000',
      overdraft: '10.000000000',
    });
    await api.post(`/organizations/${body.id}/payment-methods`, { provider: 'invoice', token: 'PO 7' });
    expect((await balance()).available).toBe('10.000000000');
  });

  it('is listed newest first, page by page, each exactly once', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      ids.unshift((await api.post('/organizations', { name: `Listed ${count}` })).body.id);
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null && seen.length < 5) {
      const page = await api.get(`/organizations?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(page.body.object).toBe('list');
      seen.push(...page.body.data.map((item: { id: string }) => item.id));
      cursor = page.body.next_cursor;
      expect(page.body.has_more).toBe(cursor !== null);
    }
    expect(seen.slice(0, 5)).toEqual(ids);
  });

  it.each(['limit=0', 'limit=101', 'limit=-1', 'limit=1e1', 'limit=abc', 'limit=', 'limit=1&limit=2'])(
    'refuses the list query %s',
    async (query) => {
      const { status, body } = await api.get(`/organizations?${query}`);
      expect([status, body.error.param]).toEqual([400, 'limit']);
    },
  );

  it.each(['cursor=x', 'cursor=', 'cursor=%00', 'order=asc'])('refuses the list query %s', async (query) => {
    const { status, body } = await api.get(`/organizations?${query}`);
    expect([status, body.error.param]).toEqual([400, query.split('=')[0]]);
  });

  it.each([
    'org_1',
    'org_',
    'proj_0199aaaabbbbccccddddeeeeffff0000',
    `org_${'0'.repeat(32)}`,
    '%252e',
    "x'or'1'='1",
  ])('is not found as %s', async (id) => {
    for (const path of ['', '/balance', '/payment-methods', '/projects', '/members']) {
      const { status, body } = await api.get(`/organizations/${id}${path}`);
      expect([status, body.error.type]).toEqual([404, 'not_found_error']);
    }
    expect((await api.patch(`/organizations/${id}`, { name: 'x' })).status).toBe(404);
    expect((await api.post(`/organizations/${id}/projects`, { name: 'x' })).status).toBe(404);
  });
});

describe('the audit log', () => {
  it('holds every change once, in a chain, without what a change was', async () => {
    const { body } = await api.post('/organizations', { name: 'Audited' }, 'owner');
    await api.patch(`/organizations/${body.id}`, { name: 'Renamed' }, 'admin');
    const [update, create] = (await api.get('/audit-log?limit=2')).body.data;
    expect(create).toMatchObject({ action: 'organization.create', organization: body.id, before_hash: null });
    expect(create.actor).toMatch(/^akey_/);
    expect(update).toMatchObject({
      action: 'organization.update',
      target: { kind: 'organization', id: body.id },
    });
    expect(update.before_hash).toBe(create.after_hash);
    expect(update.after_hash).not.toBe(update.before_hash);
    expect(update.prev_hash).toBe(create.hash);
  });

  it('has no entry for a refused change', async () => {
    const before = (await api.get('/audit-log?limit=1')).body.data[0].id;
    await api.patch(`/organizations/org_${'0'.repeat(32)}`, { name: 'Nobody' });
    await api.post('/organizations', { name: '' });
    expect((await api.get('/audit-log?limit=1')).body.data[0].id).toBe(before);
  });

  it('stays one chain when many change at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, index) => api.post('/organizations', { name: `Parallel ${index}` })),
    );
    expect(made.map(({ status }) => status)).toEqual(Array(12).fill(201));
    const rows = await api.sql('select hash, prev_hash from audit_log order by id');
    rows.forEach((row, index) => {
      expect(row['prev_hash']).toBe(index === 0 ? '0'.repeat(64) : rows[index - 1]?.['hash']);
    });
  });

  it('cannot be changed, and shows where somebody changed it all the same', async () => {
    const log = api.app.get(AuditLogRepository, { strict: false });
    const { entries, head, broken } = await log.verify();
    expect(broken).toEqual([]);
    const args = ['audit-log', 'verify'];
    const whole = `The audit log is whole: ${entries} entries, the last one ${head}.\n`;
    expect(await runCommand(args, api.databaseUrl)).toEqual({ code: 0, output: whole });
    const change = `update audit_log set detail = '{"forged":true}' where id = 3`;
    await expect(api.sql(change)).rejects.toThrow(/append-only/);
    await expect(api.sql('delete from audit_log where id = 3')).rejects.toThrow(/append-only/);
    await api.sql('alter table audit_log disable trigger audit_log_append_only');
    await api.sql(change);
    expect((await log.verify()).broken).toEqual(['3']);
    expect(await runCommand(args, api.databaseUrl)).toEqual({ code: 1, output: 'Broken: 3\n' });
    await api.sql('delete from audit_log where id = 3');
    expect((await log.verify()).broken).toEqual(['4']);
  });
});
