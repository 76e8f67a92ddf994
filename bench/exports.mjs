// Exports at size: fills a scratch database with usage made by SQL, writes it in every format, each in a process of its
// own, and reports rows per second and the most memory each took. Every file is added up again by a reader that is not its
// writer and compared with the events. `background:FORMAT` goes the whole way of POST /exports: claimed from the table, written
// to EXPORT_DIR, with a manifest, whose hash and sums are compared too. The scratch database is dropped at the end.
//
//   npm run bench:exports -- --rows 10000000 [--formats csv,background:csv,…] [--folder /big/disk] [--keep]
//
// Needs a PostgreSQL server: BENCH_DATABASE_URL, an account that may create databases.
import { createHash, randomBytes } from 'node:crypto';
import { fork } from 'node:child_process';
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createInflateRaw } from 'node:zlib';
import pg from 'pg';

const SECRETS = {
  KEY_PEPPER: randomBytes(32).toString('hex'),
  CREDENTIAL_KEY: randomBytes(32).toString('hex'),
};
const FROM = new Date('2026-10-01T00:00:00Z');
const TO = new Date('2026-11-01T00:00:00Z');
const LINES = 2;
const XLSX_ROWS = 1_000_000;
const FORMATS =
  'csv,jsonl,parquet,focus-1.4,focus-1.2,xlsx,background:csv,background:parquet,background:focus-1.4';
/** Numbered, so that it is the same in every run. */
const EXPORT_ID = '00000000-0000-7000-8000-0000000000ee';
const MAX_RSS_MB = 512;
const dist = (file) => import(new URL(`../dist/${file}`, import.meta.url).href);

/** What a bulk load does better without: rules of rows that are right by construction, and indexes row by row. */
const CHECKS_OFF = `
  create temp table index_kept as
    select c.relname as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i
    join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
    where t.relname in ('usage_event', 'usage_event_line', 'usage_funding') and t.relnamespace = 'public'::regnamespace
      and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid);
  do $$ declare x record; begin
    for x in select name from index_kept loop execute format('drop index %I', x.name); end loop;
    for x in select conname, conrelid::regclass::text as of from pg_constraint
      where contype = 'c' and conrelid in ('usage_event'::regclass, 'usage_event_line'::regclass, 'usage_funding'::regclass)
    loop execute format('alter table %s drop constraint %I', x.of, x.conname); end loop;
  end $$;`;
const INDEXES_AGAIN = `
  do $$ declare x record; begin
    for x in select definition from index_kept loop execute x.definition; end loop;
  end $$;`;

/** Usage of one month: 3 customers, 20 models, two lines a call, each tenth call with promo credit. */
const FILL = (events, from) => `
  set session_replication_role = replica;
  set synchronous_commit = off;
  set maintenance_work_mem = '512MB';
  ${CHECKS_OFF}
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
  ${INDEXES_AGAIN}
  analyze;`;

async function main() {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '200000' },
      formats: { type: 'string', default: FORMATS },
      folder: { type: 'string', default: tmpdir() },
      keep: { type: 'boolean', default: false },
    },
  });
  const server = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL;
  if (!server) throw new Error('BENCH_DATABASE_URL is not set');
  const events = Math.ceil(Number(values.rows) / LINES);
  const name = `faregate_bench_exports_${process.pid}`;
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const folder = mkdtempSync(path.join(values.folder, 'faregate-bench-'));
  await sql(server, `create database ${name}`);
  try {
    const { migrateDatabase } = await dist('platform/database/migrate.js');
    await migrateDatabase(url);
    const started = Date.now();
    await sql(url, FILL(events, FROM));
    console.log(`${events} events, ${events * LINES} lines, filled in ${seconds(started)} s`);
    const table = [];
    for (const lane of values.formats.split(',')) {
      const format = lane.replace('background:', '');
      const file = path.join(folder, lane.replace(':', '-'));
      const share = format === 'xlsx' ? Math.min(1, XLSX_ROWS / (events * LINES)) : 1;
      const result = await inChild({ url, lane, format, file, share, folder: path.join(folder, 'exports') });
      const { sum } = (
        await sql(
          url,
          `select sum(amount_nano)::text as sum from usage_event where recorded_at < '${end(share)}'`,
        )
      ).rows[0];
      await verify(format, result.file, BigInt(sum));
      const stated = result.sums.find(
        ({ name }) => name === (format.startsWith('focus') ? 'ContractedCost' : 'amount'),
      );
      if (nanoOf(stated.sum) !== BigInt(sum))
        throw new Error(`${lane} states ${stated.sum}, the events sum to ${sum}`);
      rmSync(result.file);
      table.push(result);
      console.log(JSON.stringify(result));
    }
    console.log(
      '\n| Format | Rows | Seconds | Rows/s | File, MB | Peak memory, MB | Sum, = events |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    );
    for (const t of table) {
      const sum = t.sums.find(({ name }) => name === 'amount' || name === 'ContractedCost').sum;
      console.log(
        `| ${t.lane} | ${t.rows} | ${t.seconds} | ${Math.round(t.rows / t.seconds)} | ${t.megabytes} | ${t.rssMb} | ${sum} |`,
      );
    }
    if (table.some(({ rssMb }) => rssMb > MAX_RSS_MB)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    if (values.keep) console.log(`kept: ${url}`);
    else await sql(server, `drop database ${name} with (force)`);
  }
}

/** The end of the span that holds a share of the rows. */
const end = (share) => new Date(FROM.getTime() + 30 * 86_400_000 * share).toISOString();
/** Decimal text as nano; what lies behind 9 decimals must be nothing. */
function nanoOf(text) {
  const [whole, decimals = ''] = text.split('.');
  if (/[1-9]/.test(decimals.slice(9))) throw new Error(`${text} is no whole number of nano`);
  return BigInt(whole + decimals.slice(0, 9).padEnd(9, '0'));
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
    child.on('exit', (code) => code === 0 || reject(new Error(`${task.lane} ended with ${code}`)));
    child.send(task);
  });
}

