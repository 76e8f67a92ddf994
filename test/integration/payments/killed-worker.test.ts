import pg from 'pg';
import { runCall } from '../../support/builders/call.builder.js';
import { createModel } from '../../support/builders/catalog.builder.js';
import { TEST_SECRETS } from '../../support/admin-api.js';
import { until } from '../../support/calls.js';
import { runSql } from '../../support/database.js';
import { brokenBooks } from '../../support/payments.js';
import { startWorkerProcess, type ProductProcess } from '../../support/processes.js';
import { expectOrder, startStripeStage, type Payer, type StripeStage } from '../../support/stripe-stage.js';

let stage: StripeStage;
let worker: ProductProcess | undefined;
beforeEach(async () => {
  stage = await startStripeStage();
});
afterEach(async () => {
  await worker?.kill();
  await stage.close();
});

const startWorker = async (databaseUrl = stage.api.databaseUrl): Promise<void> => {
  const { stripe } = stage;
  worker = await startWorkerProcess({
    env: {
      NODE_ENV: 'test',
      DATABASE_URL: databaseUrl,
      ...TEST_SECRETS,
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
      STRIPE_API_URL: stripe.url,
      STRIPE_TIMEOUT_MS: '20000',
    },
  });
};
/** The fake Stripe hears the call, and the worker is killed while it waits for the answer. */
const killDuring = async (heard: RegExp): Promise<void> => {
  await until(
    () => Promise.resolve(stage.stripe.calls.some((call) => heard.test(call))),
    (isHeard) => isHeard,
    20_000,
  );
  await worker?.kill();
};
const succeeded = () =>
  [...stage.stripe.state.intents.values()].filter(({ status }) => status === 'succeeded');
const attempts = () => stage.api.sql('select status, attempt_no from payment_attempt order by created_at');
/** Time goes on: the dead worker's lease ends, and what it left is due. */
const letTimePass = () =>
  stage.api.sql(
    `update payment_attempt set leased_until = now() - interval '1 second', next_poll_at = now() where closed_at is null`,
  );
const buyBelow = (payer: Payer) =>
  stage.api.call({
    method: 'put',
    path: `/organizations/${payer.id}/auto-top-up`,
    body: { threshold: '5', amount: '20', enabled: true },
    role: 'finance',
  });

it('crash point C17: a worker killed while Stripe charges, its outcome unknown, charges once: the next worker asks Stripe first', async () => {
  const payer = await stage.createPayer();
  await buyBelow(payer);
  stage.stripe.failNext(/\/confirm$/, 'hang-after');
  await startWorker();
  await killDuring(/\/confirm$/);
  expect(succeeded()).toHaveLength(1);
  expect(await stage.balanceOf(payer)).toBe('0.000000000');
  // Nobody can order another one meanwhile.
  expect((await stage.topUp(payer, '10')).body.error).toMatchObject({ code: 'top_up_in_progress' });
  await letTimePass();
  await startWorker();
  await until(
    () => stage.balanceOf(payer),
    (balance) => balance === '20.000000000',
    20_000,
  );
  expect(succeeded()).toHaveLength(1);
  expect(stage.stripe.calls.filter((call) => call.endsWith('/confirm'))).toHaveLength(1);
  expect(await attempts()).toEqual([{ status: 'succeeded', attempt_no: 1 }]);
  await expectOrder(stage);
}, 60_000);

