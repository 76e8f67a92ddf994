import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Webhook } from 'standardwebhooks';
import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { EventNotifier } from '../../../src/billing/notifications/event-notifier.service.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { until } from '../../support/calls.js';
import { brokenBooks } from '../../support/payments.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.js';

let api: AdminApi;
let strict: AdminApi;
let receiver: WebhookReceiver;
let mailDir: string;
beforeAll(async () => {
  mailDir = await mkdtemp(path.join(tmpdir(), 'faregate-mail-'));
  receiver = await startWebhookReceiver();
  api = await startAdminApi([BillingApiModule], { WEBHOOKS_ALLOW_PRIVATE: 'true', MAIL_DIR: mailDir });
  strict = await startAdminApi([BillingApiModule]);
});
beforeEach(() => {
  receiver.messages.length = 0;
  receiver.answers.length = 0;
});
afterAll(async () => {
  await Promise.all([api.close(), strict.close(), receiver.close()]);
  await rm(mailDir, { recursive: true });
});

const tell = () => api.app.get(EventNotifier).run();
async function createPayer(): Promise<string> {
  const { body } = await api.post('/organizations', { name: 'Payer' });
  await api.post(`/organizations/${body.id}/payment-methods`, { provider: 'sandbox', token: 'pm_card_visa' });
  return body.id as string;
}
const addEndpoint = (organization: string, over: object = {}) =>
  api.post(`/organizations/${organization}/webhook-endpoints`, { url: receiver.url, ...over });
const topUp = (organization: string, amount = '10') =>
  api.post(`/organizations/${organization}/top-ups`, { amount });
const deliveries = async (organization: string, endpoint: string) =>
  (await api.get(`/organizations/${organization}/webhook-endpoints/${endpoint}/deliveries`)).body.data;
const makeDue = () => api.sql(`update webhook_delivery set next_at = now() where status = 'pending'`);

