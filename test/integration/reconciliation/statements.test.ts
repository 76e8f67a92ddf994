import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { PROVIDER_CHECKS } from '../../../src/billing/audit/provider-checks.js';
import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import type { TokenClass } from '../../../src/core/token-usage.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { BillingServices } from '../../support/billing.js';
import {
  placeHolds,
  releaseOf,
  settleCalls,
  settlementOf,
  type Quantities,
} from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';
import { travelTo } from '../../support/clock.js';
import { brokenBooks } from '../../support/payments.js';
import { runCommand } from '../../support/run-command.js';

// A provider takes 2, 0.20 and 10 dollars per million of input, cached input and output.
let api: AdminApi;
let pool: pg.Pool;
let model: TestModel;
let tenant: Tenant;
let provider: string;

beforeAll(async () => {
  api = await startAdminApi([BillingApiModule]);
  pool = new pg.Pool({ connectionString: api.databaseUrl, max: 2 });
});
beforeEach(async () => {
  model = await createModel(pool);
  tenant = await createTenant(pool, { overdraftNano: 10n ** 15n });
  provider = `p-${model.providerId}`;
});
afterAll(async () => {
  await pool.end();
  await api.close();
});

interface CallOptions {
  ref?: string;
  estimated?: boolean;
  outcome?: 'served' | 'released' | 'aborted';
  /** Nano; of an attempt that is charged to nobody. */
  cost?: string;
  keyId?: string;
}

async function call(at: string, quantities: Quantities, options: CallOptions = {}): Promise<void> {
  await travelTo(pool, at);
  const { ref, estimated = false, outcome = 'served', cost = '0', keyId = tenant.keyId } = options;
  const [placed] = await placeHolds(pool, [{ keyId, model, amountNano: 10n ** 9n }]);
  const hold = placed?.hold ?? '';
  const json =
    outcome === 'served'
      ? settlementOf(hold, model, quantities, { estimated })
      : releaseOf(hold, model, cost);
  const attempts = (json['attempts'] as object[]).map((attempt) => ({
    ...attempt,
    ...(ref === undefined ? {} : { upstream_id: ref }),
    ...(outcome === 'aborted' ? { outcome: 'aborted', status: 200 } : {}),
  }));
  const request = { ...(json['request'] as object), started_at: at };
  await settleCalls(pool, [{ ...json, attempts, request }]);
}

const csv = (...rows: string[]) =>
  ['day,request_id,model,token_class,quantity,cost,currency', ...rows, ''].join('\r\n');
const row = (day: string, tokenClass: TokenClass, quantity: number | '', cost = '', ref = '') =>
  [day, ref, model.modelId, tokenClass, quantity, cost, cost === '' ? '' : 'USD'].join(',');
const reconcile = (content: string, over: object = {}) =>
  api.post('/finance/v1/provider-statements', { provider, format: 'csv', content, ...over }, 'finance');
const results = async (id: string, status?: string) =>
  (
    await api.get(
      `/finance/v1/provider-statements/${id}/results${status ? `?status=${status}` : ''}`,
      'auditor',
    )
  ).body.data as Record<string, unknown>[];
const later = () => travelTo(pool, '2027-03-01T12:00:00Z');
const i29 = async () => (await brokenBooks(api.databaseUrl)).filter((text) => text.startsWith('I29'));
const drain = async () => {
  const services = new BillingServices(api.databaseUrl);
  await services.rollup.drain();
  await services.close();
};

