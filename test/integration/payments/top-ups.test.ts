import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { ChargingService } from '../../../src/billing/payments/charging.service.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';
import { brokenBooks } from '../../support/payments.js';

let api: AdminApi;
beforeAll(async () => {
  api = await startAdminApi([BillingApiModule]);
});
afterEach(async () => {
  expect(await brokenBooks(api.databaseUrl)).toEqual([]);
});
afterAll(() => api.close());

async function createPayer(token: string | null = 'pm_card_visa', provider = 'sandbox'): Promise<string> {
  const { body } = await api.post('/organizations', { name: 'Payer' });
  if (token !== null) await api.post(`/organizations/${body.id}/payment-methods`, { provider, token });
  return body.id as string;
}

const topUp = (organization: string, amount: unknown, headers: Record<string, string> = {}) =>
  api.call({ method: 'post', path: `/organizations/${organization}/top-ups`, body: { amount }, headers });
const balanceOf = async (organization: string): Promise<string> =>
  (await api.get(`/organizations/${organization}/balance`)).body.balance as string;

describe('a top-up', () => {
  it('is credit once the card has paid, and a lot of paid credit', async () => {
    const organization = await createPayer();
    const { status, body } = await topUp(organization, '12.34');
    expect(status).toBe(201);
    expect(body).toMatchObject({
      object: 'top_up',
      amount: '12.340000000',
      currency: 'USD',
      trigger: 'manual',
      status: 'succeeded',
      payment_status: 'succeeded',
      next_action: null,
    });
    expect(await balanceOf(organization)).toBe('12.340000000');
    const { body: credits } = await api.get(`/organizations/${organization}/credits`);
    expect(credits.data).toMatchObject([{ kind: 'paid', amount: '12.340000000', remaining: '12.340000000' }]);
    const payment = await api.get(`/finance/v1/payments/${body.payment}`);
    expect(payment.body).toMatchObject({
      id: body.payment,
      purpose_id: body.id,
      status: 'succeeded',
      attempt: 1,
    });
    expect((await api.get(`/organizations/${organization}/top-ups`)).body.data).toEqual([body]);
    expect((await api.get(`/organizations/${organization}/top-ups/${body.id}`)).body).toEqual(body);
  });

  it("that is declined is 402 with the bank's code, and no credit", async () => {
    const organization = await createPayer('pm_card_chargeCustomerFail');
    const { status, body, headers } = await topUp(organization, '5.00');
    expect(status).toBe(402);
    expect(body.error).toMatchObject({ type: 'billing_error', code: 'generic_decline' });
    expect(headers['x-should-retry']).toBe('false');
    expect(await balanceOf(organization)).toBe('0.000000000');
    const { body: list } = await api.get(`/organizations/${organization}/top-ups`);
    expect(list.data).toMatchObject([{ status: 'failed', decline_code: 'generic_decline' }]);
  });

  it('blocks the card with the third decline in a row, and another card takes its place', async () => {
    const organization = await createPayer('pm_card_chargeCustomerFail');
    const { body: other } = await api.post(`/organizations/${organization}/payment-methods`, {
      provider: 'sandbox',
      token: 'pm_card_amex',
    });
    const codes = [await topUp(organization, '1'), await topUp(organization, '1')].map(
      ({ status }) => status,
    );
    expect(codes).toEqual([402, 402]);
    const before = await api.get(`/organizations/${organization}`);
    expect(before.body.default_payment_method).not.toBe(other.id);
    expect((await topUp(organization, '1')).status).toBe(402);
    const { body: methods } = await api.get(`/organizations/${organization}/payment-methods`);
    expect(methods.data.map((method: { status: string }) => method.status)).toEqual(['active', 'blocked']);
    expect((await api.get(`/organizations/${organization}`)).body.default_payment_method).toBe(other.id);
    expect((await topUp(organization, '1')).status).toBe(201);
  });

  it('that the payer must authenticate waits, stops others, and can be ended', async () => {
    const organization = await createPayer('pm_card_authenticationRequired');
    const { status, body } = await topUp(organization, '9');
    expect([status, body.status, body.payment_status]).toEqual([201, 'pending', 'requires_action']);
    expect(body.next_action).toEqual({ client_secret: null, redirect_url: null });
    expect((await topUp(organization, '9')).body.error).toMatchObject({ code: 'top_up_in_progress' });
    const ended = await api.post(`/finance/v1/payments/${body.payment}/cancel`, undefined, 'finance');
    expect(ended.body).toMatchObject({ status: 'canceled' });
    expect((await api.post(`/finance/v1/payments/${body.payment}/cancel`, undefined, 'finance')).status).toBe(
      409,
    );
    expect((await api.get(`/organizations/${organization}/top-ups/${body.id}`)).body.status).toBe('canceled');
    expect(await balanceOf(organization)).toBe('0.000000000');
  });

  it('by bank transfer is credit when finance has seen the money, once', async () => {
    const organization = await createPayer('PO 4711', 'invoice');
    const { body } = await topUp(organization, '1000');
    expect([body.status, body.payment_status]).toEqual(['pending', 'submitted']);
    const mark = () =>
      api.post(`/finance/v1/payments/${body.payment}/mark-paid`, { reference: 'line 14' }, 'finance');
    expect((await mark()).body).toMatchObject({ status: 'succeeded' });
    expect((await mark()).body.error).toMatchObject({ code: 'payment_closed' });
    expect(await balanceOf(organization)).toBe('1000.000000000');
    const refused = await api.post(
      `/finance/v1/payments/${body.payment}/mark-paid`,
      { reference: 'x' },
      'support',
    );
    expect(refused.status).toBe(403);
  });

  it('of a card is not for finance to mark as paid', async () => {
    const organization = await createPayer('pm_card_authenticationRequired');
    const { body } = await topUp(organization, '9');
    const answer = await api.post(
      `/finance/v1/payments/${body.payment}/mark-paid`,
      { reference: 'x' },
      'finance',
    );
    expect(answer.body.error).toMatchObject({ code: 'not_a_transfer' });
  });

  it('with the same Idempotency-Key is made once', async () => {
    const organization = await createPayer();
    const key = { 'idempotency-key': 'once' };
    const [first, second] = [await topUp(organization, '3', key), await topUp(organization, '3', key)];
    expect(second.body).toEqual(first.body);
    expect(await balanceOf(organization)).toBe('3.000000000');
  });

  it('asked for twenty times at once is made once', async () => {
    const organization = await createPayer('PO 1', 'invoice');
    const answers = await Promise.all(Array.from({ length: 20 }, () => topUp(organization, '1')));
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
    expect([count(201), count(409)]).toEqual([1, 19]);
  });

  it.each([['0'], ['-1'], ['1e3'], ['1.001'], ['99999999999'], [5], [''], [null], ['0.000000001']])(
    'of %p is refused, naming the field',
    async (amount) => {
      const organization = await createPayer();
      const { status, body } = await topUp(organization, amount);
      expect([status, body.error.param]).toEqual([400, 'amount']);
      expect((await api.get(`/organizations/${organization}/top-ups`)).body.data).toEqual([]);
    },
  );

  it('without a usable method is 402, of an unknown organization 404, by a foreign role 403', async () => {
    const organization = await createPayer(null);
    expect((await topUp(organization, '1')).body.error).toMatchObject({ code: 'payment_method_required' });
    expect((await topUp(`org_${'0'.repeat(32)}`, '1')).status).toBe(404);
    const call = {
      method: 'post' as const,
      path: `/organizations/${organization}/top-ups`,
      body: { amount: '1' },
    };
    expect((await api.call({ ...call, role: 'auditor' })).status).toBe(403);
  });

  it('in yen has no cents', async () => {
    const organization = await createPayer('pm_card_jcb');
    const { body } = await api.get(`/organizations/${organization}`);
    for (const table of ['wallet', 'organization', 'billing_account']) {
      const column = table === 'organization' ? 'id' : 'organization_id';
      const id = organization.replace('org_', '');
      await api.sql(`update ${table} set currency = 'JPY' where replace(${column}::text, '-', '') = $1`, [
        id,
      ]);
    }
    expect((await topUp(body.id, '100.5')).body.error.param).toBe('amount');
    expect((await topUp(body.id, '100')).body).toMatchObject({
      status: 'succeeded',
      amount: '100.000000000',
    });
  });
});

