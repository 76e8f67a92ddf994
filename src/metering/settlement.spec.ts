import fc from 'fast-check';
import { PriceSheet, type PriceVersion } from '../catalog/price.js';
import type { TokenClass } from '../core/token-usage.js';
import { rateParts } from './rate-parts.js';
import { buildSettlement, type AttemptRecord, type CallEnd } from './settlement.js';

const price = (kind: string, tokenClass: TokenClass, unitPricePico: bigint): PriceVersion => ({
  id: `${kind}-${tokenClass}`,
  tokenClass,
  tierFrom: 0,
  unitPricePico,
  currency: 'USD',
  validFromMs: 0,
});
const attempt = (outcome: AttemptRecord['outcome'], more: Partial<AttemptRecord> = {}): AttemptRecord => ({
  deploymentId: 'dep',
  providerId: 'prov',
  upstreamModel: 'up',
  outcome,
  costNano: 58n,
  durationMs: 5,
  ...more,
});
const LIST = new PriceSheet([
  price('list', 'input', 3_333n),
  price('list', 'cache_read', 333n),
  price('list', 'output', 15_000n),
]);
const COST = new PriceSheet([price('cost', 'input', 2_001n), price('cost', 'output', 9_999n)]);
const end = (over: Partial<CallEnd> = {}): CallEnd => {
  const measured: CallEnd['measured'] = over.measured ?? {
    source: 'provider',
    usage: { input: { noCache: 10, cacheRead: 4 }, output: { total: 3 } },
  };
  return {
    requestId: 'request-1',
    eventId: 'event-1',
    status: 'completed',
    charge: true,
    measured,
    rated: rateParts([{ usage: measured.usage, listPrices: LIST, costPrices: COST }]),
    serving: { model: { id: 'm' }, deployment: { id: 'dep', provider: { id: 'prov' } } },
    heldModel: 'm',
    occurredAt: '2026-01-01T00:00:00.000Z',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 9,
    warnings: [],
    attempts: [attempt('served', { status: 200, upstreamId: 'u1' })],
    ...over,
  };
};

type Line = {
  class: string;
  quantity: number;
  pico: string;
  amount: string;
  cost: string;
  cost_price?: string;
};
type Settlement = { amount: string; cost: string; rated_pico: string; lines: Line[] } & Record<
  string,
  unknown
>;
const build = (over: Partial<CallEnd> = {}): Settlement =>
  buildSettlement(end(over)) as unknown as Settlement;

describe('a settlement', () => {
  it('adds up: the amount is the sum of its lines, the cost that of the provider, the rating exact', () => {
    const settlement = build();
    expect(settlement.lines).toEqual([
      {
        class: 'input',
        quantity: 10,
        price: 'list-input',
        pico: '3333',
        amount: '33',
        cost_price: 'cost-input',
        cost: '20',
      },
      // The provider has no price for cache reads, so its input price stands in.
      {
        class: 'cache_read',
        quantity: 4,
        price: 'list-cache_read',
        pico: '333',
        amount: '1',
        cost_price: 'cost-input',
        cost: '8',
      },
      {
        class: 'output',
        quantity: 3,
        price: 'list-output',
        pico: '15000',
        amount: '45',
        cost_price: 'cost-output',
        cost: '30',
      },
    ]);
    expect(settlement).toMatchObject({
      amount: '79',
      cost: '58',
      rated_pico: '79662',
      estimated: false,
      release: false,
    });
  });

  it('is the same each time it is built, and survives the journal unchanged', () => {
    expect(build()).toEqual(build());
    const written = JSON.stringify(build());
    expect(JSON.stringify(JSON.parse(written))).toBe(written);
  });

  it('of a call that is not charged only gives the hold back, with what the provider took for it', () => {
    const settlement = build({
      status: 'failed',
      charge: false,
      attempts: [attempt('failed', { status: 500 })],
    });
    expect(settlement).toMatchObject({ hold: 'request-1', release: true });
    for (const member of ['event', 'amount', 'lines', 'tokens'])
      expect(settlement).not.toHaveProperty(member);
    expect(settlement['attempts']).toMatchObject([{ seq: 1, outcome: 'failed', cost: '58' }]);
  });

  it('books each attempt’s own cost beside it, and names who served', () => {
    const settlement = build({
      attempts: [
        attempt('failed', { status: 503, costNano: 0n }),
        attempt('served', { deploymentId: 'dep-2' }),
      ],
      serving: { model: { id: 'm-2' }, deployment: { id: 'dep-2', provider: { id: 'prov' } } },
    });
    expect(settlement['attempts']).toMatchObject([
      { seq: 1, cost: '0' },
      { seq: 2, cost: '58', deployment: 'dep-2' },
    ]);
    expect(settlement['request']).toMatchObject({
      deployment: 'dep-2',
      model: 'm-2',
      usage_source: 'provider',
    });
  });

  it('says when its figures are an estimate', () => {
    const measured = { source: 'estimate' as const, usage: { input: { noCache: 1 }, output: { total: 1 } } };
    expect(build({ measured })).toMatchObject({ estimated: true, request: { usage_source: 'estimate' } });
  });

  it('never holds a text that PostgreSQL refuses, whatever callers and upstreams send', () => {
    const texts = fc.string({ unit: 'binary' }).map((given) => `${given}\0\ud800`);
    fc.assert(
      fc.property(texts, (given) => {
        const settlement = build({
          endUser: given,
          warnings: [given],
          errorType: given,
          attempts: [attempt('served', { upstreamId: given, errorType: given })],
        });
        expect(JSON.stringify(settlement)).not.toMatch(/\\u0000|\\ud[89a-f]/i);
      }),
    );
  });

  it('keeps ordinary texts as they are', () => {
    expect(build({ endUser: 'Zoë 漢字 😀' })['request']).toMatchObject({ end_user: 'Zoë 漢字 😀' });
  });
});
