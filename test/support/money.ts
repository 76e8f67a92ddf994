import type pg from 'pg';
import { uuidv7 } from '../../src/core/ids.js';
import { systemActor } from '../../src/platform/audit/audit-log.repository.js';
import { BillingServices } from './billing.js';
import type { GatewayWorld } from './gateway.js';

type Books = Pick<GatewayWorld, 'database' | 'pool' | 'tenant'>;

/** Gives the tenant paid credit through the ledger, so that the books stay right. */
export async function giveCredit({ database, tenant }: Books, amountNano: bigint): Promise<void> {
  const services = new BillingServices(database.url);
  try {
    await services.credits.grant(
      {
        organizationId: tenant.organizationId,
        amountNano,
        currency: tenant.currency,
        kind: 'paid',
        reason: 'test',
        idempotencyKey: uuidv7(),
        createdBy: 'test',
      },
      systemActor('test'),
    );
  } finally {
    await services.close();
  }
}

/** Every rule of the books that is broken, before and after all usage is posted; empty while they are right. */
export async function brokenRules({ database }: Pick<GatewayWorld, 'database'>): Promise<string[]> {
  const services = new BillingServices(database.url);
  const look = async () =>
    (await services.audit.run()).flatMap(({ id, title, violations, sample }) =>
      violations > 0 ? [`${id} ${title}: ${violations} (${sample.join(', ')})`] : [],
    );
  try {
    const before = await look();
    await services.rollup.drain();
    return [...before, ...(await look())];
  } finally {
    await services.close();
  }
}

export interface WalletState {
  balanceNano: bigint;
  heldNano: bigint;
}

/** The tenant's wallet as it is now. */
export async function readWallet({ pool, tenant }: Pick<Books, 'pool' | 'tenant'>): Promise<WalletState> {
  const { rows } = await pool.query<{ balance_nano: string; held_nano: string }>(
    'select balance_nano, held_nano from wallet where id = $1',
    [tenant.walletId],
  );
  return { balanceNano: BigInt(rows[0]?.balance_nano ?? 0), heldNano: BigInt(rows[0]?.held_nano ?? 0) };
}

/** What was charged for a call; amounts in nano. */
export interface ChargedCall {
  request_id: string;
  status: string;
  usage_source: string;
  upstream_id: string | null;
  estimated: boolean | null;
  amount_nano: bigint;
  absorbed_nano: bigint;
  input_tokens: number | null;
  output_tokens: number | null;
}

/** Every finished call with its event, oldest first; a call without an event has estimated null and amount 0. */
export async function readCalls(pool: pg.Pool): Promise<ChargedCall[]> {
  const { rows } = await pool.query<Record<string, string> & { estimated: boolean | null }>(
    `select r.id as request_id, r.status, r.usage_source, r.upstream_id, e.estimated, coalesce(e.amount_nano, 0) as amount_nano,
            coalesce(e.absorbed_nano, 0) as absorbed_nano, e.input_tokens, e.output_tokens
     from request r left join usage_event e on e.request_id = r.id order by r.id`,
  );
  return rows.map((row) => ({
    ...(row as unknown as ChargedCall),
    amount_nano: BigInt(row['amount_nano'] ?? 0),
    absorbed_nano: BigInt(row['absorbed_nano'] ?? 0),
    input_tokens: row['input_tokens'] === null ? null : Number(row['input_tokens']),
    output_tokens: row['output_tokens'] === null ? null : Number(row['output_tokens']),
  }));
}

/** One number out of the database. */
export async function readCount(pool: pg.Pool, sql: string, values: unknown[] = []): Promise<number> {
  const { rows } = await pool.query<{ n: string }>(`select (${sql}) as n`, values);
  return Number(rows[0]?.n);
}
