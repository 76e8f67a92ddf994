import pg from 'pg';
import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { usageColumns } from '../../../src/billing/exports/usage-columns.js';
import { publicId } from '../../../src/core/ids.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { BillingServices } from '../../support/billing.js';
import { placeHolds, reverseEvent, runCall } from '../../support/builders/call.builder.js';
import { createModel, createPrice, type TestModel } from '../../support/builders/catalog.builder.js';
import { createTenant, type Tenant } from '../../support/builders/tenant.builder.js';

const SPAN = 'from=2026-01-01T00:00:00Z&to=2099-01-01T00:00:00Z';

describe('the doors of the money walk', () => {
  let api: AdminApi;
  let pool: pg.Pool;
  let billing: BillingServices;
  let tenant: Tenant;
  let model: TestModel;
  let org: string;

  beforeAll(async () => {
    api = await startAdminApi([BillingApiModule]);
    pool = new pg.Pool({ connectionString: api.databaseUrl });
    billing = new BillingServices(api.databaseUrl);
  });
  afterAll(async () => {
    await pool.end();
    await billing.close();
    await api.close();
  });
  beforeEach(async () => {
    tenant = await createTenant(pool, { name: '=Acme, "Ltd"', overdraftNano: 200_000_000n });
    model = await createModel(pool);
    org = publicId('organization', tenant.organizationId);
  });

  const credit = (over: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
    api.call({
      method: 'post',
      path: `/organizations/${org}/credits`,
      role: 'finance',
      headers,
      body: { amount: '1', currency: 'USD', kind: 'paid', reason: 'test', ...over },
    });
  const balance = async () =>
    (await pool.query<{ n: string }>('select balance_nano as n from wallet where id = $1', [tenant.walletId]))
      .rows[0]?.n;

  describe('credits', () => {
    it('give the wallet their amount once, however often the same order is sent', async () => {
      const headers = { 'idempotency-key': 'order-1' };
      const first = await credit({ amount: '2.5' }, headers);
      expect(first.status).toBe(201);
      expect(first.body).toMatchObject({
        kind: 'paid',
        amount: '2.500000000',
        remaining: '2.500000000',
        expires_at: null,
      });
      const second = await credit({ amount: '2.5' }, headers);
      expect(second.body).toEqual(first.body);
      expect((await credit({ amount: '3' }, headers)).status).toBe(409);
      expect(await balance()).toBe('2500000000');
    });

    it('give nothing twice when the kept answer is gone and the order comes again', async () => {
      const headers = { 'idempotency-key': 'order-2' };
      await credit({ amount: '2' }, headers);
      await pool.query('delete from idempotency_key');
      expect((await credit({ amount: '2' }, headers)).status).toBe(201);
      expect((await credit({ amount: '4' }, headers)).status).toBe(409);
      expect(await balance()).toBe('2000000000');
    });

    it.each([
      ['amount', { amount: '0' }],
      ['amount', { amount: '-1' }],
      ['amount', { amount: '0.0000000001' }],
      ['amount', { amount: 1 }],
      ['currency', { currency: 'EUR' }],
      ['kind', { kind: 'gift' }],
      ['reason', { reason: '' }],
      ['expires_at', { expires_at: '2020-01-01T00:00:00Z' }],
      ['colour', { colour: 'red' }],
    ])('are refused by the name of the field at fault: %s', async (param, over) => {
      const answer = await credit(over);
      expect(answer.status).toBe(400);
      expect(answer.body.error.param).toBe(param);
      expect(await balance()).toBe('0');
    });

    it('belong to organizations that exist and to roles that may', async () => {
      const nobody = publicId('organization', '00000000-0000-7000-8000-00000000dead');
      expect((await api.get(`/organizations/${nobody}/credits`)).status).toBe(404);
      const body = { amount: '1', currency: 'USD', kind: 'paid', reason: 'x' };
      expect((await api.post(`/organizations/${nobody}/credits`, body)).status).toBe(404);
      expect((await api.post(`/organizations/${org}/credits`, body, 'support')).status).toBe(403);
    });

    it('are listed newest first, page by page, with what is left of each', async () => {
      await credit({ amount: '1', kind: 'promo', expires_at: '2098-01-01T00:00:00Z' });
      await credit({ amount: '2' });
      await runCall(pool, tenant, { model, quantities: { input: 500_000 } });
      await billing.rollup.drain();
      const first = await api.get(`/organizations/${org}/credits?limit=1`);
      expect(first.body).toMatchObject({
        has_more: true,
        data: [{ kind: 'paid', remaining: '1.500000000' }],
      });
      const next = await api.get(`/organizations/${org}/credits?limit=1&cursor=${first.body.next_cursor}`);
      expect(next.body).toMatchObject({
        has_more: false,
        data: [{ kind: 'promo', remaining: '0.000000000' }],
      });
    });
  });

  describe('usage sums', () => {
    it('are the same before and after the rollup, and group by what is asked', async () => {
      await credit({ amount: '10' });
      await runCall(pool, tenant, { model, quantities: { input: 100_000, output: 10 } });
      await billing.rollup.drain();
      await runCall(pool, tenant, { model, quantities: { input: 50_000, cache_read: 3 } });
      const ask = () => api.get(`/usage?${SPAN}&organization=${org}&group_by=key,organization`);
      const early = await ask();
      expect(early.body.data).toEqual([
        {
          organization: org,
          key: publicId('key', tenant.keyId),
          quantities: { input: 150_000, cache_read: 3, output: 10 },
          amount: '0.450150900',
          absorbed: '0.000000000',
          provider_cost: '0.300100600',
          currency: 'USD',
        },
      ]);
      await billing.rollup.drain();
      expect((await ask()).body).toEqual(early.body);
    });

    it('count a call in the ragged hour it was recorded in, exactly', async () => {
      await credit();
      const { event } = await runCall(pool, tenant, { model, quantities: { input: 1_000 } });
      await billing.rollup.drain();
      const { rows } = await pool.query<{ at: Date }>(
        'select recorded_at as at from usage_event where id = $1',
        [event],
      );
      const at = rows[0]?.at.getTime() ?? 0;
      const span = (from: number, to: number) =>
        `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}&organization=${org}`;
      expect((await api.get(`/usage?${span(at - 5, at + 5)}`)).body.data).toMatchObject([
        { amount: '0.003000000' },
      ]);
      expect((await api.get(`/usage?${span(at + 2, at + 5)}`)).body.data).toEqual([]);
      expect((await api.get(`/usage?${span(at - 9e6, at + 9e6)}`)).body.data).toMatchObject([
        { amount: '0.003000000' },
      ]);
    });

    it.each([
      ['from', 'to=2026-01-01T00:00:00Z'],
      ['to', 'from=2026-01-01T00:00:00Z&to=yesterday'],
      ['to', 'from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z'],
      ['group_by', `${SPAN}&group_by=day,colour`],
      ['organization', `${SPAN}&organization=acme`],
      ['colour', `${SPAN}&colour=red`],
    ])('refuse a bad query by naming %s', async (param, query) => {
      const answer = await api.get(`/usage?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.body.error.param).toBe(param);
    });
  });

  describe('requests', () => {
    it('show how a charge comes about, line by line', async () => {
      await credit();
      const { hold } = await runCall(pool, tenant, { model, quantities: { input: 1_000, output: 7 } });
      const answer = await api.get(`/requests/${publicId('request', hold)}`);
      expect(answer.body).toMatchObject({
        status: 'completed',
        amount: '0.003105000',
        attempts: [{ seq: 1, outcome: 'served', provider_cost: '0.002070000' }],
        charge: {
          reversed: false,
          lines: [
            {
              token_class: 'input',
              arithmetic: '1000 × 0.000003000000 = 0.003000000000 → 0.003000000',
              unit_price: '3.000000',
            },
            { token_class: 'output', rated: '0.000105000000', amount: '0.000105000' },
          ],
        },
      });
    });

    it('list calls newest first, those in flight from what was set aside for them', async () => {
      await credit();
      await runCall(pool, tenant, { model, quantities: { input: 1_000 } });
      await placeHolds(pool, [{ keyId: tenant.keyId, model, amountNano: 5_000_000n }]);
      const all = await api.get(`/requests?organization=${org}`);
      expect(all.body.data).toMatchObject([
        { status: 'in_progress', held: '0.005000000', amount: null },
        { status: 'completed', amount: '0.003000000' },
      ]);
      const page = await api.get(`/requests?organization=${org}&limit=1`);
      const next = await api.get(`/requests?organization=${org}&limit=1&cursor=${page.body.next_cursor}`);
      expect(next.body.data).toEqual([all.body.data[1]]);
      const running = await api.get(`/requests?key=${publicId('key', tenant.keyId)}&status=in_progress`);
      expect(running.body.data).toHaveLength(1);
      expect((await api.get('/requests?status=done')).body.error.param).toBe('status');
      expect((await api.get(`/requests/${publicId('request', tenant.keyId)}`)).status).toBe(404);
    });
  });

  describe('the usage report', () => {
    const report = (query: string, role: 'finance' | 'support' = 'finance') =>
      api.call({ method: 'get', path: `/finance/v1/reports/usage?${query}`, role });
    const jsonRows = async (query: string): Promise<Record<string, string>[]> => {
      const { text } = await report(`${SPAN}&organization=${org}&format=jsonl&${query}`);
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, string>);
    };
    const pick = (rows: Record<string, string>[], ...names: string[]) =>
      rows.map((row) => names.map((name) => row[name]));

    it('has the columns of the design in their order, and disarms names that spreadsheets would run', async () => {
      await credit();
      await runCall(pool, tenant, { model, quantities: { input: 1_000 } });
      const { text, headers } = await report(`${SPAN}&organization=${org}`);
      const [header, row, end] = text.split('\r\n');
      expect(header).toBe(
        'schema_version,row_id,event_id,request_id,kind,reverses_event_id,occurred_at_utc,recorded_at_utc,billing_period_start,' +
          'billing_period_end,org_id,org_name,billing_account_id,project_id,project_name,cost_center,api_key_id,api_key_name,' +
          'end_user_id,provider,model_requested,model_served,region,service_tier,token_class,quantity,unit,list_unit_price,' +
          'unit_price,price_version_id,list_amount,rated_amount,amount,currency,funding,provider_cost,provider_cost_currency,' +
          'margin,estimated,http_status,streamed,cached,batch,invoice_number,invoice_line,tags_json',
      );
      expect(row).toContain(`,"'=Acme, ""Ltd""",`);
      expect(end).toBe('');
      expect(headers['content-type']).toContain('text/csv');
    });

    it('splits a line where its money changes, and every part sums to the ledger', async () => {
      await credit({ amount: '0.1', kind: 'promo' });
      await credit({ amount: '0.1' });
      await runCall(pool, tenant, { model, quantities: { input: 200_000 }, amountNano: 100_000_000n });
      expect(pick(await jsonRows(''), 'amount', 'funding')).toEqual([
        ['0.400000000', null],
        ['0.000000000', 'absorbed'],
      ]);
      await billing.rollup.drain();
      const rows = await jsonRows('');
      expect(pick(rows, 'quantity', 'rated_amount', 'amount', 'funding', 'provider_cost')).toEqual([
        ['33333', '0.099999000000', '0.100000000', 'prepaid_promo', '0.066666666'],
        ['33333', '0.099999000000', '0.100000000', 'prepaid_paid', '0.066666667'],
        ['66667', '0.200001000000', '0.200000000', 'postpaid', '0.133333333'],
        ['66667', '0.200001000000', '0.000000000', 'absorbed', '0.133333334'],
      ]);
    });

    it('negates a reversal and sums days and months up', async () => {
      await credit({ amount: '0.001', kind: 'promo' });
      await credit();
      const { event } = await runCall(pool, tenant, { model, quantities: { input: 1_000, output: 1 } });
      await runCall(pool, tenant, { model, quantities: { input: 500 } });
      await reverseEvent(pool, event);
      await billing.rollup.drain();
      const rows = await jsonRows('');
      expect(
        pick(
          rows.filter((row) => row['kind'] === 'reversal'),
          'quantity',
          'amount',
          'funding',
        ),
      ).toEqual([
        ['-333', '-0.001000000', 'prepaid_promo'],
        ['-667', '-0.002000000', 'prepaid_paid'],
        ['-1', '-0.000015000', 'prepaid_paid'],
      ]);
      const days = await jsonRows('granularity=day');
      expect(
        days.every((row) => !('request_id' in row) && row['recorded_at_utc']?.endsWith('T00:00:00.000Z')),
      ).toBe(true);
      expect(
        pick(
          days.filter((row) => row['kind'] === 'usage'),
          'token_class',
          'quantity',
          'amount',
          'funding',
        ),
      ).toEqual([
        ['input', '333', '0.001000000', 'prepaid_promo'],
        ['input', '1167', '0.003500000', 'prepaid_paid'],
        ['output', '1', '0.000015000', 'prepaid_paid'],
      ]);
      expect(await jsonRows('granularity=month')).toHaveLength(days.length);
    });

    it('shows the public price beside a contract price', async () => {
      await credit();
      const contract = await createPrice(pool, {
        kind: 'list',
        modelId: model.modelId,
        providerId: null,
        tokenClass: 'input',
        currency: 'USD',
        pico: 1_000_000n,
        organizationId: tenant.organizationId,
      });
      const prices = model.prices.filter((price) => price.tokenClass === 'input');
      const cheap = {
        ...model,
        prices: prices.map((price) => ({ ...price, listId: contract, listPico: 1_000_000n })),
      };
      await runCall(pool, tenant, { model: cheap, quantities: { input: 10 } });
      expect(
        pick(await jsonRows(''), 'list_unit_price', 'unit_price', 'list_amount', 'rated_amount'),
      ).toEqual([['0.000003000000', '0.000001000000', '0.000030000000', '0.000010000000']]);
    });

    it('says at which service tier a call was priced, by call and by day', async () => {
      await credit();
      const { modelId } = model;
      const batch = await createPrice(pool, {
        kind: 'list',
        modelId,
        providerId: null,
        tokenClass: 'input',
        currency: 'USD',
        pico: 1_500_000n,
        serviceTier: 'batch',
      });
      const prices = model.prices.filter((price) => price.tokenClass === 'input');
      const batched = {
        ...model,
        prices: prices.map((price) => ({ ...price, listId: batch, listPico: 1_500_000n })),
      };
      await runCall(pool, tenant, { model, quantities: { input: 10 } });
      await runCall(pool, tenant, { model: batched, quantities: { input: 10 } });
      const rows = pick(await jsonRows(''), 'service_tier', 'batch', 'rated_amount');
      expect(rows).toEqual([
        ['standard', false, '0.000030000000'],
        ['batch', true, '0.000015000000'],
      ]);
      const tiers = pick(await jsonRows('granularity=day'), 'service_tier').flat();
      expect(new Set(tiers)).toEqual(new Set(['batch', 'standard']));
    });

    it('filters, gives an empty report of nothing, and refuses an id of nothing by its field', async () => {
      await credit();
      await runCall(pool, tenant, { model, quantities: { input: 10 } });
      expect(
        await jsonRows(`key=${publicId('key', tenant.keyId)}&model=${encodeURIComponent(model.modelId)}`),
      ).toHaveLength(1);
      const nothing = `project=${publicId('project', tenant.keyId)}`;
      const refused = await report(`from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z&${nothing}`);
      expect([refused.status, refused.body.error.param]).toEqual([404, 'project']);
      expect(await jsonRows('provider=nobody')).toEqual([]);
      const { text } = await report('from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z');
      expect(text).toBe(
        `${usageColumns('request')
          .map(({ name }) => name)
          .join(',')}\r\n`,
      );
    });

    it.each([
      ['from', 'to=2026-01-01T00:00:00Z'],
      ['to', 'from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z'],
      ['granularity', `${SPAN}&granularity=week`],
      ['format', `${SPAN}&format=pdf`],
      ['separator', `${SPAN}&format=jsonl&separator=semicolon`],
      ['bom', `${SPAN}&format=xlsx&bom=true`],
      ['key', `${SPAN}&key=nope`],
    ])('refuses a bad query by naming %s', async (param, query) => {
      const { status, body } = await report(query);
      expect({ status, param: body.error.param }).toEqual({ status: 400, param });
    });

    it('is not for every role', async () => {
      expect((await report(SPAN, 'support')).status).toBe(403);
    });
  });

  it('answers the books checks with a count each', async () => {
    const answer = await api.call({ method: 'post', path: '/finance/v1/audits', role: 'auditor' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ object: 'audit', violations: 0 });
    expect(answer.body.checks.map(({ id }: { id: string }) => id)).toContain('I04');
  });
});