describe('a top-up of a customer whose seller taxes credit when it is sold', () => {
  async function createTaxed(
    currency: string,
    country: string,
    ratePpm: number,
    token = 'pm_card_visa',
  ): Promise<string> {
    const seller = await api.post(
      '/finance/v1/legal-entities',
      {
        name: 'Seller',
        country,
        number_prefix: `${country}${currency}`,
        tax_point: 'sale',
        tax_rates_ppm: { [country]: ratePpm },
      },
      'finance',
    );
    const { body } = await api.post('/organizations', { name: 'Payer', currency });
    await api.post(`/organizations/${body.id}/payment-methods`, {
      provider: 'sandbox',
      token,
    });
    const path = `/finance/v1/organizations/${body.id}/billing-account`;
    await api.call({ method: 'patch', path, body: { legal_entity: seller.body.id }, role: 'finance' });
    return body.id as string;
  }

  it.each([
    ['USD', 'DE', 190_000, '0.05', '0.010000000'],
    ['JPY', 'JP', 100_000, '15', '2.000000000'],
    ['KWD', 'KW', 150_000, '1.005', '0.151000000'],
  ])(
    'in %s is charged its tax in whole minor units and has a receipt',
    async (currency, country, rate, amount, tax) => {
      const organization = await createTaxed(currency, country, rate);
      const { status, body } = await topUp(organization, amount);
      expect([status, body.tax, body.status]).toEqual([201, tax, 'succeeded']);
      const payment = await api.get(`/finance/v1/payments/${body.payment}`);
      expect(payment.body.amount).toBe(body.total);
      const receipt = await api.get(`/finance/v1/invoices/${body.receipt}`);
      expect(Number(receipt.body.total)).toBe(Number(body.total));
      const [lot] = (await api.get(`/organizations/${organization}/credits`)).body.data;
      expect(lot).toMatchObject({ tax_point: 'sale', remaining: body.amount });
    },
  );

  it('has a receipt that is credited by a refund only, and that nobody voids or writes off', async () => {
    const organization = await createTaxed('EUR', 'DE', 190_000);
    const { body } = await topUp(organization, '10.00');
    const path = `/finance/v1/invoices/${body.receipt}`;
    const note = { reason: 'goodwill', memo: 'sorry', lines: [{ line: 1, amount: '1' }] };
    for (const [what, sent] of [
      ['credit-notes', note],
      ['void', {}],
      ['write-off', { reason: 'gone' }],
      ['finalize', {}],
      ['pay', { reference: 'again' }],
    ] as const) {
      const answer = await api.post(`${path}/${what}`, sent, 'finance');
      expect([what, answer.status]).toEqual([what, 409]);
    }
  });

  it('that is declined has no document, and takes no number', async () => {
    const organization = await createTaxed('CHF', 'CH', 81_000, 'pm_card_chargeCustomerFail');
    expect((await topUp(organization, '10.00')).status).toBe(402);
    const { body } = await api.get(`/organizations/${organization}/top-ups`);
    expect(body.data).toMatchObject([{ status: 'failed', tax: '0.810000000', receipt: null }]);
    const invoices = await api.get(`/finance/v1/invoices?organization=${organization}`);
    expect(invoices.body.data).toEqual([]);
  });

  it.each([
    ['yesterday', 'credit_expires_at'],
    ['2020-01-01T00:00:00Z', 'credit_expires_at'],
    [7, 'credit_expires_at'],
  ])('with credit_expires_at %j is refused, naming it', async (value, param) => {
    const organization = await createPayer();
    const path = `/organizations/${organization}/top-ups`;
    const body = { amount: '1', credit_expires_at: value };
    const answer = await api.call({ method: 'post', path, body });
    expect([answer.status, answer.body.error.param]).toEqual([400, param]);
  });
});

