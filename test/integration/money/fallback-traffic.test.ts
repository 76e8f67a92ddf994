import fc from 'fast-check';
import { CatalogService } from '../../../src/catalog/catalog.service.js';
import type { JsonObject } from '../../../src/core/json.js';
import { roundPicoToNano } from '../../../src/core/money.js';
import { HealthStore } from '../../../src/routing/health.store.js';
import { chatBody, post, untilSettled } from '../../support/calls.js';
import { serveModel, startGateway, type TestGateway } from '../../support/gateway.js';
import { brokenRules, giveCredit } from '../../support/money.js';

/** Models with their upstreams and list prices in pico a token; what providers take is four fifths of that. */
const MODELS = {
  'test/asked': { upstreams: ['asked-1', 'asked-2'], input: 3_000_000n, output: 15_000_000n },
  'test/next': { upstreams: ['next-1'], input: 7_000_000n, output: 21_000_000n },
  'test/last': { upstreams: ['last-1'], input: 500_000n, output: 900_000n },
} as const;
const UPSTREAMS = Object.values(MODELS).flatMap(({ upstreams }) => upstreams);
type Upstream = (typeof UPSTREAMS)[number];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ balanceNano: 0n });
  await giveCredit(gateway, 1_000_000_000_000n);
  const { pool, simulator } = gateway;
  for (const [id, { upstreams, input, output }] of Object.entries(MODELS)) {
    for (const upstreamModel of upstreams)
      await serveModel(pool, {
        id,
        protocol: 'openai-chat',
        upstreamModel,
        baseUrl: `${simulator.baseUrl}/v1`,
        prices: { input, output },
      });
  }
  await pool.query(`update model set fallback_model = 'test/next' where id = 'test/asked'`);
  await pool.query(`update model set fallback_model = 'test/last' where id = 'test/next'`);
  await gateway.api.app.get(CatalogService).refresh();
});
afterAll(() => gateway.close());

interface Row {
  id: string;
  status: string;
  model: string;
  events: number;
  amount: string | null;
  cost: string | null;
  input: number | null;
  output: number | null;
  attempts: { upstream: Upstream; outcome: string; cost: string }[];
}
const ROWS = `select r.id, r.status, r.model_id as model,
    (select count(*)::int from usage_event where request_id = r.id) as events,
    e.amount_nano::text as amount, e.cost_nano::text as cost, e.input_tokens::int as input, e.output_tokens::int as output,
    (select json_agg(json_build_object('upstream', upstream_model, 'outcome', outcome, 'cost', cost_nano::text) order by seq)
     from attempt where request_id = r.id) as attempts
  from request r left join usage_event e on e.request_id = r.id order by r.id`;

const modelOf = (upstream: Upstream): keyof typeof MODELS =>
  (Object.keys(MODELS) as (keyof typeof MODELS)[]).find((id) =>
    (MODELS[id].upstreams as readonly string[]).includes(upstream),
  ) as keyof typeof MODELS;

/** Which upstreams refuse a call, with which status. */
const troubles = fc.record({
  refuses: fc.uniqueArray(
    fc.record({
      upstream: fc.constantFrom(...UPSTREAMS),
      status: fc.constantFrom(401, 429, 500, 503, 529),
      times: fc.constantFrom(1, 9),
    }),
    { selector: ({ upstream }) => upstream, maxLength: 4 },
  ),
  stream: fc.boolean(),
});

describe('traffic that fails over', () => {
  it('bills the model that served and nothing else, and keeps what each attempt cost us', async () => {
    const cases = fc.sample(troubles, { numRuns: 40, seed: 20_261_121 });
    for (const { refuses, stream } of cases) {
      gateway.simulator.reset();
      gateway.api.app.get(HealthStore)['states'].clear();
      for (const { upstream, status, times } of refuses)
        gateway.simulator.use({ match: { model: upstream }, times, answer: { kind: 'error', status } });
      const answer = await post(gateway, '/v1/chat/completions', chatBody('test/asked', { stream }));
      await answer.text();
      await untilSettled(gateway);
      const rows = (await gateway.pool.query<Row>(ROWS)).rows;
      const row = rows.at(-1) as Row;
      // The upstreams' own record of what they were asked, in the order in which they were.
      const asked = gateway.simulator.journal.map(({ body }) => (body as JsonObject)['model']);
      expect(row.attempts.map(({ upstream }) => upstream)).toEqual(asked);
      expect(row.attempts.length).toBeLessThanOrEqual(3);
      const served = row.attempts.filter(({ outcome }) => outcome === 'served');
      expect(served).toHaveLength(answer.status === 200 ? 1 : 0);
      if (!served[0]) {
        expect([row.status, row.events, row.amount]).toEqual(['failed', 0, null]);
        continue;
      }
      expect(served[0]).toBe(row.attempts.at(-1));
      const model = modelOf(served[0].upstream);
      expect([row.model, row.events]).toEqual([model, 1]);
      const { input, output } = MODELS[model];
      const [tokensIn, tokensOut] = [BigInt(row.input ?? 0), BigInt(row.output ?? 0)];
      const price = roundPicoToNano(tokensIn * input) + roundPicoToNano(tokensOut * output);
      expect(BigInt(row.amount ?? 0)).toBe(price);
      const cost =
        roundPicoToNano((tokensIn * input * 4n) / 5n) + roundPicoToNano((tokensOut * output * 4n) / 5n);
      expect(BigInt(served[0].cost)).toBe(cost);
      expect(BigInt(row.cost ?? 0)).toBe(cost);
      for (const { outcome, cost: wasted } of row.attempts)
        if (outcome === 'failed') expect(wasted).toBe('0');
    }
    const all = (await gateway.pool.query<Row>(ROWS)).rows;
    expect(all.some(({ attempts }) => attempts.length === 3)).toBe(true);
    expect(new Set(all.map(({ model }) => model)).size).toBeGreaterThan(1);
    expect(all.some(({ status }) => status === 'failed')).toBe(true);
    expect(await brokenRules(gateway)).toEqual([]);
  });
});
