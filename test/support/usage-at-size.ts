import type { Pool } from 'pg';
import type { TestModel } from './builders/catalog.builder.js';
import type { Tenant } from './builders/tenant.builder.js';

/**
 * So many calls of a tenant, put straight into the tables and already posted: two lines each, every tenth paid by promo
 * credit in part, every seventh by no credit. The rules of the tables hold; the ledger is not told.
 */
export async function insertUsage(
  pool: Pool,
  { tenant, model, events, from }: { tenant: Tenant; model: TestModel; events: number; from: string },
): Promise<void> {
  const [input, output] = model.prices;
  if (!input || !output) throw new Error('the model needs two prices');
  const { rows } = await pool.query<{ id: string }>('select open_period($1) as id', [tenant.organizationId]);
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`set local session_replication_role = replica`);
    await client.query(
      `create temp table made on commit drop as
       select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id, n,
         $1::timestamptz + n * interval '1 second' as at, 100 + n % 777 as i, 10 + n % 333 as o
       from generate_series(1, $2::int) n`,
      [from, events],
    );
    await client.query(
      `insert into usage_event (id, request_id, hold_id, organization_id, wallet_id, project_id, api_key_id, provider_id, model_id,
         period_id, occurred_at, priced_at, recorded_at, input_tokens, output_tokens, currency, rated_pico, amount_nano, cost_nano,
         cost_currency, estimated)
       select id, id, id, $1, $2, $3, $4, $5, $6, $7, at, at, at, i, o, $8, i * $9::bigint::numeric + o * $10::bigint::numeric,
         div(i * $9::bigint::numeric + 500, 1000) + div(o * $10::bigint::numeric + 500, 1000), 2 * i + 2 * o, $8, n % 5 = 0 from made`,
      [
        tenant.organizationId,
        tenant.walletId,
        tenant.projectId,
        tenant.keyId,
        model.providerId,
        model.modelId,
        rows[0]?.id,
        tenant.currency,
        input.listPico,
        output.listPico,
      ],
    );
    for (const [price, quantity] of [
      [input, 'i'],
      [output, 'o'],
    ] as const) {
      await client.query(
        `insert into usage_event_line (event_id, token_class, quantity, price_version_id, unit_price_pico, amount_nano, cost_nano)
         select id, $1, ${quantity}, $2, $3::bigint, div(${quantity} * $3::bigint::numeric + 500, 1000), 2 * ${quantity} from made`,
        [price.tokenClass, price.listId, price.listPico],
      );
    }
    await client.query(
      `insert into usage_funding (event_id, funding, amount_nano)
       select e.id, 'prepaid_promo', e.amount_nano / 3 from made m join usage_event e on e.id = m.id where m.n % 10 = 0
       union all
       select e.id, 'postpaid', e.amount_nano / 2 from made m join usage_event e on e.id = m.id where m.n % 7 = 0`,
    );
    await client.query('commit');
    // As autovacuum does after a while; without it every join is planned for empty tables.
    await client.query('analyze');
  } finally {
    client.release();
  }
}
