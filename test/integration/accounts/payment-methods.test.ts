import { startAdminApi, type AdminApi } from '../../support/admin-api.js';

let api: AdminApi;
beforeAll(async () => {
  api = await startAdminApi();
});
afterAll(() => api.close());

async function createOrganization(): Promise<string> {
  return (await api.post('/organizations', { name: 'Payer' })).body.id as string;
}

const attach = (organization: string, token: string, provider = 'sandbox') =>
  api.post(`/organizations/${organization}/payment-methods`, { provider, token }, 'finance');

const defaultOf = async (organization: string): Promise<unknown> =>
  (await api.get(`/organizations/${organization}`)).body.default_payment_method;

describe('a payment method', () => {
  it.each([
    ['pm_card_visa', 'visa', '4242'],
    ['pm_card_visa_debit', 'visa', '5556'],
    ['pm_card_mastercard', 'mastercard', '4444'],
    ['pm_card_amex', 'amex', '0005'],
    ['pm_card_chargeCustomerFail', 'visa', '0341'],
    ['pm_card_authenticationRequired', 'visa', '3184'],
  ])('of the sandbox is the test card %s', async (token, brand, last4) => {
    const organization = await createOrganization();
    const { status, body } = await attach(organization, token);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      object: 'payment_method',
      organization,
      provider: 'sandbox',
      brand,
      last4,
      exp_month: 12,
      status: 'active',
    });
    expect(JSON.stringify(body)).not.toContain(token);
  });

  it('has the same fingerprint for the same card, whoever attaches it', async () => {
    const [one, other] = [await createOrganization(), await createOrganization()];
    const methods = [await attach(one, 'pm_card_visa'), await attach(other, 'pm_card_visa')];
    expect(methods[0]?.body.fingerprint).toBe(methods[1]?.body.fingerprint);
    expect(methods[0]?.body.id).not.toBe(methods[1]?.body.id);
    expect((await attach(one, 'pm_card_amex')).body.fingerprint).not.toBe(methods[0]?.body.fingerprint);
  });

  it.each([
    'pm_card_chargeDeclined',
    'pm_card_visa_chargeDeclined',
    'pm_card_chargeDeclinedInsufficientFunds',
    'pm_card_visa_chargeDeclinedLostCard',
    'pm_card_chargeDeclinedExpiredCard',
  ])('is not attached when the bank declines it (%s)', async (token) => {
    const organization = await createOrganization();
    const { status, body, headers } = await attach(organization, token);
    expect(status).toBe(402);
    expect(body.error).toMatchObject({ type: 'billing_error', code: 'card_declined', param: 'token' });
    expect(headers['x-should-retry']).toBe('false');
    expect((await api.get(`/organizations/${organization}/payment-methods`)).body.data).toEqual([]);
    expect(await defaultOf(organization)).toBeNull();
  });

  it('that is usable becomes the default where there is none; an expired one does not', async () => {
    const organization = await createOrganization();
    const expired = await attach(organization, 'pm_card_expired');
    expect([expired.status, expired.body.status]).toEqual([201, 'expired']);
    expect(await defaultOf(organization)).toBeNull();
    const visa = await attach(organization, 'pm_card_visa');
    await attach(organization, 'pm_card_amex');
    expect(await defaultOf(organization)).toBe(visa.body.id);
  });

  it('that is the default leaves its place to another usable one, or to none', async () => {
    const organization = await createOrganization();
    const [visa, amex] = [
      await attach(organization, 'pm_card_visa'),
      await attach(organization, 'pm_card_amex'),
    ];
    await attach(organization, 'pm_card_expired');
    const detach = (id: string) => api.post(`/organizations/${organization}/payment-methods/${id}/detach`);
    const gone = await detach(visa.body.id);
    expect([gone.status, gone.body.status]).toEqual([200, 'detached']);
    expect(await defaultOf(organization)).toBe(amex.body.id);
    expect((await detach(visa.body.id)).body.status).toBe('detached');
    expect(await defaultOf(organization)).toBe(amex.body.id);
    await detach(amex.body.id);
    expect(await defaultOf(organization)).toBeNull();
    expect((await api.get(`/organizations/${organization}/payment-methods`)).body.data).toHaveLength(3);
  });

  it('can be made the default only while it is usable, and only by its own organization', async () => {
    const [organization, stranger] = [await createOrganization(), await createOrganization()];
    const foreign = await attach(stranger, 'pm_card_visa');
    const expired = await attach(organization, 'pm_card_expired');
    const setDefault = (id: string | null) =>
      api.patch(`/organizations/${organization}`, { default_payment_method: id });
    expect((await setDefault(foreign.body.id)).status).toBe(404);
    expect((await setDefault(expired.body.id)).body.error).toMatchObject({ param: 'default_payment_method' });
    const own = await attach(organization, 'pm_card_visa');
    expect((await setDefault(null)).body.default_payment_method).toBeNull();
    expect((await setDefault(own.body.id)).body.default_payment_method).toBe(own.body.id);
  });

  it('of the kind invoice takes any reference, the same one twice too', async () => {
    const organization = await createOrganization();
    for (let count = 0; count < 2; count++) {
      const { status, body } = await attach(organization, 'PO 4711 – Einkauf', 'invoice');
      expect([status, body.reference, body.brand]).toEqual([201, 'PO 4711 – Einkauf', null]);
    }
  });

  it('names the provider that is not configured', async () => {
    const { status, body } = await attach(await createOrganization(), 'pm_1', 'stripe');
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      param: 'provider',
      message: 'payment provider stripe is not configured',
    });
  });

  it.each(['pm_card_unheard', '__proto__', 'constructor', 'pm_card_visa:1', '4242424242424242'])(
    'is refused for the token %s',
    async (token) => {
      const { status, body } = await attach(await createOrganization(), token);
      expect([status, body.error.param]).toEqual([400, 'token']);
    },
  );

  it('of another organization is not found', async () => {
    const [organization, stranger] = [await createOrganization(), await createOrganization()];
    const { body } = await attach(stranger, 'pm_card_visa');
    const path = `/organizations/${organization}/payment-methods/${body.id}`;
    expect((await api.get(path)).status).toBe(404);
    expect((await api.post(`${path}/detach`)).status).toBe(404);
    expect((await api.get(`/organizations/${stranger}/payment-methods/${body.id}`)).body.status).toBe(
      'active',
    );
  });

  it('attached twice at once leaves one default', async () => {
    const organization = await createOrganization();
    const made = await Promise.all([
      attach(organization, 'pm_card_visa'),
      attach(organization, 'pm_card_amex'),
    ]);
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    expect(made.map(({ body }) => body.id)).toContain(await defaultOf(organization));
  });
});

