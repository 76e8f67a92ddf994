import { BalanceImport } from '../../../src/billing/payments/payouts/balance-import.service.js';
import { CatalogService } from '../../../src/catalog/catalog.service.js';
import { publicId, uuidv7 } from '../../../src/core/ids.js';
import type { JsonObject } from '../../../src/core/json.js';
import { createAdminSecret } from '../admin-door.js';
import { runCall } from '../builders/call.builder.js';
import { createModel, type TestModel } from '../builders/catalog.builder.js';
import type { Tenant } from '../builders/tenant.builder.js';
import { startFakeStripe, type FakeStripe } from '../fake-stripe/fake-stripe.js';
import { createSecret, startGateway, type TestGateway } from '../gateway.js';
import { createCustomer, type CustomerTerms } from '../invoicing.js';
import type { OpenApiDocument } from './operations.js';

/** An answer of a door; `body` is empty where it is no JSON. */
export interface DoorAnswer {
  status: number;
  text: string;
  body: JsonObject;
}

/** As far as tests look into a list. */
interface List {
  data: { id: string; status: string }[];
}

/** A customer with the public ids of what it has. */
export interface DoorCustomer {
  tenant: Tenant;
  organization: string;
  project: string;
  key: string;
  paymentMethod: string;
  /** A request that was charged 3.15 dollars. */
  request: string;
  event: string;
}

/** The whole API of the product, with a Stripe behind it, and somebody to do business with. */
export class DoorWorld {
  document!: OpenApiDocument;
  model!: TestModel;
  /** Somebody else, whose things nobody may name. */
  stranger!: DoorCustomer;
  private secret!: string;
  private names = 0;
  private days = 0;

  private constructor(
    readonly gateway: TestGateway,
    readonly stripe: FakeStripe,
  ) {}

  static async start(): Promise<DoorWorld> {
    const stripe = await startFakeStripe();
    const gateway = await startGateway({
      env: {
        STRIPE_SECRET_KEY: stripe.secretKey,
        STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
        STRIPE_API_URL: stripe.url,
        WEBHOOKS_ALLOW_PRIVATE: 'true',
      },
    });
    const world = new DoorWorld(gateway, stripe);
    world.secret = await createAdminSecret(gateway, 'owner');
    world.model = await createModel(gateway.pool);
    world.stranger = await world.customer();
    world.document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as OpenApiDocument;
    return world;
  }

  async close(): Promise<void> {
    await this.gateway.close();
    await this.stripe.close();
  }

  /** Of whoever serves the model. */
  get providerSlug(): string {
    return `p-${this.model.providerId}`;
  }