describe('POST /finance/v1/provider-statements', () => {
  it('finds nothing where the provider counts as we do, to the last token and nano', async () => {
    await call('2027-01-05T10:00:00Z', { input: 1_000_003, cache_read: 70, output: 5 });
    await call('2027-01-05T11:00:00Z', { input: 7 });
    await call('2027-01-06T11:00:00Z', { output: 9 });
    await later();
    const content = csv(
      row('2027-01-05', 'input', 1_000_010, '2.000020000'),
      row('2027-01-05', 'cache_read', 70, '0.000014000'),
      row('2027-01-05', 'output', 5, '0.000050000'),
      row('2027-01-06', 'output', 9, '0.000090000'),
    );
    const { status, body } = await reconcile(content);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      provider,
      from: '2027-01-05',
      to: '2027-01-06',
      stated_cost: '2.000174000',
      accrued_cost: '2.000174000',
      variance: '0.000000000',
      open_cost: '0.000000000',
      rows: { matched: '4', explained: '0', open: '0' },
      status: 'agreed',
    });
    expect((await reconcile(content)).body).toEqual(body);
    expect((await api.get('/finance/v1/reports/reconciliation', 'auditor')).body.data[0]).toEqual(body);
  });

  it('counts the test calls of the house among what was accrued', async () => {
    await call('2027-01-07T10:00:00Z', { input: 1_000_000 });
    await pool.query(
      `insert into upstream_probe (id, probed_at, deployment_id, provider_id, passed, cost_nano, currency, booked)
       select gen_random_uuid(), '2027-01-07T12:00:00Z', d.id, d.provider_id, true, 30000, 'USD', false
       from deployment d where d.provider_id = $1 limit 1`,
      [model.providerId],
    );
    await later();
    const { body } = await reconcile(csv(row('2027-01-07', 'input', 1_000_010, '2.000030000')));
    expect(body).toMatchObject({ accrued_cost: '2.000030000', variance: '0.000000000' });
  });

  it('explains calls over midnight, estimates, retries and calls given up, and lists the rest', async () => {
    await call('2027-01-10T23:59:00Z', { input: 400 });
    await call('2027-01-11T10:00:00Z', { input: 1_000 });
    await call('2027-01-11T11:00:00Z', { output: 50 }, { estimated: true });
    await call('2027-01-12T10:00:00Z', { cache_read: 300 });
    await call('2027-01-12T10:01:00Z', {}, { outcome: 'released' });
    await call('2027-01-13T10:00:00Z', { cache_read: 10 });
    await call('2027-01-13T10:01:00Z', {}, { outcome: 'aborted' });
    await call('2027-01-14T10:01:00Z', { input: 5 });
    await later();
    const { body } = await reconcile(
      csv(
        row('2027-01-11', 'input', 1_400),
        row('2027-01-11', 'output', 70),
        row('2027-01-12', 'cache_read', 550),
        row('2027-01-13', 'cache_read', 20),
        row('2027-01-14', 'input', 900_000),
        row('2027-01-14', 'output', 1),
      ),
    );
    expect(body).toMatchObject({ status: 'open', stated_cost: null, open_quantity: '899996' });
    const past = Buffer.from('9'.repeat(18)).toString('base64url');
    const path = `/finance/v1/provider-statements/${String(body.id)}/results?cursor=${past}`;
    expect((await api.get(path)).body).toMatchObject({ data: [], has_more: false });
    const found = (await results(body.id)).map(({ day, token_class, cause, quantity }) => [
      day,
      token_class,
      cause,
      quantity,
    ]);
    const quantity = (stated: string, booked: string, open: string, ...explained: object[]) => ({
      stated,
      booked,
      explained,
      open,
    });
    expect(found).toEqual([
      ['2027-01-11', 'input', null, quantity('1400', '1000', '0', { reason: 'clock_skew', amount: '400' })],
      ['2027-01-11', 'output', null, quantity('70', '50', '0', { reason: 'estimated_usage', amount: '20' })],
      ['2027-01-12', 'cache_read', null, quantity('550', '300', '0', { reason: 'retries', amount: '250' })],
      ['2027-01-13', 'cache_read', null, quantity('20', '10', '0', { reason: 'abandoned', amount: '10' })],
      ['2027-01-14', 'input', 'unexplained', quantity('900000', '5', '899995')],
      ['2027-01-14', 'output', 'not_in_books', quantity('1', '0', '1')],
    ]);
    expect(await i29()).toHaveLength(1);
  });

  it('matches calls by the id the provider gave, and says which it does not know and which it left out', async () => {
    await call('2027-01-20T10:00:00Z', { input: 100 }, { ref: 'r1' });
    await call('2027-01-20T10:00:01Z', { input: 200 }, { ref: 'r2', estimated: true });
    await call('2027-01-20T10:00:02Z', { input: 300 }, { ref: 'r3' });
    await call('2027-01-20T10:00:03Z', {}, { ref: 'r4', outcome: 'aborted' });
    await later();
    const { body } = await reconcile(
      csv(
        row('2027-01-20', 'input', 100, '0.0003', 'r1'),
        row('2027-01-20', 'input', 250, '0.0005', 'r2'),
        row('2027-01-20', 'input', 60, '0.00012', 'r4'),
        row('2027-01-20', 'input', 1, '0.000002', 'r5'),
      ),
      { tolerance: '0' },
    );
    expect(body).toMatchObject({ status: 'open', rows: { matched: '0', explained: '2', open: '3' } });
    expect((await results(body.id, 'open')).map(({ request_id, cause }) => [request_id, cause])).toEqual([
      [null, 'not_in_statement'],
      ['r1', 'price'],
      ['r5', 'not_in_books'],
    ]);
    expect(
      (await results(body.id, 'explained')).map(({ request_id, quantity }) => [
        request_id,
        (quantity as { explained: { reason: string }[] }).explained[0]?.reason,
      ]),
    ).toEqual([
      ['r2', 'estimated_usage'],
      ['r4', 'abandoned'],
    ]);
  });

  it("knows a model by its dated name, and compares as finely as the statement's own sums", async () => {
    await call('2027-01-22T10:00:00Z', { input: 1_000_000, output: 100_000 });
    await later();
    const dated = `${model.modelId}-2026-04-23`;
    const bucket = {
      start_time: Date.parse('2027-01-22T00:00:00Z') / 1_000,
      end_time: Date.parse('2027-01-23T00:00:00Z') / 1_000,
      results: [
        {
          object: 'organization.usage.completions.result',
          input_tokens: 1_000_000,
          output_tokens: 100_000,
          model: dated,
        },
        {
          object: 'organization.costs.result',
          amount: { value: 2.995, currency: 'usd' },
          line_item: dated,
        },
      ],
    };
    const lineItem = {
      ...bucket.results[1],
      line_item: `${dated}, input`,
      amount: { value: '2.000', currency: 'usd' },
    };
    const whole = JSON.stringify({
      object: 'page',
      data: [{ ...bucket, results: [bucket.results[0], lineItem] }],
    });
    const { body } = await reconcile(whole, { format: 'openai' });
    expect(body).toMatchObject({ status: 'open', open_cost: '1.000000000' });
    expect(
      (await results(body.id, 'open')).map(({ model: name, token_class }) => [name, token_class]),
    ).toEqual([[model.modelId, 'output']]);
  });

  it('takes the provider at its word when finance accepts it: variance, payable and bank are booked once', async () => {
    await call('2027-02-01T10:00:00Z', { input: 1_000_000 });
    await drain();
    await later();
    const { body } = await reconcile(csv(row('2027-02-01', 'input', 1_000_000, '5')));
    expect(body).toMatchObject({ status: 'open', variance: '3.000000000' });
    const path = `/finance/v1/provider-statements/${body.id}`;
    expect((await api.post(`${path}/pay`, { reference: 'T1' }, 'finance')).status).toBe(409);
    expect((await api.post(`${path}/accept`, { reason: 'x' }, 'support')).status).toBe(403);
    expect((await api.post(`${path}/accept`, { reason: 'price rise' }, 'finance')).body.status).toBe(
      'accepted',
    );
    expect((await api.post(`${path}/accept`, { reason: 'again' }, 'finance')).status).toBe(409);
    expect((await api.post(`${path}/pay`, { reference: 'T1' }, 'finance')).body.status).toBe('paid');
    expect((await api.post(`${path}/pay`, { reference: 'T1' }, 'finance')).status).toBe(409);
    const sums = await api.sql(
      `select a.kind, sum(e.amount_nano)::text as nano from ledger_entry e join ledger_account a on a.id = e.account_id
         join ledger_transaction t on t.id = e.transaction_id where t.kind in ('provider_statement', 'provider_paid')
       group by 1 order by 1`,
    );
    expect(sums).toEqual([
      { kind: 'bank', nano: '-5000000000' },
      { kind: 'provider_payable', nano: '2000000000' },
      { kind: 'provider_variance', nano: '3000000000' },
    ]);
    const restated = await reconcile(csv(row('2027-02-01', 'input', 1_000_000, '6')));
    const again = await api.post(
      `/finance/v1/provider-statements/${restated.body.id}/accept`,
      { reason: 'x' },
      'finance',
    );
    expect(again.body.error.message).toContain('overlaps');
  });

  it('I29 fires when an accepted statement, its journal or the accrual under it is not what was accepted', async () => {
    const sql = PROVIDER_CHECKS.find(({ id }) => id === 'I29')?.sql ?? '';
    const client = await pool.connect();
    try {
      for (const corruption of [
        `update provider_statement set accrued_cost_nano = accrued_cost_nano + 1 where status = 'paid'`,
        `update usage_event set cost_nano = cost_nano + 1`,
        `delete from ledger_entry where transaction_id in (select id from ledger_transaction where kind = 'provider_paid')`,
      ]) {
        await client.query('begin');
        await client.query('set local session_replication_role = replica');
        const before = (await client.query(sql)).rows.length;
        await client.query(corruption);
        expect((await client.query(sql)).rows.length).toBe(before + 1);
        await client.query('rollback');
      }
    } finally {
      // Closed, so that a corruption that a failure left open ends with it.
      client.release(true);
    }
  });

  it('accrues attempts that nobody is charged for, explains costs by them, and takes them over with the rest', async () => {
    await call('2027-02-20T10:00:00Z', { input: 1_000_000, output: 100_000 });
    await call('2027-02-20T10:01:00Z', {}, { outcome: 'released', cost: '7000000' });
    await call('2027-02-20T10:02:00Z', {}, { outcome: 'aborted', cost: '500000' });
    await drain();
    await later();
    // Of the two classes that cost more than the calls, the attempts explain no more than they cost.
    const { body } = await reconcile(
      csv(row('2027-02-20', 'input', '', '2.007000000'), row('2027-02-20', 'output', '', '1.006000000')),
      { tolerance: '0', tolerance_ppm: 0 },
    );
    expect(body).toMatchObject({
      stated_cost: '3.013000000',
      accrued_cost: '3.007500000',
      accrued_unbilled_cost: '0.007500000',
      variance: '0.005500000',
    });
    const told = await results(body.id);
    const unbilled = told.flatMap(({ cost }) =>
      (cost as { explained: { reason: string; amount: string }[] }).explained
        .filter(({ reason }) => reason === 'unbilled')
        .map(({ amount }) => amount),
    );
    expect(unbilled).toEqual(['0.007000000', '0.000500000']);
    const path = `/finance/v1/provider-statements/${body.id}`;
    expect((await api.post(`${path}/accept`, { reason: 'as stated' }, 'finance')).body.status).toBe(
      'accepted',
    );
    // What is owed for the day is now what the provider states, attempts included.
    const owed = await api.sql(
      `select (-sum(e.amount_nano))::text as nano from ledger_entry e join ledger_account a on a.id = e.account_id
         join ledger_transaction t on t.id = e.transaction_id
       where a.kind = 'provider_payable' and (t.organization_id = '${tenant.organizationId}' or t.description like '%${provider}%')`,
    );
    expect(owed).toEqual([{ nano: '3013000000' }]);
    const faults = async () => {
      const found = await api.sql(PROVIDER_CHECKS.find(({ id }) => id === 'I29')?.sql ?? '');
      return found.filter(({ id }) => String(body.id).endsWith(String(id).replaceAll('-', '')));
    };
    expect(await faults()).toEqual([]);
    // A cost that comes to light afterwards was not part of what was accepted.
    await call('2027-02-20T10:03:00Z', {}, { outcome: 'released', cost: '1' });
    expect(await faults()).toHaveLength(1);
  });

  it.each([
    [{ provider: 'nobody' }, 'provider'],
    [{ format: 'xml' }, 'format'],
    [{ content: '' }, 'content'],
    [{ content: 'day,quantity\n2027-01-01,-1' }, 'content'],
    [{ content: 'day,quantity\n2099-01-01,1' }, 'content'],
    [{ tolerance: '-1' }, 'tolerance'],
    [{ tolerance: '1e3' }, 'tolerance'],
    [{ tolerance_ppm: 1_000_001 }, 'tolerance_ppm'],
    [{ surprise: 1 }, 'surprise'],
  ])('refuses %j, names the field and writes nothing', async (over, param) => {
    await later();
    const before = await api.sql('select count(*) from provider_statement');
    const { status, body } = await reconcile(csv(row('2027-01-01', 'input', 1)), over);
    expect([status, body.error.param]).toEqual([400, param]);
    expect(await api.sql('select count(*) from provider_statement')).toEqual(before);
  });
});

it('faregate reconcile prints what is open and fails while something is', async () => {
  await call('2027-02-10T10:00:00Z', { input: 10 });
  await later();
  const folder = await mkdtemp(join(tmpdir(), 'statement-'));
  try {
    const file = join(folder, 'statement.csv');
    await writeFile(file, csv(row('2027-02-10', 'input', 90)));
    const { code, output } = await runCommand(
      ['reconcile', file, '--provider', provider, '--format', 'csv'],
      api.databaseUrl,
    );
    expect(code).toBe(1);
    expect(output).toContain(`2027-02-10 ${model.modelId} input: unexplained 80 of 90`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
