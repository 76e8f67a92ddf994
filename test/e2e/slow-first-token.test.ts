import { chatBody, post } from '../support/calls.js';
import { CHAT_MODEL, MESSAGES_MODEL, startGateway, type TestGateway } from '../support/gateway.js';
import { eventsOf } from '../support/statements.js';

const HELD_MS = 60;
const EVERY_MS = 40;
const SLOW = { firstByteDelayMs: 10 * HELD_MS };

describe('a stream whose first token is slow', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const env = { STATUS_HELD_MS: String(HELD_MS), STREAM_KEEP_ALIVE_MS: String(EVERY_MS) };
    gateway = await startGateway({ env });
  });
  afterAll(() => gateway.close());
  beforeEach(() => gateway.simulator.reset());

  const call = async (path: string, model: string) => {
    const startedAt = performance.now();
    const body =
      path === '/v1/responses'
        ? { model, input: 'Say five words.', stream: true }
        : chatBody(model, { stream: true });
    const response = await post(gateway, path, body);
    const statusAfterMs = performance.now() - startedAt;
    return { response, statusAfterMs, text: await response.text() };
  };

  it.each([
    ['/v1/chat/completions', CHAT_MODEL],
    ['/v1/chat/completions', MESSAGES_MODEL],
    ['/v1/responses', CHAT_MODEL],
  ])('gets its status and comments while it waits on %s with %s', async (path, model) => {
    gateway.simulator.use({ times: 1, answer: { kind: 'model' }, pacing: SLOW });
    const { response, statusAfterMs, text } = await call(path, model);
    expect([response.status, response.headers.get('x-faregate-provider')]).toEqual([200, null]);
    expect(statusAfterMs).toBeLessThan(SLOW.firstByteDelayMs);
    expect(text.indexOf(': keep-alive')).toBe(0);
    expect(text.match(/^: keep-alive$/gm)?.length).toBeGreaterThanOrEqual(3);
    expect(text).toMatch(/\[DONE\]|response\.completed/);
  });

  it.each([CHAT_MODEL, MESSAGES_MODEL])('gets pings on Messages with %s', async (model) => {
    gateway.simulator.use({ times: 1, answer: { kind: 'model' }, pacing: SLOW });
    const types = eventsOf((await call('/v1/messages', model)).text).map(({ type }) => type);
    expect(types[0]).toBe('ping');
    expect(types.filter((type) => type !== 'ping').slice(0, 1)).toEqual(['message_start']);
    expect(types.at(-1)).toBe('message_stop');
  });

  it('may still be answered by another attempt after signs of life', async () => {
    const failure = { kind: 'error', status: 500, message: 'Broken.' } as const;
    gateway.simulator.use({ times: 1, answer: failure, pacing: SLOW });
    const { response, text } = await call('/v1/chat/completions', CHAT_MODEL);
    expect(response.status).toBe(200);
    expect(gateway.simulator.journal.length).toBe(2);
    expect(text).toContain('[DONE]');
    expect(text).not.toContain('"error"');
  });

  it('ends with an error event, never a clean end, when it fails for good', async () => {
    const refusal = { kind: 'error', status: 400, message: 'No.' } as const;
    gateway.simulator.use({ times: 1, answer: refusal, pacing: SLOW });
    const { response, text } = await call('/v1/chat/completions', CHAT_MODEL);
    expect(response.status).toBe(200);
    expect(text).toContain('"error"');
    expect(text).not.toContain('[DONE]');
  });

  it('that fails early keeps its own status', async () => {
    gateway.simulator.use({ times: 1, answer: { kind: 'error', status: 400, message: 'No.' } });
    expect((await call('/v1/chat/completions', CHAT_MODEL)).response.status).toBe(400);
  });
});
