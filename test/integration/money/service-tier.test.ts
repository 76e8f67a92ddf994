import { CatalogService } from '../../../src/catalog/catalog.service.js';
import { post, untilSettled } from '../../support/calls.js';
import { serveModel, startGateway, type TestGateway } from '../../support/gateway.js';
import { brokenRules, giveCredit } from '../../support/money.js';
import { RawUpstream } from '../../support/raw-upstream.js';
import { createPrice } from '../../support/builders/catalog.builder.js';

// 3 dollars per million of input and 15 of output; flex takes half of the input's, priority twice.
const MODEL = 'test/tiers';
const upstream = new RawUpstream();
let gateway: TestGateway;
let providerId: string;

beforeAll(async () => {
  gateway = await startGateway({ balanceNano: 0n });
  await giveCredit(gateway, 1_000_000_000_000n);
  const baseUrl = await upstream.listen();
  ({ providerId } = await serveModel(gateway.pool, {
    id: MODEL,
    protocol: 'openai-chat',
    adapter: 'openai-compatible',
    upstreamModel: 'tiers',
    baseUrl,
  }));
  const price = { modelId: MODEL, providerId, tokenClass: 'input' as const, currency: 'USD' };
  for (const [serviceTier, pico] of [
    ['flex', 1_500_000n],
    ['priority', 6_000_000n],
  ] as const) {
    await createPrice(gateway.pool, { ...price, kind: 'list', pico, serviceTier });
    await createPrice(gateway.pool, { ...price, kind: 'cost', pico: (pico * 4n) / 5n, serviceTier });
  }
  await gateway.api.app.get(CatalogService).refresh();
});
afterAll(async () => {
  upstream.close();
  await gateway.close();
});

const USAGE = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 };
const plain = (text: string, type: string) => [
  `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
];
const whole = (more: object, usage: object = USAGE) =>
  plain(
    JSON.stringify({
      id: 'c1',
      object: 'chat.completion',
      model: 'tiers',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hi' } }],
      usage,
      ...more,
    }),
    'application/json',
  );
const streamed = (more: object) => {
  const chunk = (fields: object) =>
    `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', model: 'tiers', ...more, ...fields })}\n\n`;
  return plain(
    `${chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: 'hi' } }] })}${chunk({
      choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
    })}${chunk({ choices: [], usage: USAGE })}data: [DONE]\n\n`,
    'text/event-stream',
  );
};
interface Charged {
  charged: string;
  cost: string;
  raw: Record<string, string> | null;
  held: string;
}
const ask = async (pieces: string[], stream = false): Promise<Charged> => {
  upstream.pieces = pieces;
  const body = {
    model: MODEL,
    max_tokens: 100,
    stream,
    messages: [{ role: 'user', content: 'hi '.repeat(500) }],
  };
  const answer = await post(gateway, '/v1/chat/completions', body);
  expect(answer.status).toBe(200);
  await answer.text();
  await untilSettled(gateway);
  const { rows } = await gateway.pool.query<Charged>(
    `select e.amount_nano::text as charged, e.cost_nano::text as cost, e.raw_usage as raw, h.amount_nano::text as held
     from usage_event e join hold h on h.id = e.hold_id order by e.recorded_at desc limit 1`,
  );
  return rows[0] as Charged;
};

it.each([
  ['default', 4_500_000n, 'standard'],
  ['flex', 3_000_000n, 'flex'],
  ['priority', 7_500_000n, 'priority'],
  ['performance', 4_500_000n, undefined],
])('a call served as %s is charged and booked at the prices of that tier', async (tier, nano, known) => {
  for (const stream of [false, true]) {
    const pieces = stream ? streamed({ service_tier: tier }) : whole({ service_tier: tier });
    const call = await ask(pieces, stream);
    expect([BigInt(call.charged), BigInt(call.cost)]).toEqual([nano, (nano * 4n) / 5n]);
    expect(BigInt(call.held) >= nano).toBe(true);
    expect(call.raw?.['service_tier']).toBe(known);
  }
  expect(await brokenRules(gateway)).toEqual([]);
});

it('what the vendor says it takes is kept, and nobody is charged by it', async () => {
  const openrouter = await ask(whole({}, { ...USAGE, cost: 0.00412 }));
  expect(openrouter).toMatchObject({
    charged: '4500000',
    cost: '3600000',
    raw: { cost: '0.004120000', cost_currency: 'USD' },
  });
  const xai = await ask(whole({}, { ...USAGE, cost_in_usd_ticks: 36_000_000 }));
  expect(xai.raw).toMatchObject({ cost: '0.003600000' });
  expect((await ask(whole({}))).raw).toBeNull();
});
