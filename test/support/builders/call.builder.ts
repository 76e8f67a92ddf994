import type { Pool } from 'pg';
import { uuidv7 } from '../../../src/core/ids.js';
import { roundPicoToNano } from '../../../src/core/money.js';
import type { TokenClass } from '../../../src/core/token-usage.js';
import type { TestModel } from './catalog.builder.js';
import type { Tenant } from './tenant.builder.js';

export type Quantities = Partial<Record<TokenClass, number>>;

/** What the settlement function is given for one call; the shape is written above settle_calls. */
export type CallJson = Record<string, unknown> & { hold: string; release: boolean; amount: string };

const PROCESS = '00000000-0000-7000-8000-000000000001';

export interface HoldRequest {
  keyId: string;
  model: TestModel;
  amountNano: bigint;
  id?: string;
}

/** JSON with bigints as plain digits in strings, which PostgreSQL reads into bigint columns. */
const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? member.toString() : member));

/** Places holds in one batch; returns each id with its outcome. */
export async function placeHolds(
  pool: Pool,
  requests: HoldRequest[],
  { ttl = '15 minutes', processId = PROCESS } = {},
): Promise<{ hold: string; outcome: string }[]> {
  const items = requests.map(({ keyId, model, amountNano, id }) => ({
    id: id ?? uuidv7(),
    key: keyId,
    amount: amountNano,
    protocol: 'openai-chat',
    streamed: false,
    model_requested: model.modelId,
    model: model.modelId,
    deployment: model.deploymentId,
    provider: model.providerId,
    priced_at: new Date().toISOString(),
  }));
  const { rows } = await pool.query<{ hold: string; outcome: string }>(
    'select hold_id as hold, outcome from place_holds($1, $2::interval, $3::jsonb)',
    [processId, ttl, toJson(items)],
  );
  return rows;
}

/** The settlement of a call that used these quantities, priced as the model is. */
export function settlementOf(
  hold: string,
  model: TestModel,
  quantities: Quantities,
  over: Record<string, unknown> = {},
): CallJson {
  const lines = model.prices.flatMap((price) => {
    const quantity = BigInt(quantities[price.tokenClass] ?? 0);
    if (quantity === 0n) return [];
    return [
      {
        class: price.tokenClass,
        quantity,
        price: price.listId,
        pico: price.listPico,
        amount: roundPicoToNano(quantity * price.listPico),
        cost_price: price.costId,
        cost: roundPicoToNano(quantity * price.costPico),
      },
    ];
  });
  const sum = (pick: (line: (typeof lines)[number]) => bigint) =>
    lines.reduce((total, line) => total + pick(line), 0n).toString();
  const call = {
    hold,
    release: false,
    event: uuidv7(),
    occurred_at: new Date().toISOString(),
    rated_pico: sum((line) => line.quantity * line.pico),
    amount: sum((line) => line.amount),
    cost: sum((line) => line.cost),
    estimated: false,
    raw_usage: null,
    tokens: {
      input: quantities.input,
      cache_read: quantities.cache_read,
      output: quantities.output,
      searches: quantities.search,
    },
    lines,
    request: requestOf(model, 'completed', 200),
    attempts: [
      attemptOf(
        model,
        'served',
        sum((line) => line.cost),
      ),
    ],
    ...over,
  };
  return JSON.parse(toJson(call)) as CallJson;
}

/** The end of a call that is not charged; its one attempt cost so many nano. */
export function releaseOf(hold: string, model: TestModel, cost = '0'): CallJson {
  return {
    hold,
    release: true,
    amount: '0',
    request: requestOf(model, 'failed', 502),
    attempts: [attemptOf(model, 'failed', cost)],
  };
}

const requestOf = (model: TestModel, status: string, httpStatus: number) => ({
  status,
  http_status: httpStatus,
  usage_source: status === 'completed' ? 'provider' : 'none',
  started_at: new Date().toISOString(),
  first_token_ms: 12,
  duration_ms: 34,
  deployment: model.deploymentId,
  provider: model.providerId,
});

/** An attempt as the settlement function is given it; the first of its call. */
export const attemptOf = (model: TestModel, outcome: string, cost: string) => ({
  seq: 1,
  deployment: model.deploymentId,
  provider: model.providerId,
  upstream_model: model.modelId,
  outcome,
  status: outcome === 'served' ? 200 : 502,
  cost,
  duration_ms: 30,
});

/** Ends calls; returns each with what became of it. */
export async function settleCalls(
  pool: Pool,
  calls: CallJson[],
): Promise<{ hold: string; outcome: string; charged: bigint; absorbed: bigint }[]> {
  const { rows } = await pool.query<{ hold: string; outcome: string; charged: string; absorbed: string }>(
    'select hold_id as hold, outcome, charged_nano as charged, absorbed_nano as absorbed from settle_calls($1::jsonb)',
    [JSON.stringify(calls)],
  );
  return rows.map((row) => ({ ...row, charged: BigInt(row.charged), absorbed: BigInt(row.absorbed) }));
}

/** One whole call: held, then settled. Returns its hold, its event and its charge. */
export async function runCall(
  pool: Pool,
  tenant: Pick<Tenant, 'keyId'>,
  { model, quantities, amountNano }: { model: TestModel; quantities: Quantities; amountNano?: bigint },
): Promise<{ hold: string; event: string; charged: bigint; absorbed: bigint }> {
  const preview = settlementOf('', model, quantities);
  const [placed] = await placeHolds(pool, [
    { keyId: tenant.keyId, model, amountNano: amountNano ?? BigInt(preview.amount) },
  ]);
  if (placed?.outcome !== 'placed') throw new Error(`the hold was refused: ${placed?.outcome}`);
  const [settled] = await settleCalls(pool, [{ ...preview, hold: placed.hold }]);
  if (!settled) throw new Error('nothing was settled');
  return { ...settled, event: preview['event'] as string };
}

/** Takes an event back in full: the negative event, its lines, and the money to the wallet. Returns its id. */
export async function reverseEvent(pool: Pool, eventId: string): Promise<string> {
  const id = uuidv7();
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(
      `insert into usage_event_line (event_id, token_class, quantity, price_version_id, unit_price_pico, amount_nano,
         absorbed_nano, cost_price_version_id, cost_nano)
       select $2, token_class, -quantity, price_version_id, unit_price_pico, -amount_nano, -absorbed_nano,
         cost_price_version_id, -cost_nano from usage_event_line where event_id = $1`,
      [eventId, id],
    );
    await client.query(
      `insert into usage_event (id, kind, request_id, reverses_id, organization_id, wallet_id, project_id, api_key_id, provider_id,
         model_id, period_id, occurred_at, priced_at, input_tokens, cache_read_tokens, output_tokens, currency, rated_pico,
         amount_nano, absorbed_nano, cost_nano, cost_currency, estimated)
       select $2, 'reversal', request_id, id, organization_id, wallet_id, project_id, api_key_id, provider_id, model_id, period_id,
         occurred_at, priced_at, -input_tokens, -cache_read_tokens, -output_tokens, currency, -rated_pico, -amount_nano,
         -absorbed_nano, -cost_nano, cost_currency, estimated from usage_event where id = $1`,
      [eventId, id],
    );
    await client.query('insert into usage_pending (event_id) values ($1)', [id]);
    await client.query(
      `update wallet w set balance_nano = w.balance_nano + e.amount_nano from usage_event e
       where e.id = $1 and w.id = e.wallet_id`,
      [eventId],
    );
    await client.query('commit');
  } finally {
    client.release();
  }
  return id;
}
