import { chatBody, post, untilSettled } from '../support/calls.js';
import { CHAT_MODEL, MESSAGES_MODEL, startGateway, type TestGateway } from '../support/gateway.js';

describe('a call', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it.each([
    ['/v1/chat/completions', CHAT_MODEL],
    ['/v1/chat/completions', MESSAGES_MODEL],
    ['/v1/messages', CHAT_MODEL],
    ['/v1/messages', MESSAGES_MODEL],
  ])('to %s for %s is answered and charged what it used', async (path, model) => {
    const before = await gateway.pool.query<{ balance_nano: string }>('select balance_nano from wallet');
    const response = await post(gateway, path, chatBody(model));
    expect(response.status).toBe(200);
    await untilSettled(gateway);
    const entry = gateway.simulator.journal.at(-1);
    const usage = entry?.answer.usage;
    const expected = BigInt(usage?.input ?? 0) * 3_000n + BigInt(usage?.output ?? 0) * 15_000n;
    const after = await gateway.pool.query<{ balance_nano: string }>('select balance_nano from wallet');
    expect(BigInt(before.rows[0]?.balance_nano ?? 0) - BigInt(after.rows[0]?.balance_nano ?? 0)).toBe(
      expected,
    );
    expect(expected).toBeGreaterThan(0n);
  });
});
