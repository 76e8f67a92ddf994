import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Module } from '@nestjs/common';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { AuditService } from '../../../src/billing/audit/audit.service.js';
import { NightlyAudit } from '../../../src/billing/audit/nightly-audit.service.js';
import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { BooksGaugesRepository } from '../../../src/billing/gauges/books-gauges.repository.js';
import { EventNotifier } from '../../../src/billing/notifications/event-notifier.service.js';
import { NotificationsModule } from '../../../src/billing/notifications/notifications.module.js';
import { CostDriftRepository } from '../../../src/billing/reconciliation/cost-drift.repository.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { placeHolds, settleCalls, settlementOf } from '../../support/builders/call.builder.js';
import { createModel } from '../../support/builders/catalog.builder.js';
import { createTenant } from '../../support/builders/tenant.builder.js';
import { travelTo } from '../../support/clock.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.js';

const SECRET = `whsec_${Buffer.from('a secret of the operator, 32 byte').toString('base64')}`;

@Module({
  imports: [NotificationsModule],
  providers: [AuditService, NightlyAudit, CostDriftRepository, BooksGaugesRepository],
})
class NightModule {}

let api: AdminApi;
let pool: pg.Pool;
let receiver: WebhookReceiver;
let mailDir: string;
beforeAll(async () => {
  mailDir = await mkdtemp(path.join(tmpdir(), 'faregate-mail-'));
  receiver = await startWebhookReceiver();
  api = await startAdminApi([BillingApiModule, NightModule], {
    WEBHOOKS_ALLOW_PRIVATE: 'true',
    MAIL_DIR: mailDir,
    OPERATOR_EMAILS: 'oncall@example.com, finance@example.com',
    OPERATOR_WEBHOOK_URL: receiver.url,
    OPERATOR_WEBHOOK_SECRET: SECRET,
  });
  pool = new pg.Pool({ connectionString: api.databaseUrl, max: 2 });
  await travelTo(pool, '2027-04-02T03:00:00Z');
});
beforeEach(() => (receiver.messages.length = 0));
afterAll(async () => {
  await pool.end();
  await Promise.all([api.close(), receiver.close()]);
  await rm(mailDir, { recursive: true });
});

const night = () => api.app.get(NightlyAudit, { strict: false }).run();
const tell = () => api.app.get(EventNotifier, { strict: false }).run();
const told = () =>
  receiver.messages.map(({ body, headers }) => new Webhook(SECRET).verify(body, headers)) as {
    type: string;
    data: Record<string, unknown[]>;
  }[];
const gauge = async () => (await api.app.get(BooksGaugesRepository, { strict: false }).read()).lastAudit;

it('a night in which all is right is kept, and nobody is woken', async () => {
  expect(await gauge()).toBeUndefined();
  const { results } = await night();
  expect(results.at(-1)).toMatchObject({ id: 'A01', violations: 0 });
  await tell();
  expect(receiver.messages).toEqual([]);
  expect(await gauge()).toEqual({ violations: 0, ageSeconds: expect.any(Number) });
});

it('a violation is told to the operator, signed and by e-mail, once, also when the receiver is away at first', async () => {
  const tenant = await createTenant(pool);
  await pool.query('update wallet set balance_nano = 5 where id = $1', [tenant.walletId]);
  await night();
  receiver.answers.push(500);
  await tell();
  await pool.query(`update outbox set next_at = billing_now() where processed_at is null`);
  await tell();
  await tell();
  expect(receiver.messages).toHaveLength(2);
  const [first, second] = told();
  expect(second).toEqual(first);
  expect(first?.type).toBe('books.violated');
  expect(first?.data['checks']).toEqual([
    expect.objectContaining({ id: 'I04', violations: 1, sample: [tenant.walletId] }),
  ]);
  const [mail = ''] = await readdir(mailDir);
  const text = await readFile(path.join(mailDir, mail), 'utf8');
  expect(text).toContain('Subject: Faregate: The books are not right');
  expect(text).toContain('oncall@example.com, finance@example.com');
  expect((await gauge())?.violations).toBe(1);
  await pool.query('update wallet set balance_nano = 0 where id = $1', [tenant.walletId]);
});

it('an audit log that somebody changed is told too', async () => {
  await api.post('/organizations', { name: 'One' });
  await api.sql('alter table audit_log disable trigger audit_log_append_only');
  const [row] = await api.sql('select max(id)::text as id, max(detail::text) as detail from audit_log');
  await api.sql(`update audit_log set actor = 'nobody' where id = ${row?.['id'] as string}`);
  await night();
  await tell();
  expect(told()[0]?.data['checks']).toEqual([expect.objectContaining({ id: 'A01', sample: [row?.['id']] })]);
  await api.sql(`delete from audit_log where id = ${row?.['id'] as string}`);
});

it("a provider's own figures beyond the limit are told and reported, those within it are not", async () => {
  const tenant = await createTenant(pool, { overdraftNano: 10n ** 12n });
  const model = await createModel(pool);
  // 1,000 tokens are accrued with 2,000,000 nano.
  const call = async (cost: string) => {
    const [placed] = await placeHolds(pool, [{ keyId: tenant.keyId, model, amountNano: 10n ** 9n }]);
    const raw = { raw_usage: { cost, cost_currency: 'USD' } };
    await settleCalls(pool, [settlementOf(placed?.hold ?? '', model, { input: 1_000 }, raw)]);
  };
  const report = async (query = '') =>
    (
      await api.get(
        `/finance/v1/reports/cost-drift?from=2027-04-02T00:00:00Z&to=2027-04-03T00:00:00Z${query}`,
        'auditor',
      )
    ).body;
  await travelTo(pool, '2027-04-02T12:00:00Z');
  await call('0.002020000');
  expect((await report()).data).toEqual([
    expect.objectContaining({
      calls: 1,
      stated: '0.002020000',
      accrued: '0.002000000',
      drift_ppm: '9900',
      over: false,
    }),
  ]);
  expect((await report('&limit_ppm=9000')).data[0].over).toBe(true);
  await call('0.003000000');
  await travelTo(pool, '2027-04-03T03:00:00Z');
  await night();
  await tell();
  const drift = told().find(({ type }) => type === 'provider_cost.drifted');
  expect(drift?.data['providers']).toEqual([
    {
      day: '2027-04-02',
      provider: `p-${model.providerId}`,
      model: model.modelId,
      calls: 2,
      stated: '0.005020000',
      accrued: '0.004000000',
      currency: 'USD',
      drift_ppm: '203187',
      over: true,
    },
  ]);
  const bad = await api.get(
    '/finance/v1/reports/cost-drift?from=2027-04-02T00:00:00Z&to=2027-04-02T00:00:00Z',
  );
  expect([bad.status, bad.body.error.param]).toEqual([400, 'to']);
});
