// Exports at size: fills a scratch database with usage made by SQL, writes it in every format, each in a process of its
// own, and reports rows per second and the most memory each took. The scratch database is dropped at the end.
//
//   npm run bench:exports -- --rows 10000000 [--formats csv,jsonl,parquet,focus-1.4,xlsx] [--keep]
//
// Needs a PostgreSQL server: BENCH_DATABASE_URL, an account that may create databases.
import { createHash, randomBytes } from 'node:crypto';
import { fork } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';

const SECRETS = {
  KEY_PEPPER: randomBytes(32).toString('hex'),
  CREDENTIAL_KEY: randomBytes(32).toString('hex'),
};
const FROM = new Date('2026-10-01T00:00:00Z');
const TO = new Date('2026-11-01T00:00:00Z');
const LINES = 2;
const XLSX_ROWS = 1_000_000;
const MAX_RSS_MB = 512;
const dist = (file) => import(new URL(`../dist/${file}`, import.meta.url).href);

/** Usage of one month: 3 customers, 20 models, two lines a call, each tenth call with promo credit. */
const FILL = (events, from) => `
  set session_replication_role = replica;
  set synchronous_commit = off;
  insert into organization (id, name, billing_mode) select md5('o' || n)::uuid, 'Customer ' || n, 'postpaid' from generate_series(1, 3) n;
  insert into billing_account (id, organization_id, currency) select md5('b' || n)::uuid, md5('o' || n)::uuid, 'USD' from generate_series(1, 3) n;
  insert into wallet (id, organization_id, currency) select md5('w' || n)::uuid, md5('o' || n)::uuid, 'USD' from generate_series(1, 3) n;
  insert into project (id, organization_id, name) select md5('j' || n)::uuid, md5('o' || n)::uuid, 'main' from generate_series(1, 3) n;
  insert into api_key (id, organization_id, project_id, wallet_id, name)
    select md5('k' || n)::uuid, md5('o' || n)::uuid, md5('j' || n)::uuid, md5('w' || n)::uuid, 'key' from generate_series(1, 3) n;
  insert into billing_period (id, organization_id, starts_at, ends_at)
    select md5('p' || n)::uuid, md5('o' || n)::uuid, '${FROM.toISOString()}', '${TO.toISOString()}' from generate_series(1, 3) n;
  insert into provider (id, slug, name, adapter, protocol, base_url)
    values (md5('v')::uuid, 'bench', 'Bench provider', 'openai', 'openai-chat', 'http://127.0.0.1:9');
  insert into usage_event (id, request_id, hold_id, organization_id, wallet_id, project_id, api_key_id, provider_id, model_id, period_id,
      occurred_at, priced_at, recorded_at, input_tokens, output_tokens, currency, rated_pico, amount_nano, cost_nano, cost_currency, estimated)
    select id, id, id, md5('o' || c)::uuid, md5('w' || c)::uuid, md5('j' || c)::uuid, md5('k' || c)::uuid, md5('v')::uuid,
      'vendor/model-' || n % 20, md5('p' || c)::uuid, at, at, at, 1000 + n % 777, 100 + n % 333, 'USD',
      (1000 + n % 777) * 3000000::numeric + (100 + n % 333) * 15000000::numeric, (1000 + n % 777) * 3000 + (100 + n % 333) * 15000,
      (1000 + n % 777) * 2000 + (100 + n % 333) * 10000, 'USD', false
    from (select n, n % 3 + 1 as c, '${from.toISOString()}'::timestamptz + n * (interval '30 days' / ${events}) as at,
        (lpad(to_hex(n), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid as id
      from generate_series(0::bigint, ${events} - 1) n) x;
  insert into usage_event_line (event_id, token_class, quantity, price_version_id, unit_price_pico, amount_nano, cost_nano)
    select e.id, 'input', e.input_tokens, md5('pi')::uuid, 3000000, e.input_tokens * 3000, e.input_tokens * 2000 from usage_event e
    union all
    select e.id, 'output', e.output_tokens, md5('po')::uuid, 15000000, e.output_tokens * 15000, e.output_tokens * 10000 from usage_event e;
  insert into usage_funding (event_id, funding, amount_nano)
    select id, 'prepaid_promo', amount_nano from usage_event where mod(input_tokens, 10) = 0;
  analyze;`;

