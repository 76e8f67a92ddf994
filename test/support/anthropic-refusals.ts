import Anthropic from '@anthropic-ai/sdk';
import { ask, type Stage } from './anthropic-stage.js';
import { addCustomer } from './customers.js';
import { CHAT_MODEL, MESSAGES_MODEL } from './gateway.js';

/** What the gateway itself refuses, as the SDK's own error classes. */
export function refusalCases(stage: Stage): void {
  const client = (apiKey: string, more: object = {}) =>
    new Anthropic({ apiKey, baseURL: stage.gateway.url, maxRetries: 0, ...more });

  it('throws AuthenticationError for a wrong key, with the request id', async () => {
    const failed = client('fg_live_wrong').messages.create(ask(CHAT_MODEL, 'x'));
    await expect(failed).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
    await expect(failed).rejects.toMatchObject({
      type: 'authentication_error',
      error: { request_id: expect.stringMatching(/^req_/) },
    });
  });

  it('takes the key as a bearer token too', async () => {
    const { secret } = stage.gateway;
    const bearer = new Anthropic({ apiKey: null, authToken: secret, baseURL: stage.gateway.url });
    const message = await bearer.messages.create(ask(CHAT_MODEL, 'x'));
    expect(message.stop_reason).toBe('end_turn');
  });

  it('throws NotFoundError for an unknown model, BadRequestError for a bad field', async () => {
    const unknown = stage.client.messages.create(ask('nobody/knows', 'x'));
    await expect(unknown).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    const bad = stage.client.messages.create(ask(CHAT_MODEL, 'x', { temperature: 3 } as object));
    await expect(bad).rejects.toBeInstanceOf(Anthropic.BadRequestError);
    await expect(bad).rejects.toMatchObject({ message: expect.stringContaining('temperature') });
  });

  it('does not try again when there is no money', async () => {
    const poor = await addCustomer(stage.gateway, { balanceNano: 0n, paymentMethod: null });
    let sent = 0;
    const counting: typeof fetch = (...request) => {
      sent++;
      return fetch(...request);
    };
    const failed = client(poor.secret, { maxRetries: 3, fetch: counting }).messages.create(
      ask(CHAT_MODEL, 'x'),
    );
    await expect(failed).rejects.toMatchObject({ status: 402, type: 'billing_error' });
    const error = (await failed.catch((thrown: unknown) => thrown)) as InstanceType<
      typeof Anthropic.APIError
    >;
    expect(error.headers?.get('x-should-retry')).toBe('false');
    expect(sent).toBe(1);
  });

  it('throws RateLimitError while only calls in flight hold the balance', async () => {
    // Enough for one call of 300 output tokens, not for two.
    const narrow = await addCustomer(stage.gateway, { balanceNano: 7_000_000n });
    const { simulator } = stage.gateway;
    simulator.use({ times: 1, answer: { kind: 'model' }, pacing: { firstByteDelayMs: 300 } });
    const params = ask(MESSAGES_MODEL, 'x', { max_tokens: 300 });
    const first = client(narrow.secret).messages.create(params);
    await simulator.until((journal) => journal.length === 1);
    const failed = client(narrow.secret).messages.create(params);
    await expect(failed).rejects.toBeInstanceOf(Anthropic.RateLimitError);
    const error = (await failed.catch((thrown: unknown) => thrown)) as InstanceType<
      typeof Anthropic.APIError
    >;
    expect(error.headers?.get('retry-after')).toMatch(/^\d+$/);
    await expect(first).resolves.toHaveProperty('type', 'message');
  });

  it('lists the models in its own shape', async () => {
    const { data } = await stage.client.models.list();
    expect(data).toContainEqual(expect.objectContaining({ type: 'model', id: MESSAGES_MODEL }));
  });
}
