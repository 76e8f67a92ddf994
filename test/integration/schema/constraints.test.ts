import { createTestDatabase, runSql, type TestDatabase } from '../../support/database.js';
import { EXPECTED_RULES } from './expected-rules.js';

const CONSTRAINTS = `
  select conrelid::regclass::text as of, case contype when 'c' then 'check' else 'exclude' end as kind,
         pg_get_constraintdef(oid) as rule
  from pg_constraint
  where contype in ('c', 'x') and connamespace = 'public'::regnamespace and conrelid <> 0`;

const TRIGGERS = `
  select tgrelid::regclass::text as of, case when tgdeferrable then 'deferred trigger' else 'trigger' end as kind,
         tgname || ' → ' || tgfoid::regproc as rule
  from pg_trigger t join pg_class c on c.oid = t.tgrelid and c.relnamespace = 'public'::regnamespace
  where not tgisinternal`;

const PARTIAL_INDEXES = `
  select indrelid::regclass::text as of, case when indisunique then 'partial unique' else 'partial index' end as kind,
         indexrelid::regclass::text || ' where ' || pg_get_expr(indpred, indrelid) as rule
  from pg_index i join pg_class c on c.oid = i.indrelid and c.relnamespace = 'public'::regnamespace
  where indpred is not null`;

describe('what Prisma cannot say stands in the database', () => {
  let database: TestDatabase;
  let found: string[];

  beforeAll(async () => {
    database = await createTestDatabase();
    const rows = await runSql(
      database.url,
      `${CONSTRAINTS} union all ${TRIGGERS} union all ${PARTIAL_INDEXES}`,
    );
    found = rows.map(({ of, kind, rule }) => `${String(of)} | ${String(kind)} | ${String(rule)}`).sort();
  });
  afterAll(() => database.drop());

  it.each(EXPECTED_RULES)('%s', (rule) => {
    expect(found).toContain(rule);
  });

  it('no statement that every call runs is compiled before it is run', async () => {
    const rows = await runSql(
      database.url,
      `select proname as name from pg_proc where pronamespace = 'public'::regnamespace and 'jit=off' = any (proconfig) order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual(['add_to_promo_rollup', 'place_holds', 'settle_calls']);
  });

  it('no rule is there that this list does not name', () => {
    expect(found.filter((rule) => !EXPECTED_RULES.includes(rule))).toEqual([]);
  });

  it('a usage event is refused unless its lines, written before it or with it, add up to it', async () => {
    const insert = (line: number, event: number) => `
      with id as materialized (select gen_random_uuid() as id), line as (
        insert into usage_event_line (event_id, token_class, quantity, price_version_id, unit_price_pico, amount_nano)
        select id, 'input', ${line}, id, 1000, ${line} from id)
      insert into usage_event (id, request_id, hold_id, organization_id, wallet_id, project_id, api_key_id, provider_id, model_id,
        period_id, occurred_at, priced_at, currency, rated_pico, amount_nano, cost_currency, estimated)
      select id, id, id, id, id, id, id, id, 'm', id, now(), now(), 'USD', ${event} * 1000, ${event}, 'USD', false from id`;
    await expect(runSql(database.url, insert(7, 8))).rejects.toThrow('does not equal the sum of its lines');
    await expect(runSql(database.url, insert(7, 7))).resolves.toEqual([]);
  });

  it('every money column is bigint or numeric', async () => {
    const rows = await runSql(
      database.url,
      `select table_name || '.' || column_name as name, data_type from information_schema.columns
       where table_schema = 'public' and column_name ~ '_(nano|pico|minor)$' and data_type not in ('bigint', 'numeric')`,
    );
    expect(rows).toEqual([]);
  });

  it.each([
    'audit_log',
    'request',
    'attempt',
    'usage_event',
    'usage_event_line',
    'usage_funding',
    'ledger_transaction',
    'ledger_entry',
    'grant_move',
    'credit_note',
    'credit_note_line',
    'credit_note_tax',
    'credit_application',
    'invoice_payment',
    'credited_reversal',
    'package_price',
  ])('%s refuses to be changed or emptied row by row', async (table) => {
    const change = `update ${table} set ${await firstColumn(database.url, table)} = null`;
    // A row trigger needs a row; every other table refuses the statement itself.
    if (table === 'audit_log') await insertAuditRow(database.url);
    await expect(runSql(database.url, change)).rejects.toThrow(/append-only|generated always|identity/i);
    await expect(runSql(database.url, `delete from ${table}`)).rejects.toThrow(/append-only/);
  });
});

async function firstColumn(url: string, table: string): Promise<string> {
  const rows = await runSql(
    url,
    `select column_name from information_schema.columns where table_name = $1 and is_identity = 'NO' order by ordinal_position limit 1`,
    [table],
  );
  return String(rows[0]?.['column_name']);
}

async function insertAuditRow(url: string): Promise<void> {
  await runSql(
    url,
    `insert into audit_log (actor, action, target_kind, target_id, prev_hash, hash) values ('t', 't', 't', 't', '', 'h')`,
  );
}
