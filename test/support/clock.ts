import type { Pool } from 'pg';

/**
 * Sets the clock of one test database. Everything about money asks `billing_now()`, so the test moves that one
 * function: time goes on from the instant given at its usual speed. No code of the product is replaced.
 */
export async function travelTo(pool: Pool, instant: string): Promise<void> {
  const rows = await pool.query<{ offset: string }>(
    `select extract(epoch from $1::timestamptz - clock_timestamp())::text as offset`,
    [instant],
  );
  const offset = rows.rows[0]?.offset ?? '0';
  if (!/^-?\d+(\.\d+)?$/.test(offset)) throw new Error(`no such instant: ${instant}`);
  await pool.query(
    `create or replace function billing_now() returns timestamptz language sql volatile parallel safe
     as 'select clock_timestamp() + interval ''${offset} seconds'''`,
  );
}