async function main() {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '200000' },
      formats: { type: 'string', default: 'csv,jsonl,parquet,focus-1.4,xlsx' },
      keep: { type: 'boolean', default: false },
    },
  });
  const server = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL;
  if (!server) throw new Error('BENCH_DATABASE_URL is not set');
  const events = Math.ceil(Number(values.rows) / LINES);
  const name = `faregate_bench_exports_${process.pid}`;
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const folder = mkdtempSync(path.join(tmpdir(), 'faregate-bench-'));
  await sql(server, `create database ${name}`);
  try {
    const { migrateDatabase } = await dist('platform/database/migrate.js');
    await migrateDatabase(url);
    const started = Date.now();
    await sql(url, FILL(events, FROM));
    console.log(`${events} events, ${events * LINES} lines, filled in ${seconds(started)} s`);
    const { rows } = await sql(
      url,
      'select sum(amount_nano)::text as amount, sum(cost_nano)::text as cost from usage_event',
    );
    const table = [];
    for (const format of values.formats.split(',')) {
      const file = path.join(folder, format);
      const share = format === 'xlsx' ? Math.min(1, XLSX_ROWS / (events * LINES)) : 1;
      const result = await inChild({ url, format, file, share });
      if (share === 1) await verify(format, file, BigInt(rows[0].amount));
      rmSync(file);
      table.push({ ...result, verified: share === 1 });
      console.log(JSON.stringify(table.at(-1)));
    }
    console.log(
      '\n| Format | Rows | Seconds | Rows/s | File, MB | Peak memory, MB |\n| --- | ---: | ---: | ---: | ---: | ---: |',
    );
    for (const t of table) {
      console.log(
        `| ${t.format} | ${t.rows} | ${t.seconds} | ${Math.round(t.rows / t.seconds)} | ${t.megabytes} | ${t.rssMb} |`,
      );
    }
    if (table.some(({ rssMb }) => rssMb > MAX_RSS_MB)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    if (values.keep) console.log(`kept: ${url}`);
    else await sql(server, `drop database ${name} with (force)`);
  }
}

const seconds = (started) => ((Date.now() - started) / 1_000).toFixed(1);

async function sql(url, text) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const answer = await client.query(text);
    return Array.isArray(answer) ? answer.at(-1) : answer;
  } finally {
    await client.end();
  }
}

/** Each format in a process of its own, so that its memory is its own. */
function inChild(task) {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, ['--child'], { stdio: 'inherit' });
    child.on('message', resolve);
    child.on('exit', (code) => code === 0 || reject(new Error(`${task.format} ended with ${code}`)));
    child.send(task);
  });
}

async function work({ url, format, file, share }) {
  const { AppConfig } = await dist('platform/config/app-config.js');
  const { Snapshot } = await dist('platform/database/snapshot.service.js');
  const { ReportsRepository } = await dist('billing/exports/reports.repository.js');
  const { ExportsService } = await dist('billing/exports/exports.service.js');
  const snapshot = new Snapshot(new AppConfig({ DATABASE_URL: url, ...SECRETS }));
  const service = new ExportsService(new ReportsRepository(snapshot));
  const to = new Date(FROM.getTime() + (TO.getTime() - FROM.getTime()) * (30 / 31) * share);
  let totals;
  const listener = { progress: () => undefined, finished: (found) => (totals = found) };
  const started = Date.now();
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform: (chunk, _, done) => done(null, (hash.update(chunk), chunk)),
  });
  const report = { from: FROM, to, granularity: 'request', format };
  await pipeline(service.write(report, listener), hashing, createWriteStream(file));
  process.send({
    format,
    rows: totals.rows,
    seconds: Number(seconds(started)),
    megabytes: Math.round(statSync(file).size / 1e6),
    rssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    sha256: hash.digest('hex'),
  });
  process.disconnect();
}

/** Adds a file up again with a reader that is not the writer's, and compares with the events. */
async function verify(format, file, amount) {
  if (format === 'xlsx') return;
  const sum = format === 'parquet' ? await sumOfParquet(file) : await sumOfLines(format, file);
  if (sum !== amount) throw new Error(`${format} sums to ${sum}, the events to ${amount}`);
}

async function sumOfLines(format, file) {
  let sum = 0n;
  let column = -1;
  // Promo credit makes usage free in effect, so a FOCUS file is added up by what was contracted.
  const name = format.startsWith('focus') ? 'ContractedCost' : 'amount';
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (format === 'jsonl') sum += BigInt(JSON.parse(line).amount.replace('.', ''));
    else {
      const cells = splitCsv(line);
      if (column === -1) column = cells.indexOf(name);
      else sum += BigInt(Math.round(Number(cells[column]) * 1e9));
    }
  }
  return sum;
}

function splitCsv(line) {
  if (!line.includes('"')) return line.split(',');
  return [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted ?? plain,
  );
}

async function sumOfParquet(file) {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetRead } = await import('hyparquet');
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer);
  let sum = 0n;
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    await parquetRead({
      file: buffer,
      metadata,
      columns: ['amount'],
      rowStart,
      rowEnd,
      onComplete: (rows) => rows.forEach(([value]) => (sum += BigInt(Math.round(value * 1e9)))),
    });
    rowStart = rowEnd;
  }
  return sum;
}

if (process.argv.includes('--child')) process.once('message', (task) => void work(task));
else await main();
