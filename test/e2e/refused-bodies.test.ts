import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from '../support/calls.js';
import { rawCall } from '../support/raw-call.js';
import { createKey } from '../support/builders/tenant.builder.js';
import { CHAT_MODEL, createSecret, startGateway, type TestGateway } from '../support/gateway.js';

const MEGABYTE = 1024 * 1024;

let gateway: TestGateway;
let sockets: Caller[] = [];
beforeAll(async () => {
  gateway = await startGateway();
});
afterEach(() => {
  for (const { socket } of sockets) socket.destroy();
  sockets = [];
});
afterAll(() => gateway.close());

/** A connection, and what came back on it. */
interface Caller {
  socket: Socket;
  text: () => string;
}

async function dial(): Promise<Caller> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  sockets.push({ socket, text: () => text });
  return sockets.at(-1) as Caller;
}

const head = (path: string, secret: string): string =>
  [
    `POST ${path} HTTP/1.1`,
    'host: x',
    `authorization: Bearer ${secret}`,
    'content-type: application/json',
    `content-length: ${31 * MEGABYTE}`,
    '\r\n',
  ].join('\r\n');

/** Bytes that this process holds in buffers and cannot let go of. */
function bufferedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().arrayBuffers;
}

describe('the body of a refused call', () => {
  it.each([
    ['a wrong key', '/v1/chat/completions', 401],
    ['a wrong key', '/v1/messages', 401],
    ['a wrong key', '/v1beta/models/m:generateContent', 401],
    ['a key without the right', '/v1/chat/completions', 403],
    ['no such address', '/v1/nothing', 404],
    ['too much for administrators', '/admin/v1/models', 413],
  ])('of %s at %s is not waited for: the answer, then the end of the connection', async (_, path, status) => {
    const keyId = await createKey(gateway.pool, gateway.tenant);
    await gateway.pool.query(`update api_key set scopes = '{account}' where id = $1`, [keyId]);
    const secret = status === 403 ? await createSecret(gateway.pool, keyId) : 'fg_live_x';
    const { socket, text } = await dial();
    const isOver = once(socket, 'close');
    socket.write(head(path, secret));
    socket.write(Buffer.alloc(2 * MEGABYTE, ' '));
    await until(
      () => Promise.resolve(text()),
      (received) => received.endsWith('}'),
    );
    expect(text()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text()).toMatch(/\r\nconnection: close\r\n/i);
    await isOver;
  });

  it('is kept by nobody, however much of it comes', async () => {
    const before = bufferedBytes();
    const chunk = Buffer.alloc(MEGABYTE, ' ');
    const callers = await Promise.all(Array.from({ length: 16 }, () => dial()));
    for (const { socket } of callers) socket.write(head('/v1/chat/completions', 'fg_live_x'));
    for (let sent = 0; sent < 8; sent += 1) for (const { socket } of callers) socket.write(chunk);
    await until(
      () => Promise.resolve(callers),
      (all) => all.every(({ socket }) => socket.writableLength === 0 || socket.destroyed),
    );
    expect(bufferedBytes() - before).toBeLessThan(32 * MEGABYTE);
  });

  it('that came in whole leaves the connection open for the next call', async () => {
    const { socket, text } = await dial();
    for (let calls = 1; calls <= 3; calls += 1) {
      socket.write(rawCall('fg_live_x', { model: CHAT_MODEL, messages: [] }));
      await until(
        () => Promise.resolve(text().match(/HTTP\/1.1 401 /g)?.length),
        (answers) => answers === calls,
      );
    }
    expect(text()).not.toMatch(/connection: close/i);
  });
});