it('a payment that cannot be taken further stops no other, and is taken up again later', async () => {
  const [stuck, organization] = [await createPayer('pm_card_authenticationRequired'), await createPayer()];
  const { body } = await topUp(stuck, '9');
  const attempt = `replace(id::text, '-', '') = '${body.payment.replace('pay_', '')}'`;
  const charging = api.app.get(ChargingService);
  const advance = charging.advance.bind(charging);
  charging.advance = () => Promise.reject(new Error('killed'));
  await topUp(organization, '7');
  charging.advance = advance;
  await api.sql(`update payment_attempt set next_poll_at = now() where status = 'created'`);
  // A provider that is configured no more.
  await api.sql(
    `update payment_attempt set provider = 'stripe', next_poll_at = now() - interval '1 minute' where ${attempt}`,
  );
  await charging.advanceDue();
  await charging.advanceDue();
  expect(await balanceOf(organization)).toBe('7.000000000');
  const polled = `select polls, next_poll_at > now() as later from payment_attempt where ${attempt}`;
  expect(await api.sql(polled)).toEqual([{ polls: 1, later: true }]);
  await api.sql(`update payment_attempt set provider = 'sandbox', next_poll_at = now() where ${attempt}`);
  await charging.advanceDue();
  expect(await api.sql(polled)).toEqual([{ polls: 2, later: true }]);
});

it('crash point C18: a payment that was ordered by a process that died is made by the next one', async () => {
  const organization = await createPayer();
  const charging = api.app.get(ChargingService);
  const advance = charging.advance.bind(charging);
  charging.advance = () => Promise.reject(new Error('killed'));
  try {
    expect((await topUp(organization, '7')).status).toBe(500);
  } finally {
    charging.advance = advance;
  }
  expect(await balanceOf(organization)).toBe('0.000000000');
  await api.sql(`update payment_attempt set next_poll_at = now() where status = 'created'`);
  await charging.advanceDue();
  await charging.advanceDue();
  expect(await balanceOf(organization)).toBe('7.000000000');
});