it('crash point C18: a worker killed between the finalisation of an invoice and its charge: the next one charges it, once', async () => {
  const payer = await stage.createPayer();
  const { api } = stage;
  await api.sql(`update organization set billing_mode = 'postpaid' where id = $1`, [payer.uuid]);
  await api.sql('update wallet set overdraft_nano = 1000000000000 where organization_id = $1', [payer.uuid]);
  await api.sql(`update billing_account set country = 'DE' where organization_id = $1`, [payer.uuid]);
  const { body: project } = await api.post(`/organizations/${payer.id}/projects`, { name: 'main' });
  const { body: key } = await api.post(`/projects/${project.id}/keys`, { name: 'key' });
  const keyId = String(key.id)
    .replace('key_', '')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const pool = new pg.Pool({ connectionString: api.databaseUrl, max: 2 });
  try {
    const model = await createModel(pool);
    await runCall(pool, { keyId }, { model, quantities: { input: 1_000_000 } });
  } finally {
    await pool.end();
  }
  const { body: periods } = await api.get(`/finance/v1/organizations/${payer.id}/periods`);
  await api.post(
    `/finance/v1/organizations/${payer.id}/periods/${(periods as { data: { id: string }[] }).data[0]?.id}/close`,
    { early: true },
  );
  const { body: invoices } = await api.get(`/finance/v1/invoices?organization=${payer.id}`);
  const invoice = (invoices as { data: { id: string }[] }).data[0]?.id;
  expect((await api.post(`/finance/v1/invoices/${invoice}/finalize`)).body).toMatchObject({
    status: 'finalized',
  });
  stage.stripe.failNext(/POST \/v1\/payment_intents$/, 'hang-before');
  await startWorker();
  await killDuring(/POST \/v1\/payment_intents$/);
  expect(await api.sql('select status, number_text is not null as numbered from invoice')).toEqual([
    { status: 'finalized', numbered: true },
  ]);
  expect(stage.stripe.state.intents.size).toBe(0);
  await letTimePass();
  await startWorker();
  await until(
    async () => (await api.sql('select status from invoice'))[0]?.['status'],
    (status) => status === 'paid',
    20_000,
  );
  expect(succeeded()).toHaveLength(1);
  expect(await attempts()).toEqual([{ status: 'succeeded', attempt_no: 1 }]);
  await expectOrder(stage);
}, 60_000);

it('crash point C21: a database that lost its last commits learns from Stripe what was paid meanwhile, and credits it once', async () => {
  const payer = await stage.createPayer('pm_card_authenticationRequired');
  expect((await stage.topUp(payer, '10')).body).toMatchObject({ payment_status: 'requires_action' });
  await stage.deliver();
  const live = new URL(stage.api.databaseUrl);
  const name = live.pathname.slice(1);
  const server = new URL(live);
  server.pathname = '/postgres';
  const restored = new URL(live);
  restored.pathname = `/${name}_restored`;
  // The backup: a copy of the database as it is now. Copying needs it to itself for a moment.
  await runSql(server.href, `alter database ${name} allow_connections false`);
  await runSql(server.href, 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
    name,
  ]);
  await runSql(server.href, `create database ${name}_restored template ${name}`);
  await runSql(server.href, `alter database ${name} allow_connections true`);
  try {
    // What the backup will not know: the payer authenticates, Stripe is paid and says so.
    stage.stripe.state.authenticate([...stage.stripe.state.intents.keys()].at(-1) ?? '');
    await stage.deliver();
    expect(await stage.balanceOf(payer)).toBe('10.000000000');
    const inRestored = async (sql: string) => (await runSql(restored.href, sql))[0];
    expect(await inRestored('select balance_nano::text as nano from wallet')).toEqual({ nano: '0' });
    await startWorker(restored.href);
    await until(
      () => inRestored('select balance_nano::text as nano from wallet'),
      (wallet) => wallet?.['nano'] === '10000000000',
      30_000,
    );
    await worker?.kill();
    expect(succeeded()).toHaveLength(1);
    expect(await inRestored('select status, attempt_no from payment_attempt')).toEqual({
      status: 'succeeded',
      attempt_no: 1,
    });
    expect(await brokenBooks(restored.href)).toEqual([]);
  } finally {
    await worker?.kill();
    await runSql(server.href, `drop database if exists ${name}_restored with (force)`);
  }
  await expectOrder(stage);
}, 60_000);
