// How fast the worker turns settled calls into rollups and ledger entries, and whether that stays so as the queue grows: fills a
// scratch database with so many waiting events, drains the queue with the product's own service, and compares what it posted with
// the events. One database for each size; dropped at the end.
//
//   npm run bench:rollup -- [--events 10000,100000,500000,2000000] [--batch 2000] [--old-snapshot]
//
// --old-snapshot: another connection keeps a snapshot from before the drain, as a long export does.
// Needs a PostgreSQL server: BENCH_DATABASE_URL, an account that may create databases.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import pg from 'pg';

const SECRETS = {
  KEY_PEPPER: randomBytes(32).toString('hex'),
  CREDENTIAL_KEY: randomBytes(32).toString('hex'),
};
const CUSTOMERS = 20;
const MODELS = 10;
/** The goal, on the bench machine. */
const GOAL = 10_000;
const dist = (file) => import(new URL(`../dist/${file}`, import.meta.url).href);

/** Calls of an hour for each 100,000: 20 customers, 10 models, two lines a call; half of the customers have bought credit. */
const FILL = (events) => `
  set session_replication_role = replica;
  set synchronous_commit = off;
  insert into organization (id, name) select md5('o' || n)::uuid, 'Customer ' || n from generate_series(1, ${CUSTOMERS}) n;
  insert into billing_account (id, organization_id, currency)
    select md5('b' || n)::uuid, md5('o' || n)::uuid, 'USD' from generate_series(1, ${CUSTOMERS}) n;
  insert into wallet (id, organization_id, currency) select md5('w' || n)::uuid, md5('o' || n)::uuid, 'USD' from generate_series(1, ${CUSTOMERS}) n;
  insert into project (id, organization_id, name) select md5('j' || n)::uuid, md5('o' || n)::uuid, 'main' from generate_series(1, ${CUSTOMERS}) n;
  insert into api_key (id, organization_id, project_id, wallet_id, name)
    select md5('k' || n)::uuid, md5('o' || n)::uuid, md5('j' || n)::uuid, md5('w' || n)::uuid, 'key' from generate_series(1, ${CUSTOMERS}) n;
  insert into billing_period (id, organization_id, starts_at, ends_at)
    select md5('p' || n)::uuid, md5('o' || n)::uuid, '2026-10-01Z', '2026-11-01Z' from generate_series(1, ${CUSTOMERS}) n;
  insert into provider (id, slug, name, adapter, protocol, base_url)
    values (md5('v')::uuid, 'bench', 'Bench provider', 'openai', 'openai-chat', 'http://127.0.0.1:9');
  insert into sku (kind, model_id, token_class, currency) values ('list', 'vendor/model-0', 'input', 'USD'), ('list', 'vendor/model-0', 'output', 'USD');
  insert into price_version (id, sku_id, unit_price_pico, valid, source, created_by)
    select case token_class when 'input' then md5('pi')::uuid else md5('po')::uuid end, id, 3000000, '[2026-01-01,)', 'bench', 'bench' from sku;
  insert into credit_grant (id, organization_id, wallet_id, kind, amount_nano, priority, reason, idempotency_key, created_by)
    select md5('g' || n)::uuid, md5('o' || n)::uuid, md5('w' || n)::uuid, 'paid', 1000000000000000, 30, 'bench', 'g' || n, 'bench'
    from generate_series(1, ${CUSTOMERS / 2}) n;
  insert into grant_balance (grant_id, wallet_id, remaining_nano)
    select id, wallet_id, amount_nano from credit_grant on conflict do nothing;
  insert into usage_event (id, request_id, hold_id, organization_id, wallet_id, project_id, api_key_id, provider_id, model_id, period_id,
      occurred_at, priced_at, recorded_at, input_tokens, output_tokens, currency, rated_pico, amount_nano, cost_nano, cost_currency, estimated)
    select id, id, id, md5('o' || c)::uuid, md5('w' || c)::uuid, md5('j' || c)::uuid, md5('k' || c)::uuid, md5('v')::uuid,
      'vendor/model-' || n % ${MODELS}, md5('p' || c)::uuid, at, at, at, 1000 + n % 777, 100 + n % 333, 'USD',
      (1000 + n % 777) * 3000000::numeric + (100 + n % 333) * 15000000::numeric, (1000 + n % 777) * 3000 + (100 + n % 333) * 15000,
      (1000 + n % 777) * 2000 + (100 + n % 333) * 10000, 'USD', false
    from (select n, (n * 7919) % ${CUSTOMERS} + 1 as c, '2026-10-01Z'::timestamptz + n * interval '36 milliseconds' as at,
        (lpad(to_hex((extract(epoch from timestamptz '2026-10-01Z') * 1000)::bigint + n * 36), 12, '0') || '7' || substr(md5(n::text), 1, 3)
          || '8' || substr(md5(n::text), 4, 15))::uuid as id
      from generate_series(1::bigint, ${events}) n) x;
  insert into usage_event_line (event_id, token_class, quantity, price_version_id, unit_price_pico, amount_nano, cost_nano)
    select e.id, 'input', e.input_tokens, md5('pi')::uuid, 3000000, e.input_tokens * 3000, e.input_tokens * 2000 from usage_event e
    union all
    select e.id, 'output', e.output_tokens, md5('po')::uuid, 15000000, e.output_tokens * 15000, e.output_tokens * 10000 from usage_event e;
  insert into usage_pending (event_id) select id from usage_event;
  vacuum analyze usage_pending;
  analyze;`;

