import { BillingApiModule } from '../../src/billing/billing-api.module.js';
import { PaymentSweep } from '../../src/billing/payments/payment-sweep.service.js';
import { startAdminApi, type AdminAnswer, type AdminApi } from './admin-api.js';
import { startFakeStripe, type FakeStripe } from './fake-stripe/fake-stripe.js';
import { brokenBooks } from './payments.js';
import { waitUntil } from './worker.js';

/** The doors of money with a Stripe behind them that tests can break. */
export interface StripeStage {
  api: AdminApi;
  stripe: FakeStripe;
  /** Where the doors listen. */
  url: string;
  createPayer: (token?: string) => Promise<Payer>;
  topUp: (payer: Payer, amount: string, headers?: Record<string, string>) => Promise<AdminAnswer>;
  /** Delivers what waits and lets its work end. */
  deliver: (arrange?: Parameters<FakeStripe['webhooks']['deliver']>[1]) => Promise<number[]>;
  /** What the worker does every five seconds, as if everything that waits were due. */
  sweep: () => Promise<void>;
  balanceOf: (payer: Payer) => Promise<string>;
  walletStatus: (payer: Payer) => Promise<string>;
  methodStatus: (payer: Payer) => Promise<string>;
  paymentOf: (topUp: AdminAnswer) => Promise<Record<string, unknown>>;
  close: () => Promise<void>;
}

export interface Payer {
  /** Public id of the organization. */
  id: string;
  /** Its UUID. */
  uuid: string;
  /** Public id of its card. */
  method: string;
}

export async function startStripeStage(): Promise<StripeStage> {
  const stripe = await startFakeStripe();
  const api = await startAdminApi([BillingApiModule], {
    STRIPE_SECRET_KEY: stripe.secretKey,
    STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    STRIPE_API_URL: stripe.url,
    STRIPE_TIMEOUT_MS: '1000',
  });
  const url = (await api.app.getUrl()).replace('[::1]', '127.0.0.1');
  const createPayer = async (token = 'pm_card_visa'): Promise<Payer> => {
    const { body } = await api.post('/organizations', { name: 'Payer' });
    const { body: method } = await api.post(`/organizations/${body.id}/payment-methods`, {
      provider: 'stripe',
      token,
    });
    const hex = (body.id as string).replace('org_', '');
    const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    return { id: body.id as string, uuid, method: method.id as string };
  };
  const inboxIsEmpty = async () =>
    (await api.sql('select 1 from webhook_inbox where processed_at is null and last_error is null'))
      .length === 0;
  return {
    api,
    stripe,
    url,
    createPayer,
    topUp: (payer, amount, headers = {}) =>
      api.call({ method: 'post', path: `/organizations/${payer.id}/top-ups`, body: { amount }, headers }),
    deliver: async (arrange) => {
      const statuses = await stripe.webhooks.deliver(url, arrange);
      await waitUntil(inboxIsEmpty);
      return statuses;
    },
    sweep: async () => {
      await api.sql('update webhook_inbox set next_at = now() where processed_at is null');
      await api.sql(
        `update payment_attempt set next_poll_at = now() where status in ('created', 'submitted', 'unknown', 'requires_action')`,
      );
      await api.sql(`update payment_refund set next_poll_at = now() where closed_at is null`);
      await api.app.get(PaymentSweep).run();
    },
    balanceOf: async (payer) => (await api.get(`/organizations/${payer.id}/balance`)).body.balance as string,
    walletStatus: async (payer) =>
      (await api.sql('select status from wallet where organization_id = $1', [payer.uuid]))[0]?.[
        'status'
      ] as string,
    methodStatus: async (payer) =>
      (await api.get(`/organizations/${payer.id}/payment-methods/${payer.method}`)).body.status as string,
    paymentOf: async (topUp) => (await api.get(`/finance/v1/payments/${topUp.body.payment}`)).body,
    close: async () => {
      await api.close();
      await stripe.close();
    },
  };
}

/** What must hold after every test: the books are right, and Stripe was asked nothing strange. */
export async function expectOrder({ api, stripe }: StripeStage): Promise<void> {
  expect(stripe.faults).toEqual([]);
  expect(await brokenBooks(api.databaseUrl)).toEqual([]);
}