  /** As an owner; `body` may be JSON text. */
  async call(method: string, path: string, body?: unknown, secret = this.secret): Promise<DoorAnswer> {
    const response = await fetch(this.gateway.url + path, {
      method: method.toUpperCase(),
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, text, body: isJson ? (JSON.parse(text) as JsonObject) : {} };
  }

  /** A call that must be taken; its answer's body. */
  async make<Answer = { id: string }>(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
    return answer.body as Answer;
  }

  /** A name that nothing has yet. */
  name(): string {
    this.names += 1;
    return `n${this.names}`;
  }

  /** Postpaid unless the terms say otherwise, with a charge in its open period. */
  async customer(terms: CustomerTerms = {}): Promise<DoorCustomer> {
    const { pool } = this.gateway;
    const tenant = await createCustomer(pool, { netDays: 14, ...terms });
    const { hold, event } = await runCall(pool, tenant, {
      model: this.model,
      quantities: { input: 1_000_000, output: 10_000 },
      amountNano: 4_000_000_000n,
    });
    return {
      tenant,
      organization: publicId('organization', tenant.organizationId),
      project: publicId('project', tenant.projectId),
      key: publicId('key', tenant.keyId),
      paymentMethod: publicId('paymentMethod', tenant.paymentMethodId),
      request: publicId('request', hold),
      event: publicId('event', event),
    };
  }

  /** A customer's secret that may manage keys. */
  async managementSecret({ tenant, key }: DoorCustomer): Promise<string> {
    await this.make('PATCH', `/admin/v1/keys/${key}`, { scopes: ['inference', 'manage'] });
    return createSecret(this.gateway.pool, tenant.keyId);
  }

  /** The oldest open period of a customer. */
  async period({ organization }: DoorCustomer): Promise<string> {
    const { data } = await this.make<List>('GET', `/finance/v1/organizations/${organization}/periods`);
    return data.find(({ status }) => status === 'open')?.id ?? '';
  }

  /** A draft of a customer of its own, whose period was closed. */
  async draft(): Promise<{ customer: DoorCustomer; invoice: string }> {
    const customer = await this.customer();
    const at = `/finance/v1/organizations/${customer.organization}`;
    await this.make('POST', `${at}/periods/${await this.period(customer)}/close`, { early: true });
    const { data } = await this.make<List>(
      'GET',
      `/finance/v1/invoices?organization=${customer.organization}`,
    );
    return { customer, invoice: data[0]?.id ?? '' };
  }

  async issued(): Promise<{ customer: DoorCustomer; invoice: string }> {
    const draft = await this.draft();
    await this.make('POST', `/finance/v1/invoices/${draft.invoice}/finalize`);
    return draft;
  }

  /** A payer made by the doors alone, with a method of payment. */
  async payer(provider: string, token: string): Promise<{ organization: string; paymentMethod: string }> {
    const { id } = await this.make('POST', '/admin/v1/organizations', { name: 'Payer' });
    const at = `/admin/v1/organizations/${id}/payment-methods`;
    return { organization: id, paymentMethod: (await this.make('POST', at, { provider, token })).id };
  }

  /** The payment of a top-up of ten dollars. */
  async payment(provider: string, token: string): Promise<string> {
    const { organization } = await this.payer(provider, token);
    const topUp = await this.make<{ payment: string }>(
      'POST',
      `/admin/v1/organizations/${organization}/top-ups`,
      {
        amount: '10',
      },
    );
    return topUp.payment;
  }

  /** A movement of the balance at Stripe that the books know nothing of. */
  async movement(): Promise<string> {
    const { id } = this.stripe.state.balance.move({
      type: 'transfer',
      category: 'transfer',
      amount: -900,
      currency: 'usd',
      source: null,
    });
    // Nothing is read from a balance that no payment has reached.
    await this.payment('stripe', 'pm_card_visa');
    await this.gateway.api.app.get(BalanceImport).run();
    return id;
  }

  /** A provider and a deployment that answers, both in the catalogue that calls are routed by. */
  async deployment(): Promise<{ provider: string; slug: string; model: string; deployment: string }> {
    const slug = this.name();
    const { id: provider } = await this.make('POST', '/admin/v1/providers', {
      slug,
      protocol: 'openai-chat',
      base_url: `${this.gateway.simulator.baseUrl}/v1`,
      credential: 'sim-test',
      allow_private_network: true,
    });
    const model = this.name();
    await this.make('POST', '/admin/v1/models', { id: model, context_window: 10, max_output_tokens: 10 });
    const order = { model, provider: slug, upstream_model: 'gpt-5.5' };
    const { id: deployment } = await this.make('POST', '/admin/v1/deployments', order);
    await this.gateway.api.app.get(CatalogService).refresh();
    return { provider, slug, model, deployment };
  }

  async webhookEndpoint(): Promise<{ organization: string; endpoint: string }> {
    const { organization } = await this.customer();
    const { id } = await this.make('POST', `/admin/v1/organizations/${organization}/webhook-endpoints`, {
      url: 'http://127.0.0.1:9/hook',
    });
    return { organization, endpoint: id };
  }

  /** A message of an endpoint that was given up. */
  async delivery(): Promise<{ organization: string; endpoint: string; delivery: string }> {
    const made = await this.webhookEndpoint();
    const at = `/admin/v1/organizations/${made.organization}/webhook-endpoints/${made.endpoint}`;
    await this.make('POST', `${at}/test`);
    const id = uuidv7();
    await this.gateway.pool.query(
      `insert into webhook_delivery (id, endpoint_id, outbox_id, event_type, body, status, closed_at)
       select $1, $2::uuid, o.id, 'webhook.test', '{}', 'failed', now() from outbox o order by o.id desc limit 1`,
      [id, made.endpoint.replace('whe_', '')],
    );
    return { ...made, delivery: publicId('webhookDelivery', id) };
  }

  /** A provider's statement of more than was accrued, not yet accepted. */
  async statement(): Promise<string> {
    const { id } = await this.make('POST', '/finance/v1/provider-statements', {
      provider: this.providerSlug,
      format: 'csv',
      content: this.statementFile(),
    });
    return id;
  }

  /** A file that nobody sent yet. */
  statementFile(): string {
    // Each of a day of its own: two statements of one day cannot both be accepted.
    const day = new Date(Date.UTC(2025, 0, (this.days += 1))).toISOString().slice(0, 10);
    const row = `${day},${this.name()},${this.model.modelId},input,100,5.00,USD`;
    return `day,request_id,model,token_class,quantity,cost,currency\r\n${row}\r\n`;
  }
}
