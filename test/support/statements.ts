import { CatalogService } from '../../src/catalog/catalog.service.js';
import type { CompatibilityProfile } from '../../src/core/compatibility.js';
import { asObject, type JsonObject } from '../../src/core/json.js';
import { post, untilSettled } from './calls.js';
import { addCustomer, type Customer, type CustomerOptions } from './customers.js';
import { serveModel, startGateway, type ServedModel, type TestGateway } from './gateway.js';

/** A model beside those of gateway.ts. Everything not said is as serveModel has it. */
export interface ExtraModel extends Omit<ServedModel, 'baseUrl' | 'protocol'> {
  protocol?: ServedModel['protocol'];
  slug?: string;
  set?: {
    aliases?: string[];
    default_max_tokens?: number;
    max_output_tokens?: number;
    provider?: { eu_native?: boolean; zero_data_retention?: boolean };
    deployment?: { quantization?: string; priority?: number };
  };
}

/** An answer as it stands on the wire. */
export interface WireAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed body; an empty object for a stream. */
  json: JsonObject;
}

/** A gateway with a customer, and what the tests of the vendors' statements do with it. */
export class Statements {
  private constructor(
    readonly gateway: TestGateway,
    readonly customer: Customer,
  ) {}

  static async start(profile: CompatibilityProfile, models: ExtraModel[] = []): Promise<Statements> {
    const gateway = await startGateway();
    for (const model of models) await serve(gateway, model);
    const world = new Statements(gateway, await addCustomer(gateway, { profile }));
    await world.reloadCatalogue();
    return world;
  }

  /** Makes the gateway see what the catalogue holds now. */
  reloadCatalogue(): Promise<void> {
    return this.gateway.api.app.get(CatalogService).refresh();
  }

  close(): Promise<void> {
    return this.gateway.close();
  }

  addCustomer(options: CustomerOptions): Promise<Customer> {
    return addCustomer(this.gateway, options);
  }

  /** Empties the simulator's rules and journal. */
  begin(): void {
    this.gateway.simulator.reset();
  }

  chat(body: JsonObject, customer = this.customer): Promise<WireAnswer> {
    return send(customer, '/v1/chat/completions', body);
  }

  messages(body: JsonObject, customer = this.customer): Promise<WireAnswer> {
    return send(customer, '/v1/messages', body);
  }

  /** Body of the last request that the upstream got. */
  get sent(): JsonObject {
    return asObject(this.gateway.simulator.journal.at(-1)?.body) ?? {};
  }

  /** How many requests the upstream got. */
  get calls(): number {
    return this.gateway.simulator.journal.length;
  }

  /** The request row of the last call, once it is settled. */
  async lastRequest(): Promise<Record<string, unknown>> {
    await untilSettled(this.gateway);
    const query = 'select * from request order by created_at desc limit 1';
    return (await this.gateway.pool.query<Record<string, unknown>>(query)).rows[0] ?? {};
  }
}

/** A raw call; with `headers`, they stand in place of the usual credential. */
export async function send(
  customer: Pick<Customer, 'url' | 'secret'>,
  path: string,
  body: JsonObject,
  headers?: Record<string, string>,
): Promise<WireAnswer> {
  const response = headers
    ? await fetch(`${customer.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    : await post(customer, path, body);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  const json = isJson ? (JSON.parse(text) as JsonObject) : {};
  return { status: response.status, headers: response.headers, text, json };
}

async function serve(gateway: TestGateway, model: ExtraModel): Promise<void> {
  const { protocol = 'openai-chat', slug, set = {}, ...served } = model;
  const version = protocol === 'google-gemini' ? 'v1beta' : 'v1';
  const baseUrl = `${gateway.simulator.baseUrl}/${version}`;
  const { providerId, deploymentId } = await serveModel(gateway.pool, { ...served, protocol, baseUrl });
  const update = async (table: string, id: string, columns: object): Promise<void> => {
    for (const [column, value] of Object.entries(columns))
      await gateway.pool.query(`update ${table} set ${column} = $2 where id = $1`, [id, value]);
  };
  const { aliases = [], provider, deployment, ...columns } = set;
  await update('model', model.id, columns);
  await update('provider', providerId, { ...provider, ...(slug === undefined ? {} : { slug }) });
  await update('deployment', deploymentId, deployment ?? {});
  for (const alias of aliases)
    await gateway.pool.query('insert into model_alias (alias, model_id) values ($1, $2)', [alias, model.id]);
}

/** The frames of an SSE text: the named event, when there is one, and its data. */
export function framesOf(text: string): { event?: string; data: string }[] {
  return text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const event = /^event: (.*)$/m.exec(frame)?.[1];
      const data = /^data: (.*)$/m.exec(frame)?.[1] ?? '';
      return event === undefined ? { data } : { event, data };
    });
}

/** The chunks of a Chat stream, parsed; `[DONE]` is left out. */
export const chunksOf = (text: string): JsonObject[] =>
  framesOf(text)
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => JSON.parse(data) as JsonObject);

/** The named events of a Messages stream, parsed. */
export const eventsOf = (text: string): JsonObject[] =>
  framesOf(text)
    .filter(({ event }) => event !== undefined)
    .map(({ data }) => JSON.parse(data) as JsonObject);
