import type { JsonObject } from '../../src/core/json.js';
import { untilSettled } from '../support/calls.js';
import { CHAT_MODEL, MESSAGES_MODEL, setBalance } from '../support/gateway.js';
import { Statements } from '../support/statements.js';

/** Its context window costs more than an amount can say. */
const DEAR_MODEL = 'test/dear';
/** Pays for a short question and about 600 output tokens, not for 2,000. */
const BALANCE_NANO = 10_000_000n;

describe('a balance that pays for a shorter answer only', () => {
  let world: Statements;
  beforeAll(async () => {
    world = await Statements.start('standard', [
      {
        id: DEAR_MODEL,
        protocol: 'anthropic-messages',
        upstreamModel: 'claude-opus-4-8',
        prices: { input: 10n ** 18n, output: 1n },
      },
    ]);
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    world.begin();
    // A balance below what is held is refused, and the call before may still hold some.
    await untilSettled(world.gateway);
    await setBalance(world.gateway.pool, world.customer.tenant, BALANCE_NANO);
  });

  const body = (more: JsonObject): JsonObject => ({
    messages: [{ role: 'user', content: 'count 4000 words' }],
    ...more,
  });
  const limitSent = (): number => {
    const { max_tokens, max_completion_tokens } = world.sent;
    expect([max_tokens, max_completion_tokens]).toContain(undefined);
    return Number(max_tokens ?? max_completion_tokens);
  };
  const balance = async (): Promise<bigint> => {
    const query = 'select balance_nano from wallet where id = $1';
    const { rows } = await world.gateway.pool.query<{ balance_nano: string }>(query, [
      world.customer.tenant.walletId,
    ]);
    return BigInt(rows[0]?.balance_nano ?? -1);
  };

  it.each([
    ['chat', CHAT_MODEL, 'max_tokens'],
    ['chat', CHAT_MODEL, 'max_completion_tokens'],
    ['chat', CHAT_MODEL, 'nothing'],
    ['chat', MESSAGES_MODEL, 'max_tokens'],
    ['chat', MESSAGES_MODEL, 'nothing'],
    ['messages', CHAT_MODEL, 'max_tokens'],
    ['messages', MESSAGES_MODEL, 'max_tokens'],
  ] as const)('asks for what it can pay: %s, %s, limited by %s', async (route, model, field) => {
    for (const stream of [false, true]) {
      await setBalance(world.gateway.pool, world.customer.tenant, BALANCE_NANO);
      const limit = field === 'nothing' ? {} : { [field]: 2_000 };
      const answer = await world[route](body({ model, stream, ...limit }));
      expect(answer.status).toBe(200);
      expect(limitSent()).toBeGreaterThan(255);
      expect(limitSent()).toBeLessThan(700);
      expect(answer.headers.get('x-faregate-warnings')).toContain(`max_tokens was lowered to ${limitSent()}`);
      await world.lastRequest();
      const { usage } = world.gateway.simulator.journal.at(-1)?.answer ?? {};
      expect(usage?.output).toBe(limitSent());
      const charged = BigInt(usage?.input ?? 0) * 3_000n + BigInt(usage?.output ?? 0) * 15_000n;
      expect(await balance()).toBe(BALANCE_NANO - charged);
    }
  });

  it('leaves out thinking that no longer fits', async () => {
    const thinking = { type: 'enabled', budget_tokens: 1_024 };
    const answer = await world.messages(body({ model: MESSAGES_MODEL, max_tokens: 2_000, thinking }));
    expect(answer.status).toBe(200);
    expect(world.sent).not.toHaveProperty('thinking');
    expect(answer.headers.get('x-faregate-warnings')).toContain('reasoning was dropped');
  });

  it('refuses when not even 256 tokens fit', async () => {
    await setBalance(world.gateway.pool, world.customer.tenant, 2_000_000n);
    const answer = await world.chat(body({ model: CHAT_MODEL, max_tokens: 2_000 }));
    expect(answer).toMatchObject({ status: 402, json: { error: { code: 'insufficient_balance' } } });
    expect(world.calls).toBe(0);
  });

  it('refuses what costs more than any amount, and whoever asks beside it is served', async () => {
    await setBalance(world.gateway.pool, world.customer.tenant, 10_000_000_000n);
    const dear = body({
      model: DEAR_MODEL,
      max_tokens: 300,
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
    });
    const usual = body({ model: CHAT_MODEL, max_tokens: 300 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => [world.messages(dear), world.chat(usual)]).flat(),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill([402, 200]).flat());
  });
});