async function work({ url, lane, format, file, share, folder }) {
  const { AppConfig } = await dist('platform/config/app-config.js');
  const { Snapshot } = await dist('platform/database/snapshot.service.js');
  const { ReportsRepository } = await dist('billing/exports/reports.repository.js');
  const { ExportsService } = await dist('billing/exports/exports.service.js');
  const config = new AppConfig({ DATABASE_URL: url, EXPORT_DIR: folder, LOG_LEVEL: 'error', ...SECRETS });
  const service = new ExportsService(new ReportsRepository(new Snapshot(config)));
  const started = Date.now();
  const span = { from: FROM.toISOString(), to: end(share) };
  const done = lane.startsWith('background:')
    ? await inBackground({ url, config, service, format, span, folder })
    : await streamed({ service, format, span, file });
  process.send({
    lane,
    ...done,
    seconds: Number(seconds(started)),
    megabytes: Math.round(statSync(done.file).size / 1e6),
    rssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  });
  process.disconnect();
}

/** As GET /reports/usage does it. */
async function streamed({ service, format, span, file }) {
  let totals;
  const listener = {
    expected: () => undefined,
    progress: () => undefined,
    finished: (found) => (totals = found),
  };
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform: (chunk, _, done) => done(null, (hash.update(chunk), chunk)),
  });
  const report = { from: new Date(span.from), to: new Date(span.to), granularity: 'request', format };
  await pipeline(service.write(report, listener), hashing, createWriteStream(file));
  return { file, rows: totals.rows, sums: totals.sums, sha256: hash.digest('hex') };
}

/** As a worker does what POST /exports has ordered. */
async function inBackground({ url, config, service, format, span, folder }) {
  const { Database } = await dist('platform/database/database.service.js');
  const { BackgroundExportsRepository } = await dist(
    'billing/exports/background/background-exports.repository.js',
  );
  const { DiskExportFiles } = await dist('billing/exports/background/export-files.store.js');
  const { ExportRuns } = await dist('billing/exports/background/export-runs.service.js');
  await sql(url, `delete from export`);
  await sql(
    url,
    `insert into export (id, report, format, parameters, created_by, idempotency_key)
     values ('${EXPORT_ID}', 'usage', '${format}', '${JSON.stringify(span)}', 'bench', 'bench')`,
  );
  const database = new Database(config);
  const files = new DiskExportFiles(config);
  await new ExportRuns(config, service, new BackgroundExportsRepository(database), files).runDue();
  const { rows } = await sql(url, 'select storage_key, manifest, error_message from export');
  await database.onApplicationShutdown();
  const { manifest, storage_key: key, error_message: error } = rows[0];
  if (!manifest) throw new Error(`the export was not written: ${error}`);
  const file = path.join(folder, key);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  const sha256 = hash.digest('hex');
  if (sha256 !== manifest.files[0].sha256) throw new Error('the file is not the one of its manifest');
  const sums = manifest.sums.map(({ column, currency, sum }) => ({ name: column, currency, sum }));
  return { file, rows: manifest.rows, sums, sha256 };
}

/** Adds a file up again with a reader that is not the writer's, and compares with the events. */
async function verify(format, file, amount) {
  const readers = { parquet: sumOfParquet, xlsx: sumOfXlsx };
  const sum = await (readers[format] ?? ((name) => sumOfLines(format, name)))(file);
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

/** The column `amount` of the first sheet, row by row out of the ZIP. */
async function sumOfXlsx(file) {
  let sum = 0n;
  let letters;
  let rest = '';
  for await (const chunk of zipEntry(file, 'xl/worksheets/sheet1.xml')) {
    const rows = (rest + chunk.toString('latin1')).split('</row>');
    rest = rows.pop();
    for (const row of rows) {
      if (letters === undefined)
        letters = />amount</.test(row) && /r="([A-Z]+)1"(?:(?!r=").)*>amount</.exec(row)[1];
      else
        sum += nanoOfNumber(new RegExp(`r="${letters}\\d+"[^>]*>(?:<is><t[^>]*>|<v>)([^<]+)<`).exec(row)[1]);
    }
  }
  return sum;
}

const nanoOfNumber = (text) => BigInt(Math.round(Number(text) * 1e9));

/** The bytes of an entry of a ZIP file, found by its central directory; larger than 4 GiB too. */
function zipEntry(file, name) {
  const size = statSync(file).size;
  const handle = openSync(file);
  const read = (from, length) => {
    const bytes = Buffer.alloc(length);
    readSync(handle, bytes, 0, length, from);
    return bytes;
  };
  const tail = read(Math.max(0, size - 65_536), Math.min(size, 65_536));
  const at = tail.lastIndexOf(Buffer.from(name));
  const header = at - 46;
  let offset = tail.readUInt32LE(header + 42);
  if (offset === 0xffffffff) {
    const extra = at + name.length;
    offset = Number(tail.readBigUInt64LE(extra + 4 + (tail.readUInt16LE(extra + 2) - 8)));
  }
  const local = read(offset, 30);
  const start = offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  const inflate = createInflateRaw();
  // What follows the entry is not part of it: the inflater ends by itself.
  createReadStream(file, { start }).pipe(inflate);
  return inflate;
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
