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

  it('no rule is there that this list does not name', () => {
    expect(found.filter((rule) => !EXPECTED_RULES.includes(rule))).toEqual([]);
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
