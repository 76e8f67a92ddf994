import type { JournalEntry } from '../../src/embedded/simulator/journal.js';
import { untilSettled } from './calls.js';
import type { TestGateway } from './gateway.js';

/** USD nano-units per token of the models that gateway.ts serves: 3, 0.30, 3.75, 6 and 15 dollars per million. */
const NANO = { input: 3_000, cacheRead: 300, cacheWrite5m: 3_750, cacheWrite1h: 6_000, output: 15_000 };

/** A call in the books: its request row, its hold and what it was charged. */
export interface BookedCall {
  status: string;
  http_status: number | null;
  hold: string;
  usage_source: string;
  /** Nano-units as digits; null when the call was not charged. */
  charged: string | null;
  input: string | null;
  cache_read: string | null;
  cache_write_5m: string | null;
  cache_write_1h: string | null;
  output: string | null;
}

const BOOKED = `
  SELECT r.status, r.http_status, h.state AS hold, r.usage_source, e.amount_nano AS charged,
         coalesce(e.input_tokens, 0) AS input, coalesce(e.cache_read_tokens, 0) AS cache_read,
         coalesce(e.cache_write_5m_tokens, 0) AS cache_write_5m,
         coalesce(e.cache_write_1h_tokens, 0) AS cache_write_1h, coalesce(e.output_tokens, 0) AS output
  FROM hold h
  LEFT JOIN request r ON r.id = h.id
  LEFT JOIN usage_event e ON e.request_id = h.id
  WHERE NOT h.id = ANY ($1) ORDER BY h.created_at`;

/** Price of what the simulator says it was used for, worked out without any code of the gateway. */
export function priceByHand({ answer }: JournalEntry): bigint {
  const used = answer.usage ?? answer.modelUsage;
  if (!used) throw new Error('the journal knows no usage of this answer');
  const { input, cacheRead, cacheWrite5m, cacheWrite1h, output } = used;
  return (
    BigInt(input * NANO.input) +
    BigInt(cacheRead * NANO.cacheRead) +
    BigInt(cacheWrite5m * NANO.cacheWrite5m) +
    BigInt(cacheWrite1h * NANO.cacheWrite1h) +
    BigInt(output * NANO.output)
  );
}

/** What one call must have booked whose upstream calls were these: what served is paid, all of it together. */
function expected(entries: JournalEntry[]): BookedCall {
  const served = entries.filter(({ answer }) => answer.finished !== 'refused' && answer.modelUsage);
  if (served.length === 0) {
    const none = { charged: null, input: '0', cache_read: '0', cache_write_5m: '0', cache_write_1h: '0' };
    const failed = { status: 'failed', http_status: expect.any(Number) as number, hold: 'released' };
    return { ...failed, usage_source: 'none', ...none, output: '0' };
  }
  const sum = (part: 'input' | 'cacheRead' | 'cacheWrite5m' | 'cacheWrite1h' | 'output'): string =>
    `${served.reduce((total, { answer }) => total + (answer.modelUsage?.[part] ?? 0), 0)}`;
  return {
    status: 'completed',
    http_status: 200,
    hold: 'settled',
    usage_source: 'provider',
    charged: served.reduce((total, entry) => total + priceByHand(entry), 0n).toString(),
    input: sum('input'),
    cache_read: sum('cacheRead'),
    cache_write_5m: sum('cacheWrite5m'),
    cache_write_1h: sum('cacheWrite1h'),
    output: sum('output'),
  };
}

/**
 * Watches the books of a gateway while one test makes its calls one after the other: afterwards every call has
 * one request row, one closed hold, as many attempts as the upstream saw, and the charge that what served comes to, to
 * the nano-unit.
 */
export class ChargeWatch {
  private known: string[] = [];

  constructor(private readonly gateway: TestGateway) {}

  /** Begins anew, once earlier calls are settled; also empties the simulator's rules and journal. */
  async begin(): Promise<void> {
    await untilSettled(this.gateway);
    this.gateway.simulator.reset();
    const { rows } = await this.gateway.pool.query<{ id: string }>('select id from hold');
    this.known = rows.map(({ id }) => id);
  }

  /** The calls booked since `begin`, once no hold is open. */
  async booked(): Promise<BookedCall[]> {
    await untilSettled(this.gateway);
    return (await this.gateway.pool.query<BookedCall>(BOOKED, [this.known])).rows;
  }

  /** How many upstream calls each call made, in the order of the calls. */
  private async attempts(): Promise<number[]> {
    const { rows } = await this.gateway.pool.query<{ attempts: number }>(
      `select (select count(*)::int from attempt a where a.request_id = h.id) as attempts
       from hold h where not h.id = any ($1) order by h.created_at`,
      [this.known],
    );
    return rows.map(({ attempts }) => attempts);
  }

  /** Fails unless the books hold exactly what the upstream's journal says. */
  async expectExact(): Promise<void> {
    const booked = await this.booked();
    await this.gateway.simulator.idle();
    const journal = [...this.gateway.simulator.journal];
    const calls = (await this.attempts()).map((attempts) => expected(journal.splice(0, attempts)));
    expect(journal).toEqual([]);
    expect(booked).toEqual(calls);
  }
}
