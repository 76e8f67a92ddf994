import pg from 'pg';
import { BillingApiModule } from '../../../src/billing/billing-api.module.js';
import { RebuildService } from '../../../src/billing/audit/rebuild.service.js';
import { publicId } from '../../../src/core/ids.js';
import { AppConfig } from '../../../src/platform/config/app-config.js';
import { Snapshot } from '../../../src/platform/database/snapshot.service.js';
import { startAdminApi, type AdminAnswer, type AdminApi } from '../../support/admin-api.js';
import { testEnvironment } from '../../support/billing.js';
import { runCall } from '../../support/builders/call.builder.js';
import { createModel, type TestModel } from '../../support/builders/catalog.builder.js';
import type { Tenant } from '../../support/builders/tenant.builder.js';
import { createCustomer } from '../../support/invoicing.js';
import { brokenBooks } from '../../support/payments.js';

const F = '/finance/v1';

describe('the doors of periods, invoices, credit notes and corrections', () => {
  let api: AdminApi;
  let pool: pg.Pool;
  let model: TestModel;
  let entity: string;

  beforeAll(async () => {
    api = await startAdminApi([BillingApiModule]);
    pool = new pg.Pool({ connectionString: api.databaseUrl, max: 2 });
    model = await createModel(pool, { currency: 'EUR' });
    const made = await api.post(`${F}/legal-entities`, {
      name: 'Faregate GmbH',
      number_prefix: 'DE',
      country: 'DE',
      tax_rates_ppm: { DE: 190_000 },
    });
    expect(made.status).toBe(201);
    entity = made.body.id as string;
  });
  afterAll(async () => {
    await pool.end();
    await api.close();
  });

  const customer = async (): Promise<{ tenant: Tenant; org: string }> => {
    const tenant = await createCustomer(pool, { currency: 'EUR', country: 'DE' });
    const org = publicId('organization', tenant.organizationId);
    const changed = await api.patch(`${F}/organizations/${org}/billing-account`, {
      legal_entity: entity,
      legal_name: 'Kundin AG',
      po_number: 'PO 7',
      net_days: 30,
    });
    expect(changed.body).toMatchObject({ legal_entity: entity, legal_name: 'Kundin AG', net_days: 30 });
    return { tenant, org };
  };
  const period = async (org: string): Promise<string> => {
    const { body } = await api.get(`${F}/organizations/${org}/periods`);
    return (body as { data: { id: string }[] }).data[0]?.id ?? '';
  };
  const draft = async (): Promise<{ tenant: Tenant; org: string; invoice: string; request: string }> => {
    const { tenant, org } = await customer();
    const { hold } = await runCall(pool, tenant, {
      model,
      quantities: { input: 1_000_000, output: 100_000 },
    });
    const closed = await api.post(`${F}/organizations/${org}/periods/${await period(org)}/close`, {
      early: true,
    });
    expect(closed).toMatchObject({ status: 200, body: { object: 'billing_period', status: 'closed' } });
    const { body } = await api.get(`${F}/invoices?organization=${org}`);
    return {
      tenant,
      org,
      invoice: (body as { data: { id: string }[] }).data[0]?.id ?? '',
      request: publicId('request', hold),
    };
  };
  const refused = ({ status, body }: AdminAnswer) => {
    const { error } = body as { error: { param: string | null; code: string | null } };
    return [status, error.param, error.code];
  };

  it('closes a period, issues its invoice, prints it twice the same, and takes the bank transfer', async () => {
    const { org, invoice } = await draft();
    expect((await api.get(`${F}/invoices/${invoice}`)).body).toMatchObject({
      status: 'draft',
      number: null,
      net: '4.50',
      tax: '0.86',
      total: '5.36',
      lines: [
        { kind: 'usage', token_class: 'input', quantity: '1000000', amount: '3.00' },
        { kind: 'usage', token_class: 'output', amount: '1.50' },
      ],
      taxes: [{ tax_category: 'S', tax_rate_ppm: 190_000, base: '4.50', tax: '0.86' }],
    });
    expect(refused(await api.get(`${F}/invoices/${invoice}.pdf`))).toEqual([409, null, 'invoice_status']);
    const issued = await api.post(`${F}/invoices/${invoice}/finalize`);
    expect(issued).toMatchObject({
      status: 200,
      body: { status: 'finalized', number: 'DEINV-000001', due: '5.36' },
    });
    const [first, second] = [
      await api.get(`${F}/invoices/${invoice}.pdf`),
      await api.get(`${F}/invoices/${invoice}.pdf`),
    ];
    expect(first.headers['content-type']).toBe('application/pdf');
    expect((first.body as Buffer).subarray(0, 5).toString()).toBe('%PDF-');
    expect((first.body as Buffer).equals(second.body as Buffer)).toBe(true);
    const paid = await api.post(`${F}/invoices/${invoice}/pay`, { reference: 'TRN 1' });
    expect(paid).toMatchObject({ status: 200, body: { status: 'paid', paid: '5.36', due: '0.00' } });
    expect(refused(await api.post(`${F}/invoices/${invoice}/pay`, { reference: 'TRN 2' }))).toEqual([
      409,
      null,
      'invoice_status',
    ]);
    const { body } = await api.get(`${F}/ledger/transactions?organization=${org}&kind=invoice`);
    expect(body).toMatchObject({
      data: [
        {
          kind: 'invoice',
          legal_entity: entity,
          entries: [
            { account: 'receivable_usage', of: 'customer', debit: '4.500000000' },
            { account: 'receivable', debit: '0.860000000' },
            { account: 'contract_asset', credit: '4.500000000' },
            { account: 'vat_payable', of: 'house', credit: '0.860000000' },
          ],
        },
      ],
    });
  });

  it("shows a customer's account: invoice, credit note and payment with the balance after each", async () => {
    const { org, invoice } = await draft();
    await api.post(`${F}/invoices/${invoice}/finalize`);
    const credit = { reason: 'goodwill', memo: 'm', lines: [{ line: 1, amount: '1' }] };
    await api.post(`${F}/invoices/${invoice}/credit-notes`, credit);
    await api.post(`${F}/invoices/${invoice}/pay`, { reference: `TRN ${invoice}` });
    const span = 'from=2026-01-01T00:00:00Z&to=2099-01-01T00:00:00Z';
    expect((await api.get(`${F}/organizations/${org}/statement?${span}`)).body).toMatchObject({
      opening_balance: '0.00',
      entries: [
        { kind: 'invoice', amount: '5.36', balance: '5.36' },
        { kind: 'credit_note', amount: '-1.19', balance: '4.17' },
        { kind: 'payment', amount: '-4.17', balance: '0.00' },
      ],
      closing_balance: '0.00',
    });
  });

  it('a void takes its entry back, keeps its number, and its usage gets a new draft', async () => {
    const { org, invoice } = await draft();
    await api.post(`${F}/invoices/${invoice}/finalize`);
    expect((await api.post(`${F}/invoices/${invoice}/void`)).body).toMatchObject({
      status: 'void',
      due: '0.00',
    });
    const { body } = await api.get(`${F}/invoices?organization=${org}`);
    expect(body).toMatchObject({
      data: [
        { status: 'draft', total: '5.36' },
        { status: 'void', id: invoice },
      ],
    });
    expect(refused(await api.post(`${F}/invoices/${invoice}/void`))).toEqual([409, null, 'invoice_status']);
  });

  it('writes off what will not be paid: a loss to the cent, the keys stop, and it can be paid after all', async () => {
    const { tenant, org, invoice } = await draft();
    const writeOff = (id: string, body: object, role: 'finance' | 'admin' = 'finance') =>
      api.post(`${F}/invoices/${id}/write-off`, body, role);
    const why = { reason: 'insolvent' };
    expect((await writeOff(invoice, why)).body.error.code).toBe('invoice_status');
    const { body: issued } = await api.post(`${F}/invoices/${invoice}/finalize`);
    const accounts = async () =>
      Object.fromEntries(
        (
          await api.sql(
            `select a.kind, sum(e.amount_nano)::text as nano from ledger_entry e join ledger_account a on a.id = e.account_id
               join ledger_transaction t on t.id = e.transaction_id where t.organization_id = $1 and a.kind in
               ('bad_debt', 'bank', 'receivable', 'receivable_usage') group by 1`,
            [tenant.organizationId],
          )
        ).map(({ kind, nano }) => [kind, nano]),
      );
    expect((await writeOff(invoice, {})).body.error.param).toBe('reason');
    expect((await writeOff(invoice, why, 'admin')).status).toBe(403);
    expect((await writeOff(invoice, why)).body).toMatchObject({
      status: 'uncollectible',
      number: issued.number,
    });
    expect((await writeOff(invoice, why)).status).toBe(409);
    const due = `${(issued.total as string).replace('.', '')}0000000`.replace(/^0+/, '');
    expect(await accounts()).toEqual({ bad_debt: due, receivable: '0', receivable_usage: '0' });
    const [wallet] = await api.sql('select status, balance_nano::text as nano from wallet where id = $1', [
      tenant.walletId,
    ]);
    expect(wallet).toEqual({ status: 'blocked', nano: '0' });
    expect((await api.post(`${F}/invoices/${invoice}/void`)).status).toBe(409);
    const paid = await api.post(`${F}/invoices/${invoice}/pay`, { reference: 'late transfer' });
    expect(paid.body.status).toBe('paid');
    expect(await accounts()).toEqual({ bad_debt: '0', bank: due, receivable: '0', receivable_usage: '0' });
    expect((await api.post(`${F}/organizations/${org}/wallet/unblock`, why, 'finance')).body.blocked).toBe(
      false,
    );
    expect(await brokenBooks(api.databaseUrl)).toEqual([]);
  });

  it('credits a part once for a repeated Idempotency-Key, and the rest afterwards, to the cent', async () => {
    const { invoice } = await draft();
    await api.post(`${F}/invoices/${invoice}/finalize`);
    const path = `${F}/invoices/${invoice}/credit-notes`;
    const body = { reason: 'goodwill', memo: 'sorry', lines: [{ line: 2, amount: '0.33' }] };
    const headers = { 'idempotency-key': 'credit-1' };
    const first = await api.call({ method: 'post', path, body, headers });
    const again = await api.call({ method: 'post', path, body, headers });
    expect(first).toMatchObject({
      status: 201,
      body: { net: '0.33', tax: '0.06', total: '0.39', remaining: '0.00' },
    });
    expect(again.body).toEqual(first.body);
    expect((await api.post(path, { reason: 'goodwill', memo: 'all of it' })).body).toMatchObject({
      total: '4.97',
    });
    expect((await api.get(`${F}/invoices/${invoice}`)).body).toMatchObject({
      status: 'paid',
      credited: '5.36',
      due: '0.00',
    });
    const note = (first.body as { id: string }).id;
    expect((await api.get(`${F}/credit-notes/${note}.pdf`)).headers['content-type']).toBe('application/pdf');
    expect(refused(await api.post(path, body))).toEqual([400, 'lines.0.amount', 'credit_exceeds_line']);
  });

  it('corrects a charge that was invoiced, with a credit note', async () => {
    const { org, invoice, request } = await draft();
    await api.post(`${F}/invoices/${invoice}/finalize`);
    const made = await api.post(`${F}/organizations/${org}/corrections`, {
      events: [request],
      charge_again: false,
      reason: 'service_failure',
      memo: 'no answer',
    });
    expect(made).toMatchObject({
      status: 201,
      body: { status: 'settled', credit_notes: [expect.stringMatching(/^DECN-/)] },
    });
    expect((await api.get(`${F}/invoices/${invoice}`)).body).toMatchObject({
      status: 'paid',
      credited: '5.36',
    });
  });

  it('names the field of what is wrong, and writes nothing', async () => {
    const { org, invoice } = await draft();
    await api.post(`${F}/invoices/${invoice}/finalize`);
    const notes = `${F}/invoices/${invoice}/credit-notes`;
    const why = { reason: 'goodwill', memo: 'm' };
    const bad: [string, unknown, string][] = [
      [notes, { ...why, reason: 'because' }, 'reason'],
      [notes, { ...why, lines: [{ line: 1, amount: '-1' }] }, 'lines.0.amount'],
      [notes, { ...why, lines: [{ line: 1, amount: '1e3' }] }, 'lines.0.amount'],
      [notes, { ...why, lines: [{ line: 1, amount: '99999999999999999999' }] }, 'lines.0.amount'],
      [notes, { ...why, lines: [{ line: 9, amount: '1' }] }, 'lines.0.line'],
      [notes, { ...why, lines: [] }, 'lines'],
      [`${F}/organizations/${org}/corrections`, { ...why, events: ['evt_1'] }, 'events'],
      [`${F}/organizations/${org}/corrections`, { ...why, events: [] }, 'events'],
      [`${F}/legal-entities`, { name: 'X', number_prefix: 'x' }, 'number_prefix'],
      [
        `${F}/legal-entities`,
        { name: 'X', number_prefix: 'X', tax_rates_ppm: { DE: 0.19 } },
        'tax_rates_ppm',
      ],
    ];
    for (const [path, body, param] of bad)
      expect([(await api.post(path, body)).status, refused(await api.post(path, body))[1]]).toEqual([
        400,
        param,
      ]);
    expect(
      await api.sql('select count(*)::int as n from credit_note where invoice_id = $1', [
        (await api.sql('select id from invoice order by id desc limit 1'))[0]?.['id'],
      ]),
    ).toEqual([{ n: 0 }]);
    expect(
      refused(await api.patch(`/organizations/${org}`, { tax: { country: 'DE', vat_id: 'DE12' } })),
    ).toEqual([400, 'tax.vat_id', null]);
  });

  it('shows nobody the period or the charge of another organization, and lets only finance change anything', async () => {
    const [one, other] = [await draft(), await customer()];
    const foreign = await period(one.org);
    expect((await api.post(`${F}/organizations/${other.org}/periods/${foreign}/close`, {})).status).toBe(404);
    const correction = { events: [one.request], reason: 'other', memo: 'm' };
    expect(refused(await api.post(`${F}/organizations/${other.org}/corrections`, correction))).toEqual([
      404,
      'events.0',
      null,
    ]);
    for (const action of ['finalize', 'void', 'pay']) {
      expect((await api.post(`${F}/invoices/${one.invoice}/${action}`, undefined, 'support')).status).toBe(
        403,
      );
    }
    expect(
      refused(
        await api.patch(`${F}/organizations/${one.org}/billing-account`, {
          legal_entity: 'le_000000000000700080000000000000e1',
        }),
      ),
    ).toEqual([409, 'legal_entity', 'seller_in_use']);
  });

  it('balances, lots and rollups made anew are what is kept, and a changed one is found', async () => {
    const rebuild = new RebuildService(new Snapshot(new AppConfig(testEnvironment(api.databaseUrl))));
    const found = async () =>
      (await rebuild.compare()).filter(({ violations }) => violations > 0).map(({ id }) => id);
    expect(await found()).toEqual([]);
    await pool.query('update period_funding set paid_nano = paid_nano + 1');
    await pool.query('update usage_rollup set quantity = quantity + 1');
    expect(await found()).toEqual(['R04', 'R06']);
  });
});
