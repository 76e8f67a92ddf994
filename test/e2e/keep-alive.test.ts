import type { JsonObject } from '../../src/core/json.js';
import { post } from '../support/calls.js';
import { addCustomer, type Customer } from '../support/customers.js';
import { CHAT_MODEL, MESSAGES_MODEL, startGateway, type TestGateway } from '../support/gateway.js';
import { eventsOf } from '../support/statements.js';

const EVERY_MS = 40;

describe('a stream whose upstream falls silent', () => {
  let gateway: TestGateway;
  let customer: Customer;
  beforeAll(async () => {
    gateway = await startGateway({ env: { STREAM_KEEP_ALIVE_MS: String(EVERY_MS) } });
    customer = await addCustomer(gateway);
  });
  afterAll(() => gateway.close());
  beforeEach(() => gateway.simulator.reset());

  const silent = { stallAfterFrames: 4, stallMs: 8 * EVERY_MS };
  const read = async (path: string, model: string, streamed = true): Promise<string> => {
    gateway.simulator.use({
      times: 1,
      answer: { kind: 'model' },
      pacing: streamed ? silent : { firstByteDelayMs: 200 },
    });
    const body: JsonObject = {
      model,
      max_tokens: 200,
      stream: streamed,
      messages: [{ role: 'user', content: 'Explain attention in one sentence.' }],
    };
    return (await post(customer, path, body)).text();
  };

  it.each([CHAT_MODEL, MESSAGES_MODEL])(
    'row 69: says so in comments to a client of Chat (%s)',
    async (model) => {
      const text = await read('/v1/chat/completions', model);
      expect(text.match(/^: keep-alive$/gm)?.length).toBeGreaterThanOrEqual(2);
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    },
  );

  it.each([CHAT_MODEL, MESSAGES_MODEL])(
    'row 69: says so in pings to a client of Messages (%s)',
    async (model) => {
      const types = eventsOf(await read('/v1/messages', model)).map(({ type }) => type);
      expect(types.filter((type) => type === 'ping').length).toBeGreaterThanOrEqual(2);
      expect([types[0], types.at(-1)]).toEqual(['message_start', 'message_stop']);
    },
  );

  it('row 69: never inside an answer in one piece', async () => {
    expect(JSON.parse(await read('/v1/chat/completions', CHAT_MODEL, false))).toMatchObject({
      object: 'chat.completion',
    });
  });
});
