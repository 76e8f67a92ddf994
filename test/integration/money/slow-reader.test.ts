import { randomUUID } from 'node:crypto';
import type { Server, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { chatBody, post, until, untilSettled } from '../../support/calls.js';
import { CHAT_MODEL, startGateway, type TestGateway } from '../../support/gateway.js';
import { rawCall } from '../../support/raw-call.js';
import { brokenRules, giveCredit, readCalls } from '../../support/money.js';
import { endlessRule, largeRule } from '../../support/upstream-frames.js';

const TIMEOUT_MS = 1_500;
/** With a key an answer may be shared by several callers; each is still treated as the others are. */
const WAYS: [string, () => Record<string, string>][] = [
  ['without a key', () => ({})],
  ['with an Idempotency-Key', () => ({ 'idempotency-key': randomUUID() })],
];
const BUFFERED_BYTES = 4 * 1024 * 1024;
/** What the kernel takes of a stream that nobody reads: four buffers on the way, up to 6 MB each. */
const KERNEL_BYTES = 24 * 1024 * 1024;

describe('a caller who does not read', () => {
  let gateway: TestGateway;
  const responses: ServerResponse[] = [];
  beforeAll(async () => {
    gateway = await startGateway({ balanceNano: 0n, env: { SLOW_READER_TIMEOUT_MS: String(TIMEOUT_MS) } });
    await giveCredit(gateway, 1_000_000_000_000n);
    const server = gateway.api.app.getHttpServer() as Server;
    server.on('request', (_, response: ServerResponse) => responses.push(response));
  });
  afterEach(() => {
    gateway.simulator.reset();
    responses.length = 0;
  });
  afterAll(() => gateway.close());

  /** A call on a socket that is never read. */
  const callUnread = (body: object, headers: Record<string, string> = {}): Socket => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(rawCall(gateway.secret, body, headers));
    return socket;
  };

  it('pauses the upstream, holds little in memory, is cut in time and pays; others do not notice', async () => {
    gateway.simulator.use(endlessRule(8_000));
    const socket = callUnread(chatBody(CHAT_MODEL, { stream: true }));
    await until(
      () => Promise.resolve(responses[0]?.writableNeedDrain),
      (waits) => waits === true,
    );
    const pausedAt = performance.now();
    const [entry] = gateway.simulator.journal;
    let mostBuffered = 0;
    let sent = 0;
    while (entry?.answer.finished === 'pending') {
      mostBuffered = Math.max(mostBuffered, responses[0]?.writableLength ?? 0);
      sent = entry.answer.bytesSent;
      const startedAt = performance.now();
      const other = await post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL));
      expect(other.status).toBe(200);
      await other.text();
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      expect(performance.now() - pausedAt).toBeLessThan(TIMEOUT_MS + 5_000);
    }
    expect(mostBuffered).toBeGreaterThan(0);
    expect(mostBuffered).toBeLessThan(BUFFERED_BYTES);
    expect(sent).toBeLessThan(KERNEL_BYTES + BUFFERED_BYTES);
    expect(performance.now() - pausedAt).toBeGreaterThan(TIMEOUT_MS - 200);
    expect(entry?.answer.finished).toBe('client-aborted');
    await untilSettled(gateway);
    const cut = (await readCalls(gateway.pool)).filter(({ status }) => status === 'aborted');
    expect(cut).toMatchObject([{ estimated: true }]);
    // Nobody produces more than was read of it: four bytes a token, and each frame carries 8,000.
    expect(cut[0]?.output_tokens).toBeGreaterThan(0);
    expect(cut[0]?.output_tokens).toBeLessThanOrEqual(sent / 4);
    expect(await brokenRules(gateway)).toEqual([]);
    socket.destroy();
  });

  it.each(WAYS)('%s cannot keep a whole answer in the memory of the gateway for ever', async (_, headers) => {
    gateway.simulator.use(largeRule(40_000_000));
    const socket = callUnread(chatBody(CHAT_MODEL), headers());
    const waiting = await until(
      () => Promise.resolve(responses[0]),
      (response) => response?.writableEnded === true,
    );
    expect(waiting?.writableLength).toBeGreaterThan(0);
    await until(
      () => Promise.resolve(waiting?.destroyed),
      (gone) => gone === true,
      TIMEOUT_MS + 5_000,
    );
    socket.destroy();
  });

  it('of a stream with an Idempotency-Key is cut in time, and the call is made to its end', async () => {
    gateway.simulator.use(endlessRule(8_000, 5_000));
    const known = (await readCalls(gateway.pool)).length;
    const body = chatBody(CHAT_MODEL, { stream: true });
    const socket = callUnread(body, { 'idempotency-key': randomUUID() });
    let mostBuffered = 0;
    await until(
      () => {
        mostBuffered = Math.max(mostBuffered, responses[0]?.writableLength ?? 0);
        return Promise.resolve(responses[0]?.destroyed);
      },
      (gone) => gone === true,
      TIMEOUT_MS + 10_000,
    );
    expect(mostBuffered).toBeGreaterThan(0);
    expect(mostBuffered).toBeLessThan(BUFFERED_BYTES);
    await until(
      () => readCalls(gateway.pool),
      (calls) => calls.length > known,
    );
    expect(gateway.simulator.journal.map(({ answer }) => answer.finished)).toEqual(['complete']);
    socket.destroy();
  });

  it.each(WAYS)('%s is let go on as soon as it reads again', async (_, headers) => {
    gateway.simulator.use(endlessRule(8_000, 3_000));
    const body = chatBody(CHAT_MODEL, { stream: true });
    const response = await post(gateway, '/v1/chat/completions', body, headers());
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let bytes = 0;
    let pauses = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      if (bytes < 10_000_000 * (pauses + 1)) continue;
      pauses += 1;
      await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS / 3));
    }
    expect(pauses).toBe(2);
    expect(bytes).toBeGreaterThan(24_000_000);
  });
});
