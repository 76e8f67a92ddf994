import { publicId } from '../../src/core/ids.js';
import { parseNano } from '../../src/core/money.js';
import { adminDoor, createAdminSecret, type AdminDoor } from '../support/admin-door.js';
import { chatBody, post, until } from '../support/calls.js';
import { travelTo } from '../support/clock.js';
import { billedByInvoice, focusFile, focusViolations } from '../support/focus/focus-rules.js';
import { readCsvObjects } from '../support/focus/read-csv.js';
import { CHAT_MODEL, createWorld, type GatewayWorld } from '../support/gateway.js';
import { startInvoicing, type InvoicingWorld } from '../support/invoicing.js';
import { readCount } from '../support/money.js';
import {
  startApiProcess,
  startWorkerProcess,
  type ApiProcess,
  type ProductProcess,
} from '../support/processes.js';
import { expectBooksAgree, ledgerOf } from '../support/statement.js';

const DECEMBER = { from: '2026-12-01T00:00:00Z', to: '2027-01-01T00:00:00Z' };

describe('a postpaid month of the product itself: calls, worker, invoice, card and exports by its doors alone', () => {
  let world: GatewayWorld;
  let api: ApiProcess;
  let worker: ProductProcess;
  let door: AdminDoor;
  /** Only to look at the books; everything is done by the processes. */
  let books: InvoicingWorld;

  beforeAll(async () => {
    world = await createWorld({ balanceNano: 0n, env: { EXPORT_DIR: '' } });
    world.env['EXPORT_DIR'] = world.journalDir;
    await travelTo(world.pool, '2026-12-10T10:00:00Z');
    books = await startInvoicing(world.database.url);
    [api, worker] = await Promise.all([startApiProcess(world), startWorkerProcess(world)]);
    door = adminDoor(api.url, await createAdminSecret(world, 'owner'));
  }, 60_000);
  afterAll(async () => {
    await Promise.all([api.kill(), worker.kill()]);
    await books.drop();
    await world.close();
  });

  const make = async (method: string, path: string, body?: unknown) => {
    const { status, json, text } = await door(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return json as { id: string; secret: string; status: string } & Record<string, unknown>;
  };
  const file = async (query: string): Promise<string> => {
    const secret = await createAdminSecret(world, 'finance');
    const response = await fetch(`${api.url}/finance/v1/reports/usage?${query}`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(response.status).toBe(200);
    return response.text();
  };
  /** The upstream says that a call used this. */
  const call = async (secret: string, usage: { prompt: number; cached: number; completion: number }) => {
    const { prompt, cached, completion } = usage;
    world.simulator.use({
      times: 1,
      answer: {
        kind: 'json',
        body: {
          id: 'c1',
          object: 'chat.completion',
          model: 'gpt-5.5',
          choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hi' } }],
          usage: {
            prompt_tokens: prompt,
            completion_tokens: completion,
            total_tokens: prompt + completion,
            prompt_tokens_details: { cached_tokens: cached },
          },
        },
      },
    });
    const body = chatBody(CHAT_MODEL);
    expect((await post({ url: api.url, secret }, '/v1/chat/completions', body)).status).toBe(200);
  };

  it('is charged to the token, invoiced to the cent, paid by the card, and every file tells the same sum', async () => {
    const { id: entity } = await make('POST', '/finance/v1/legal-entities', {
      name: 'Faregate GmbH',
      number_prefix: 'DE',
      country: 'DE',
      tax_rates_ppm: { DE: 190_000 },
      auto_finalize_minutes: null,
    });
    const { id: org } = await make('POST', '/organizations', {
      name: 'Kundin AG',
      billing_mode: 'postpaid',
      credit_limit: '100.00',
      tax: { country: 'DE', vat_id: 'DE136695976' },
    });
    await make('PATCH', `/finance/v1/organizations/${org}/billing-account`, { legal_entity: entity });
    await make('POST', `/organizations/${org}/payment-methods`, {
      provider: 'sandbox',
      token: 'pm_card_visa',
    });
    const { id: project } = await make('POST', `/organizations/${org}/projects`, { name: 'Chat' });
    const { secret } = await make('POST', `/projects/${project}/keys`, { name: 'production' });
    // A contract: 3 dollars a million as listed, but 6 where a call has 100,000 tokens of input or more.
    await make('POST', '/prices', {
      model: CHAT_MODEL,
      kind: 'list',
      token_class: 'input',
      unit_price: '3.00',
      currency: 'USD',
      organization: org,
    });
    await make('POST', '/prices', {
      model: CHAT_MODEL,
      kind: 'list',
      token_class: 'input',
      unit_price: '6.00',
      currency: 'USD',
      organization: org,
      tier_from: 100_000,
    });
    const events = () => readCount(world.pool, 'select count(*) from usage_event');
    // 100,000 at 6.00, 50,000 cached at 0.30 and 4,000 at 15.00 a million: 0.60 + 0.015 + 0.06.
    await call(secret, { prompt: 150_000, cached: 50_000, completion: 4_000 });
    // 10,007 at 3.00 and 1,000 at 15.00: 0.030021 + 0.015.
    await call(secret, { prompt: 10_007, cached: 0, completion: 1_000 });
    await until(events, (count) => count === 2);
    expect((await make('GET', `/organizations/${org}/balance`))['balance']).toBe('-0.720021000');

    await travelTo(world.pool, '2027-01-01T00:05:00Z');
    const periods = async () =>
      (await make('GET', `/finance/v1/organizations/${org}/periods`))['data'] as {
        id: string;
        status: string;
      }[];
    const december = (await periods()).at(-1)?.id ?? '';
    await door('POST', `/finance/v1/organizations/${org}/periods/${december}/close`, {});
    await until(
      async () => (await periods()).find(({ id }) => id === december)?.status,
      (status) => status === 'closed',
      30_000,
    );
    const invoices = async () =>
      (await make('GET', `/finance/v1/invoices?organization=${org}`))['data'] as Record<string, string>[];
    const [draft] = await invoices();
    expect(draft).toMatchObject({ status: 'draft', net: '0.72', tax: '0.14', total: '0.86' });
    await make('POST', `/finance/v1/invoices/${draft?.['id']}/finalize`);
    // The worker charges the card by itself.
    await until(
      async () => (await invoices())[0]?.['status'],
      (status) => status === 'paid',
      60_000,
    );
    expect(await invoices()).toMatchObject([
      { number: 'DEINV-000001', status: 'paid', total: '0.86', paid: '0.86', due: '0.00' },
    ]);

    const whose = `from=${DECEMBER.from}&to=${DECEMBER.to}&organization=${org}`;
    const rows = readCsvObjects(await file(`${whose}&format=csv`));
    expect(
      rows.map((row) => [row['token_class'], row['quantity'], row['amount'], row['invoice_number']]),
    ).toEqual(
      expect.arrayContaining([
        ['input', '100000', '0.600000000', 'DEINV-000001'],
        ['cache_read', '50000', '0.015000000', 'DEINV-000001'],
        ['output', '4000', '0.060000000', 'DEINV-000001'],
        ['input', '10007', '0.030021000', 'DEINV-000001'],
        ['output', '1000', '0.015000000', 'DEINV-000001'],
      ]),
    );
    expect(rows.reduce((sum, row) => sum + parseNano(row['amount'] ?? ''), 0n)).toBe(720_021_000n);
    const focus = focusFile('1.4', await file(`${whose}&format=focus-1.4&granularity=day`));
    expect(focusViolations(focus)).toEqual([]);
    expect(billedByInvoice(focus).get('DEINV-000001')).toBe(860_000_000_000_000_000n);

    const { id: ordered } = await make('POST', '/finance/v1/exports', {
      format: 'parquet',
      ...DECEMBER,
      organization: org,
    });
    const made = await until(
      () => make('GET', `/finance/v1/exports/${ordered}`),
      ({ status }) => status === 'ready',
      60_000,
    );
    expect(made['manifest']).toMatchObject({
      rows: 5,
      sums: expect.arrayContaining([
        expect.objectContaining({ column: 'amount', currency: 'USD', sum: '0.720021000' }),
      ]) as unknown,
    });

    const uuid = (org ?? '').replace(/^org_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    expect(publicId('organization', uuid)).toBe(org);
    expect(await ledgerOf(world.pool, { organizationId: uuid })).toMatchObject({
      cash_clearing: '860000000',
      revenue: '-720021000',
      rounding: '21000',
      vat_payable: '-140000000',
    });
    expect((await make('POST', '/finance/v1/audits'))['violations']).toBe(0);
    await expectBooksAgree(books, [{ organizationId: uuid }]);
  }, 240_000);
});
