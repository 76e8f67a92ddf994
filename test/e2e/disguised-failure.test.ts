import { chatBody, post, untilSettled } from '../support/calls.js';
import { CHAT_MODEL, startGateway, type TestGateway } from '../support/gateway.js';

describe('a failure that a vendor sends with status 200', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  const CASES: [number, number, string, number][] = [
    [1002, 429, 'rate_limit_error', 3],
    [1004, 502, 'api_error', 1],
    [1008, 502, 'api_error', 1],
    [2013, 400, 'invalid_request_error', 1],
    [7777, 502, 'api_error', 3],
  ];
  const eitherWay = CASES.flatMap((one) => [false, true].map((stream) => [...one, stream] as const));

  it.each(eitherWay)(
    'as base_resp %i is a %i %s, asked %i times, and nothing is charged (stream: %s)',
    async (code, status, type, attempts, stream) => {
      gateway.simulator.reset();
      const body = { base_resp: { status_code: code, status_msg: 'the vendor says no' }, choices: null };
      gateway.simulator.use({ answer: { kind: 'json', status: 200, body } });
      const response = await post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL, { stream }));
      expect(response.status).toBe(status);
      expect(((await response.json()) as { error: { type: string } }).error.type).toBe(type);
      expect(gateway.simulator.journal).toHaveLength(attempts);
      await untilSettled(gateway);
      const { rows } = await gateway.pool.query('select count(*)::int as events from usage_event');
      expect(rows[0]).toEqual({ events: 0 });
    },
  );

  it.each([false, true])('as an error with a status is one of that status (stream: %s)', async (stream) => {
    gateway.simulator.reset();
    const message =
      "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8000 in the messages, 1000 in the completion).";
    const body = { error: { message, code: 400, type: 'invalid_request_error' } };
    gateway.simulator.use({ answer: { kind: 'json', status: 200, body } });
    const response = await post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL, { stream }));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'context_length_exceeded' } });
    expect(gateway.simulator.journal).toHaveLength(1);
  });
});
