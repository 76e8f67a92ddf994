import type { TestGateway } from './gateway.js';

/** What a refused call must not have touched. */
export interface Books {
  balance: string;
  held: string;
  holds: number;
  requests: number;
  attempts: number;
  events: number;
  /** Calls that reached the upstream. */
  upstreamCalls: number;
}

/** The tenant's money and every row that calls write, as they are now. */
export async function readBooks(gateway: TestGateway): Promise<Books> {
  const { rows } = await gateway.pool.query<Omit<Books, 'upstreamCalls'>>(
    `select w.balance_nano::text as balance, w.held_nano::text as held,
       (select count(*)::int from hold) as holds, (select count(*)::int from request) as requests,
       (select count(*)::int from attempt) as attempts, (select count(*)::int from usage_event) as events
     from wallet w where w.id = $1`,
    [gateway.tenant.walletId],
  );
  return { ...(rows[0] as Omit<Books, 'upstreamCalls'>), upstreamCalls: gateway.simulator.journal.length };
}