describe('an outbound webhook', () => {
  it('is signed so that the reference verifier accepts it, and is sent once', async () => {
    const organization = await createPayer();
    const { status, body: endpoint } = await addEndpoint(organization, {
      events: ['payment.*'],
      description: 'Books',
    });
    expect([status, endpoint]).toEqual([
      201,
      expect.objectContaining({ object: 'webhook_endpoint', status: 'active' }),
    ]);
    await topUp(organization);
    await tell();
    await tell();
    expect(receiver.messages).toHaveLength(1);
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.messages;
    expect(new Webhook(endpoint.secret).verify(body, headers)).toMatchObject({
      type: 'payment.succeeded',
      timestamp: expect.stringMatching(/Z$/),
      data: { object: 'payment', organization, amount: '10.000000000', currency: 'USD' },
    });
    expect(() => new Webhook(endpoint.secret).verify(body.replace('10.0', '99.0'), headers)).toThrow();
    expect(await deliveries(organization, endpoint.id)).toMatchObject([
      {
        message: headers['webhook-id'],
        type: 'payment.succeeded',
        status: 'delivered',
        attempts: 1,
        last_status: 200,
      },
    ]);
    const { body: shown } = await api.get(`/organizations/${organization}/webhook-endpoints/${endpoint.id}`);
    expect(shown).not.toHaveProperty('secret');
  });

  it('is tried again with the same id until it is taken', async () => {
    const organization = await createPayer();
    const { body: endpoint } = await addEndpoint(organization, { events: ['payment.succeeded'] });
    receiver.answers.push(500, 302);
    await topUp(organization);
    await tell();
    expect(await deliveries(organization, endpoint.id)).toMatchObject([
      { status: 'pending', attempts: 1, last_status: 500, last_error: 'answered 500' },
    ]);
    await tell();
    expect(receiver.messages).toHaveLength(1);
    await makeDue();
    await tell();
    await makeDue();
    await tell();
    const ids = new Set(receiver.messages.map(({ headers }) => headers['webhook-id']));
    expect([receiver.messages.length, ids.size]).toEqual([3, 1]);
    expect(await deliveries(organization, endpoint.id)).toMatchObject([{ status: 'delivered', attempts: 3 }]);
  });

  it('carries both signatures while its secret is rotated, and only the new one afterwards', async () => {
    const organization = await createPayer();
    const { body: old } = await addEndpoint(organization, { events: ['payment.succeeded'] });
    const rotate = `/organizations/${organization}/webhook-endpoints/${old.id}/rotate`;
    const { body: fresh } = await api.post(rotate, { overlap_seconds: 3_600 });
    expect(fresh.secret).not.toBe(old.secret);
    await topUp(organization);
    await tell();
    const [both = { headers: {}, body: '' }] = receiver.messages;
    for (const { secret } of [old, fresh])
      expect(new Webhook(secret).verify(both.body, both.headers)).toBeTruthy();
    await api.post(rotate, { overlap_seconds: 0 });
    await api.post(`/organizations/${organization}/webhook-endpoints/${old.id}/test`);
    await tell();
    const last = receiver.messages.at(-1) ?? both;
    expect(JSON.parse(last.body)).toMatchObject({ type: 'webhook.test' });
    for (const { secret } of [old, fresh])
      expect(() => new Webhook(secret).verify(last.body, last.headers)).toThrow();
  });

  it('to a receiver that is gone ends its endpoint; one that is disabled hears nothing', async () => {
    const organization = await createPayer();
    const { body: endpoint } = await addEndpoint(organization);
    receiver.answers.push(410);
    await api.post(`/organizations/${organization}/webhook-endpoints/${endpoint.id}/test`);
    await tell();
    const path = `/organizations/${organization}/webhook-endpoints/${endpoint.id}`;
    expect((await api.get(path)).body.status).toBe('disabled');
    await topUp(organization);
    await tell();
    expect(receiver.messages).toHaveLength(1);
    expect((await api.patch(path, { status: 'active' })).body.status).toBe('active');
    const [delivery] = await deliveries(organization, endpoint.id);
    await api.post(`${path}/deliveries/${delivery.id}/retry`);
    await tell();
    expect(await deliveries(organization, endpoint.id)).toMatchObject([{ status: 'delivered' }]);
  });

  it('is never sent for another organization, and none can be seen by its id', async () => {
    const [mine, theirs] = [await createPayer(), await createPayer()];
    const { body: endpoint } = await addEndpoint(mine);
    await topUp(theirs);
    await tell();
    expect(receiver.messages).toEqual([]);
    expect((await api.get(`/organizations/${theirs}/webhook-endpoints/${endpoint.id}`)).status).toBe(404);
  });

  it.each([
    'http://example.com/hook',
    'https://127.0.0.1/hook',
    'https://[::1]/hook',
    'https://[::ffff:10.0.0.1]/hook',
    'https://169.254.169.254/latest/meta-data',
    'https://10.1.2.3/hook',
    'https://0.0.0.0/hook',
    'https://user:secret@example.com/hook',
    'ftp://example.com/hook',
    'file:///etc/passwd',
    'nonsense',
  ])('to %s is refused when it is set', async (url) => {
    const { body } = await strict.post('/organizations', { name: 'Payer' });
    const answer = await strict.post(`/organizations/${body.id}/webhook-endpoints`, { url });
    expect([answer.status, answer.body.error.param]).toEqual([400, 'url']);
  });

  it.each(['https://localhost/hook', 'https://127.1/hook', 'http://127.0.0.1:80/hook'])(
    'to %s is refused when it is sent, whatever the name led to before',
    async (url) => {
      const { body } = await strict.post('/organizations', { name: 'Payer' });
      const path = `/organizations/${body.id}/webhook-endpoints`;
      const { body: endpoint } = await strict.post(path, { url: 'https://example.com/hook' });
      await strict.sql('update webhook_endpoint set url = $1', [url]);
      await strict.post(`${path}/${endpoint.id}/test`);
      await strict.app.get(EventNotifier).run();
      const sent = (await strict.get(`${path}/${endpoint.id}/deliveries`)).body.data;
      expect(sent[0]).toMatchObject({ status: 'pending', last_status: null });
      expect(sent[0].last_error).toMatch(/private|must be https/);
      expect(receiver.messages).toEqual([]);
    },
  );
});