describe('roles', () => {
  it('let finance manage payment methods and nothing else; support and auditors read', async () => {
    const organization = await createOrganization();
    for (const role of ['support', 'auditor', 'finance'] as const) {
      expect((await api.post('/organizations', { name: 'No' }, role)).status).toBe(403);
      expect((await api.patch(`/organizations/${organization}`, { name: 'No' }, role)).status).toBe(403);
      expect((await api.post(`/organizations/${organization}/projects`, { name: 'No' }, role)).status).toBe(
        403,
      );
      expect((await api.get(`/organizations/${organization}`, role)).status).toBe(200);
    }
    const body = { provider: 'sandbox', token: 'pm_card_visa' };
    for (const [role, status] of [
      ['support', 403],
      ['auditor', 403],
      ['finance', 201],
      ['owner', 201],
    ] as const) {
      expect((await api.post(`/organizations/${organization}/payment-methods`, body, role)).status).toBe(
        status,
      );
    }
  });

  it('admit nobody without a key', async () => {
    const { status, body } = await api.call({
      method: 'get',
      path: '/organizations',
      headers: { authorization: 'Bearer nonsense' },
    });
    expect(status).toBe(401);
    expect(body.error).toMatchObject({ type: 'authentication_error', code: 'invalid_api_key' });
  });
});

describe('members', () => {
  it('are added once per address, whatever its case', async () => {
    const organization = await createOrganization();
    const path = `/organizations/${organization}/members`;
    const added = await api.post(path, { email: 'Ada@Example.com', role: 'developer' });
    expect(added.status).toBe(201);
    expect(added.body).toMatchObject({ object: 'member', organization, email: 'ada@example.com' });
    const again = await api.post(path, { email: 'ADA@example.com', role: 'owner' });
    expect([again.status, again.body.error.type]).toEqual([409, 'conflict_error']);
    expect((await api.get(path)).body.data).toEqual([added.body]);
  });
});
