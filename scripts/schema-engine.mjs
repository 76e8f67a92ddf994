#!/usr/bin/env node
/**
 * Prisma's schema engine for authors of migrations. The Prisma CLI wants a native binary that it downloads;
 * this speaks the same JSON-RPC over standard input and output with the WebAssembly build that npm has.
 * Reached through PRISMA_SCHEMA_ENGINE_BINARY (prisma.config.ts). Unix only, for the first line's sake.
 *
 * Arguments: --datamodels FILE… --datasource JSON [cli can-connect-to-database|create-database|drop-database]
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum, bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';

const args = process.argv.slice(2);
const valuesOf = (flag) => args.flatMap((arg, index) => (arg === flag ? [args[index + 1]] : []));
const url = JSON.parse(valuesOf('--datasource')[0] ?? '{}').url ?? process.env.DATABASE_URL;

if (args.includes('--version') || args.includes('-V')) console.log('schema-engine-cli wasm');
else if (args.includes('cli')) await runCommand();
else await serve();

/** One-shot calls; the CLI skips the first line of standard error and reads the others as JSON. */
async function runCommand() {
  process.stderr.write('schema-engine (wasm)\n');
  const database = databaseName();
  try {
    if (args.includes('create-database')) await createDatabase(database);
    else if (args.includes('drop-database')) await queryServer(`drop database if exists ${quote(database)}`);
    else await queryServer('select 1', database);
  } catch (error) {
    const fields = {
      message: error.message || String(error.errors?.[0] ?? error),
      error_code: error.code === '3D000' ? 'P1003' : 'P1001',
    };
    const line = {
      timestamp: new Date().toISOString(),
      level: 'ERROR',
      fields,
      target: 'schema_engine::logger',
    };
    process.stderr.write(`${JSON.stringify(line)}\n`);
    process.exitCode = 1;
  }
}

/** Answers requests, one JSON line each, strictly one after another. */
async function serve() {
  let panic;
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => (panic = message) };
  const { SchemaEngine } = await loadEngine();
  await mendAdapter();
  const shadows = new Map();
  const adapter = createAdapter(shadows);
  const files = valuesOf('--datamodels').map((file) => [file, readFileSync(file, 'utf8')]);
  const engine = await SchemaEngine.new(
    { datamodels: files.length > 0 ? files : undefined },
    () => {},
    bindMigrationAwareSqlAdapterFactory(adapter),
  );
  const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(line);
    if (!method) continue; // an acknowledgement of something we printed
    // Shadows go before the answer does: the CLI ends us as soon as it has what it wants.
    const answer = await call(engine, method, params).then(
      (result) => ({ result: result ?? null }),
      (error) => ({ error: toRpcError(error, panic) }),
    );
    await dropShadows(shadows);
    if (method === 'diff' && typeof answer.result?.stdout === 'string') {
      send({ id: randomUUID(), method: 'print', params: { content: answer.result.stdout } });
    }
    send({ id, ...answer });
  }
  process.exit(0);
}

function toRpcError(error, panic) {
  const message = panic ?? error?.message ?? String(error);
  const data = { is_panic: false, message, meta: error?.meta ?? null, error_code: error?.code ?? null };
  return { code: 4466, message: 'error', data };
}

async function call(engine, method, params) {
  if (method === 'getDatabaseVersion') return engine.version(params);
  if (method === 'createDatabase') {
    await createDatabase(databaseName());
    return { databaseName: databaseName() };
  }
  // The WebAssembly build opens no shadow database for these two, but uses what devDiagnostic has learned.
  if (method === 'evaluateDataLoss' || method === 'createMigration') {
    await engine.devDiagnostic({ migrationsList: params.migrationsList, filters: params.filters });
  }
  return engine[method](params);
}

async function loadEngine() {
  const folder = dirname(
    createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'),
  );
  const glue = await import(pathToFileURL(join(folder, 'schema_engine_bg.js')).href);
  const code = readFileSync(join(folder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(code, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue;
}

/**
 * Two things the adapter, made for an application's queries, gets wrong for migrations: it cuts a script at every
 * semicolon, also inside a function's body, and it refuses the catalogue's internal type "char" (oid 18).
 */
async function mendAdapter() {
  const connection = await new PrismaPg(new pg.Pool({ max: 1 })).connect();
  const adapterPrototype = Object.getPrototypeOf(connection);
  adapterPrototype.executeScript = async function (script) {
    await this.client.query(script).catch((error) => this.onError(error));
  };
  passCharAsCharacter(Object.getPrototypeOf(adapterPrototype));
}

function passCharAsCharacter(prototype) {
  const CHAR_OID = 18;
  const BPCHAR_OID = 1042;
  const queryRaw = prototype.queryRaw;
  prototype.queryRaw = async function (query) {
    const charColumns = [];
    const self = Object.create(this);
    self.performIO = async (statement) => {
      const result = await this.performIO(statement);
      result.fields.forEach((field, index) => {
        if (field.dataTypeID !== CHAR_OID) return;
        charColumns.push(index);
        field.dataTypeID = BPCHAR_OID;
      });
      return result;
    };
    const result = await queryRaw.call(self, query);
    for (const index of charColumns) result.columnTypes[index] = ColumnTypeEnum.Character;
    return result;
  };
}

/**
 * The URL is split into fields: given a connection string, `connectToShadowDb` would ignore the database name
 * and replay every migration on the main database.
 */
function createAdapter(shadows) {
  const fields = url ? parseIntoClientConfig(url) : {};
  const adapter = new PrismaPg(fields);
  adapter.connectToShadowDb = async () => {
    const database = `prisma_migrate_shadow_db_${randomUUID()}`;
    await queryServer(`create database ${quote(database)}`);
    const shadow = await new PrismaPg({ ...fields, database }).connect();
    shadows.set(database, shadow);
    return shadow;
  };
  return adapter;
}

/** Disposing of a shadow's connection, which the engine does, leaves the database itself behind. */
async function dropShadows(shadows) {
  for (const [database, shadow] of shadows) {
    shadows.delete(database);
    await shadow.dispose().catch(() => undefined);
    await queryServer(`drop database if exists ${quote(database)} with (force)`);
  }
}

async function createDatabase(database) {
  await queryServer(`create database ${quote(database)}`).catch((error) => {
    if (error.code !== '42P04') throw error; // it exists
  });
}

async function queryServer(sql, database = 'postgres') {
  const client = new pg.Client({ ...parseIntoClientConfig(url), database });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

function databaseName() {
  return decodeURIComponent(new URL(url).pathname.slice(1));
}

function quote(identifier) {
  return `"${identifier.replaceAll('"', '""')}"`;
}
