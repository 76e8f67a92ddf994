import type { TestGateway } from './gateway.js';

type Json = Record<string, unknown>;

/** A raw call to the gateway with the tenant's key. */
export function post(
  gateway: Pick<TestGateway, 'url' | 'secret'>,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.secret}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** A minimal Chat request; `more` replaces or adds members. */
export const chatBody = (model: string, more: Json = {}): Json => ({
  model,
  max_tokens: 64,
  messages: [{ role: 'user', content: 'Say five words.' }],
  ...more,
});

/** A minimal Messages request. */
export const messagesBody = chatBody;

/** Waits until a query gives a row for which `test` holds; fails after `timeoutMs`. */
export async function until<Value>(
  read: () => Promise<Value>,
  test: (value: Value) => boolean,
  timeoutMs = 10_000,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (test(value)) return value;
    if (performance.now() > deadline)
      throw new Error(`not so after ${timeoutMs} ms: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until no hold is open. */
export function untilSettled(gateway: Pick<TestGateway, 'pool'>): Promise<unknown> {
  const read = async () =>
    (await gateway.pool.query("select count(*)::int as open from hold where state = 'open'")).rows[0] as {
      open: number;
    };
  return until(read, ({ open }) => open === 0);
}
