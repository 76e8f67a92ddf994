import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestGateway } from './gateway.js';

/** Whose error shape a route speaks. */
export type Dialect = 'openai' | 'anthropic' | 'google';

export interface ExpectedRefusal {
  dialect: Dialect;
  status: number;
  /** What `param` or the message must name: "messages.0.role". */
  names?: string;
  /** For the message of a failed test: what was sent. */
  about?: string;
}

/** Words that only somebody inside may read. */
export const INTERNAL_WORDS =
  /\bat \S+ \(|node_modules|\.[jt]s:\d|select |insert |postgres|ECONN|127\.0\.0\.1|localhost|sim-test|undici|UND_ERR_|fg_live_/i;

/** The status, the exact error shape of the dialect, the field at fault, and nothing from inside. */
export async function expectRefusal(response: Response, expected: ExpectedRefusal): Promise<void> {
  const text = await response.text();
  const what = `${expected.about?.slice(0, 80) ?? ''} → ${text.slice(0, 300)}`;
  expect({ status: response.status, what }).toEqual({ status: expected.status, what });
  expect(response.headers.get('content-type')).toContain('application/json');
  expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  expect(text).not.toMatch(INTERNAL_WORDS);
  const body = JSON.parse(text) as { error: Record<string, unknown> };
  const { error } = body;
  if (expected.dialect === 'openai') {
    expect(Object.keys(body)).toEqual(['error']);
    expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
  } else if (expected.dialect === 'google') {
    expect(error).toMatchObject({
      code: expected.status,
      status: expect.stringMatching(/^[A-Z_]+$/) as unknown,
    });
  } else {
    expect(body).toMatchObject({ type: 'error', request_id: response.headers.get('x-request-id') });
    expect(Object.keys(error).filter((name) => name !== 'details')).toEqual(['type', 'message']);
  }
  expect(error['message']).toMatch(/./);
  const { names } = expected;
  if (names === undefined) return;
  const said = `${String(error['param'] ?? '')} ${String(error['message'])}`;
  expect({ said, what }).toEqual({ said: expect.stringContaining(names) as unknown, what });
}

/** Opens a request with this rest of its head and body, then hangs up once the gateway has read it. */
export async function cutOffRequest(
  gateway: Pick<TestGateway, 'url' | 'secret'>,
  path: string,
  rest: string,
): Promise<void> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const head = `POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${gateway.secret}\r\n`;
  await once(socket, 'connect');
  await new Promise<void>((resolve) =>
    socket.write(`${head}content-type: application/json\r\n${rest}`, () => resolve()),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await once(socket, 'close');
}