describe('an alert', () => {
  it('is given once when the balance falls below a threshold, and again after it was up', async () => {
    const organization = await createPayer();
    await addEndpoint(organization, { events: ['balance.*'] });
    const rule = { balance_below: ['10', '5'], emails: ['finance@example.com'] };
    const put = await api.call({ method: 'put', path: `/organizations/${organization}/alerts`, body: rule });
    expect(put.body).toEqual({
      object: 'alerts',
      organization,
      balance_below: ['10.000000000', '5.000000000'],
      budget_percent: [],
      emails: ['finance@example.com'],
    });
    expect((await api.get(`/organizations/${organization}/alerts`)).body).toEqual(put.body);
    await topUp(organization, '7');
    await tell();
    await tell();
    const told = () => receiver.messages.map(({ body }) => JSON.parse(body).data);
    expect(told()).toMatchObject([{ available: '7.000000000', threshold: '10.000000000', currency: 'USD' }]);
    await topUp(organization, '7');
    await tell();
    const { body: list } = await api.get(`/organizations/${organization}/top-ups`);
    await api.post(`/finance/v1/payments/${list.data[0].payment}/refunds`, { reason: 'test' }, 'finance');
    await tell();
    expect(told()).toHaveLength(2);
    const mails = await readdir(mailDir);
    expect(mails).toHaveLength(2);
    const text = await readFile(path.join(mailDir, mails[0] ?? ''), 'utf8');
    expect(text).toMatch(/^To: finance@example\.com$/m);
    expect(text).toMatch(/^Subject: \[Faregate\] The balance is below a threshold$/m);
    expect(text).toContain('available: 7.000000000');
  });

  it('is given for each part of a budget, once in its window', async () => {
    const organization = await createPayer();
    await addEndpoint(organization, { events: ['budget.threshold_reached'] });
    await api.patch(`/organizations/${organization}`, { budget: { amount: '100', window: 'monthly' } });
    await api.call({
      method: 'put',
      path: `/organizations/${organization}/alerts`,
      body: { budget_percent: [50, 80, 100] },
    });
    const spent = (nano: string) =>
      api.sql(
        `insert into budget_usage (scope_id, window_start, spent_nano)
         select scope_id, budget_window_start('monthly', billing_now()), $1 from budget where replace(organization_id::text, '-', '') = $2
         on conflict (scope_id, window_start) do update set spent_nano = excluded.spent_nano`,
        [nano, organization.replace('org_', '')],
      );
    await spent('85000000000');
    await tell();
    await tell();
    const told = () =>
      receiver.messages.map(({ body }) => JSON.parse(body).data.percent).sort((a, b) => a - b);
    expect(told()).toEqual([50, 80]);
    await spent('100000000000');
    await tell();
    expect(told()).toEqual([50, 80, 100]);
    await spent('0');
  });

  it.each([
    [{ balance_below: ['1e3'] }, 'balance_below'],
    [{ balance_below: '10' }, 'balance_below'],
    [{ budget_percent: [0] }, 'budget_percent'],
    [{ budget_percent: [101] }, 'budget_percent'],
    [{ emails: ['nobody'] }, 'emails'],
    [{ emails: ['a@example.com\r\nBcc: b@example.com'] }, 'emails'],
  ])('set as %j is refused, naming %s', async (body, param) => {
    const organization = await createPayer();
    const answer = await api.call({ method: 'put', path: `/organizations/${organization}/alerts`, body });
    expect([answer.status, answer.body.error.param]).toEqual([400, param]);
  });
});

it('a mail server that says nothing holds back nobody’s webhooks', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const smtp = `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const slow = await startAdminApi([BillingApiModule], { WEBHOOKS_ALLOW_PRIVATE: 'true', SMTP_URL: smtp });
  try {
    const create = async () => (await slow.post('/organizations', { name: 'Payer' })).body.id as string;
    const reader = await create();
    const hooks = `/organizations/${reader}/webhook-endpoints`;
    const { body: endpoint } = await slow.post(hooks, { url: receiver.url });
    const test = () => slow.post(`${hooks}/${endpoint.id}/test`);
    receiver.answers.push(500);
    await test();
    await slow.app.get(EventNotifier).run();
    await slow.sql(`update webhook_delivery set next_at = now() where status = 'pending'`);
    for (let mailed = 0; mailed < 3; mailed++) {
      const path = `/organizations/${await create()}/alerts`;
      await slow.call({ method: 'put', path, body: { balance_below: ['10'], emails: ['a@example.com'] } });
    }
    await test();
    const began = performance.now();
    const run = slow.app.get(EventNotifier).run();
    expect(
      await until(
        async () => receiver.messages.length,
        (count) => count === 2,
      ),
    ).toBe(2);
    expect(performance.now() - began).toBeLessThan(5_000);
    await run;
    // One mail waited in vain, the other two did not.
    expect(performance.now() - began).toBeLessThan(25_000);
    expect(receiver.messages).toHaveLength(3);
    const [waiting] = await slow.sql(
      `select count(*)::int as mails from outbox where processed_at is null and last_error is not null`,
    );
    expect(waiting).toEqual({ mails: 3 });
  } finally {
    for (const socket of sockets) socket.destroy();
    silent.close();
    await slow.close();
  }
}, 60_000);

it('the books are right after all of it', async () => {
  await api.sql(`delete from budget_usage`);
  expect(await brokenBooks(api.databaseUrl)).toEqual([]);
});
