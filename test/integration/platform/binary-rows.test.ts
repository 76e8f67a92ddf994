import fc from 'fast-check';
import pg from 'pg';
import { BinaryRows } from '../../../src/platform/database/binary-rows.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

/** Whatever PostgreSQL takes as text: no NUL, whole characters. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }).map((value) => value.replaceAll('\0', '')),
  fc.string({ maxLength: 5_000 }),
);
const absent = { nil: undefined };
const row = fc.record({
  id: fc.option(fc.uuid(), absent),
  flag: fc.option(fc.boolean(), absent),
  small: fc.option(fc.integer(), absent),
  large: fc.option(
    fc.oneof(
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
      fc.bigInt({ min: -999n, max: 999n }).map(String),
    ),
    absent,
  ),
  exact: fc.option(fc.bigInt({ min: 0n, max: 10n ** 38n - 1n }).map(String), absent),
  instant: fc.option(
    fc
      .date({ min: new Date('1970-01-01'), max: new Date('2280-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    absent,
  ),
  words: fc.option(text, absent),
  list: fc.option(fc.array(text, { maxLength: 4 }), absent),
  object: fc.option(
    fc.jsonValue({ noUnicodeString: true }).map((value) => ({ value })),
    absent,
  ),
});

describe('rows in the binary form of PostgreSQL', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let oid: number;
  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(`create type sample as (id uuid, flag boolean, small integer, large bigint, exact numeric, instant timestamptz,
                          words text, list text[], object jsonb)`);
    ({ oid } = (await client.query<{ oid: number }>(`select 'sample'::regtype::oid::int as oid`)).rows[0] ?? {
      oid: 0,
    });
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it('are read as the values that were written, whatever these are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (rows) => {
        const writer = new BinaryRows(oid);
        for (const each of rows) {
          writer.row(9, () => {
            writer.uuid(each.id);
            writer.bool(each.flag);
            writer.int4(each.small);
            writer.int8(each.large);
            writer.numeric(each.exact);
            writer.timestamptz(each.instant);
            writer.text(each.words);
            writer.textArray(each.list);
            writer.jsonb(each.object);
          });
        }
        const { rows: read } = await client.query<Record<string, unknown>>(
          `select id, flag, small, large::text, exact::text, instant, words, list, object from unnest($1::sample[])`,
          [writer.bytes()],
        );
        const orNull = (value: unknown): unknown => value ?? null;
        expect(read).toEqual(
          rows.map((each) => ({
            id: orNull(each.id),
            flag: orNull(each.flag),
            small: orNull(each.small),
            large: each.large === undefined ? null : String(each.large),
            exact: orNull(each.exact),
            instant: each.instant === undefined ? null : new Date(each.instant),
            words: orNull(each.words),
            list: orNull(each.list),
            object: orNull(JSON.parse(JSON.stringify(each.object ?? null))),
          })),
        );
      }),
      { numRuns: 300 },
    );
  });

  const rejected: [string, (writer: BinaryRows) => void][] = [
    ['an id that is no UUID', (writer) => writer.uuid('0190-not-a-uuid')],
    ['an id with a letter too many', (writer) => writer.uuid('01a20097-360c-700f-8d2e-32ffd558acg1')],
    ['a count beyond 32 bits', (writer) => writer.int4(2 ** 31)],
    ['half a count', (writer) => writer.int4(0.5)],
    ['an amount that is no number', (writer) => writer.int8('12e')],
    ['an amount beyond 64 bits', (writer) => writer.int8('9223372036854775808')],
    ['half a unit', (writer) => writer.int8(0.5)],
    ['an amount of letters', (writer) => writer.numeric('12ab')],
    ['an amount below zero where none is', (writer) => writer.numeric('-12')],
    ['an instant that is none', (writer) => writer.timestamptz('yesterday')],
  ];
  it.each(rejected)('are not written with %s', (_, write) => {
    const writer = new BinaryRows(1);
    expect(() => writer.row(1, () => write(writer))).toThrow(/./);
  });
});