async function main() {
  const { values } = parseArgs({
    options: {
      events: { type: 'string', default: '10000,100000,500000,2000000' },
      batch: { type: 'string', default: '2000' },
      'old-snapshot': { type: 'boolean', default: false },
    },
  });
  const server = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL;
  if (!server) throw new Error('BENCH_DATABASE_URL is not set');
  const rows = [];
  for (const events of values.events.split(',').map(Number)) {
    rows.push(await measure(server, { events, batch: values.batch, oldSnapshot: values['old-snapshot'] }));
    console.log(JSON.stringify(rows.at(-1)));
  }
  console.log(
    '\n| Events | Seconds | Events/s | First tenth | Last tenth |\n| ---: | ---: | ---: | ---: | ---: |',
  );
  for (const row of rows) {
    console.log(
      `| ${row.events} | ${row.seconds} | ${row.perSecond} | ${row.first ?? '–'} | ${row.last ?? '–'} |`,
    );
  }
  if (rows.some(({ perSecond }) => perSecond < GOAL)) process.exitCode = 1;
}

async function measure(server, { events, batch, oldSnapshot }) {
  const name = `faregate_bench_rollup_${process.pid}_${events}`;
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  await run(server, `create database ${name}`);
  try {
    const { migrateDatabase } = await dist('platform/database/migrate.js');
    await migrateDatabase(url);
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    for (const statement of FILL(events).split(/;\s*$/m)) if (statement.trim()) await client.query(statement);
    await client.query('checkpoint').catch(() => undefined);
    await client.query('set session_replication_role = origin');
    if (oldSnapshot)
      await client.query('begin isolation level repeatable read; select count(*) from usage_pending');
    const result = await drain(url, batch, events);
    if (oldSnapshot) await client.query('commit');
    await check(client);
    await client.end();
    return { events, ...result };
  } finally {
    await run(server, `drop database ${name} with (force)`);
  }
}

/** Drains the queue and notes when each tenth of it was done. */
async function drain(url, batch, events) {
  const { AppConfig } = await dist('platform/config/app-config.js');
  const { Database } = await dist('platform/database/database.service.js');
  const { LedgerRepository } = await dist('billing/ledger/ledger.repository.js');
  const { LedgerService } = await dist('billing/ledger/ledger.service.js');
  const { RollupRepository } = await dist('billing/rollup/rollup.repository.js');
  const { RollupService } = await dist('billing/rollup/rollup.service.js');
  const config = new AppConfig({ DATABASE_URL: url, ROLLUP_BATCH: batch, LOG_LEVEL: 'error', ...SECRETS });
  const database = new Database(config);
  const ledger = new LedgerRepository();
  const service = new RollupService(
    config,
    database,
    new RollupRepository(),
    ledger,
    new LedgerService(ledger),
  );
  const started = performance.now();
  const marks = [];
  let done = 0;
  const total = await service.drain((count) => {
    done += count;
    marks.push([done, performance.now() - started]);
    return Promise.resolve(false);
  });
  const ms = performance.now() - started;
  await database.onApplicationShutdown();
  if (total !== events) throw new Error(`${total} of ${events} events were posted`);
  // Rates between whole batches.
  const markAt = (share) => marks.find(([count]) => count >= events * share) ?? marks.at(-1);
  const rate = ([before, begun], [after, ended]) =>
    after === before ? undefined : Math.round(((after - before) * 1_000) / (ended - begun));
  return {
    seconds: Number((ms / 1_000).toFixed(1)),
    perSecond: Math.round(events / (ms / 1_000)),
    first: rate([0, 0], markAt(0.1)),
    last: rate(markAt(0.89), marks.at(-1)),
  };
}

/** What was posted is what was settled. */
async function check(client) {
  const { rows } = await client.query(
    `select (select sum(amount_nano) from usage_event)::text as events, (select sum(amount_nano) from usage_rollup)::text as rollups,
       (select -sum(e.amount_nano) from ledger_entry e join ledger_account a on a.id = e.account_id where a.kind = 'revenue')::text as ledger,
       (select count(*) from usage_pending)::int as left`,
  );
  const [{ events, rollups, ledger, left }] = rows;
  if (events !== rollups || events !== ledger || left !== 0)
    throw new Error(`events ${events}, rollups ${rollups}, ledger ${ledger}, ${left} left`);
}

async function run(url, text) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

await main();
