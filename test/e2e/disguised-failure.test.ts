import { chatBody, post, untilSettled } from '../support/calls.js';
import { CHAT_MODEL, startGateway, type TestGateway } from '../support/gateway.js';

describe('a failure that a vendor sends with status 200', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it.each([
    [1002, 429, 'rate_limit_error'],
    [1004, 502, 'api_error'],
    [2013, 400, 'invalid_request_error'],
    [7777, 502, 'api_error'],
  ])('as base_resp %i is a %i, and nothing is charged', async (code, status, type) => {
    gateway.simulator.reset();
    const body = { base_resp: { status_code: code, status_msg: 'the vendor says no' }, choices: null };
    gateway.simulator.use({ answer: { kind: 'json', status: 200, body } });
    const response = await post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL));
    expect(response.status).toBe(status);
    expect(((await response.json()) as { error: { type: string } }).error.type).toBe(type);
    await untilSettled(gateway);
    const { rows } = await gateway.pool.query('select count(*)::int as events from usage_event');
    expect(rows[0]).toEqual({ events: 0 });
  });
});
