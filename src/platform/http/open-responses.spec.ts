import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { OpenResponses } from './open-responses.js';

const REQUEST = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

let server: Server;
let open: OpenResponses;
let caller: Socket;
/** Those that the server was asked for, in order. */
let responses: ServerResponse[];
let closed: number[];

beforeEach(async () => {
  responses = [];
  closed = [];
  server = createServer((_, response) => {
    const index = responses.push(response) - 1;
    response.on('close', () => closed.push(index));
  });
  open = new OpenResponses(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  caller = connect((server.address() as AddressInfo).port, '127.0.0.1');
  caller.resume();
});
afterEach(() => {
  caller.destroy();
  server.close();
});

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`never so: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
/** Asks until the server was asked so often. */
async function ask(times: number): Promise<void> {
  caller.write(REQUEST.repeat(times - responses.length));
  await until(() => responses.length === times);
}

describe('the open responses of a server', () => {
  it('are those that are made or read; a connection that rests has none', async () => {
    await ask(1);
    expect(open.count).toBe(1);
    responses[0]?.end('done');
    await until(() => open.count === 0);
    expect(caller.destroyed).toBe(false);
  });

  it('stay open until what was written is on its way', async () => {
    caller.pause();
    await ask(1);
    responses[0]?.end(Buffer.alloc(40_000_000));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(open.count).toBe(1);
    caller.resume();
    await until(() => open.count === 0);
  });

  it('are served to their end when no connection is taken any more, and so is who asks once more', async () => {
    const received: Buffer[] = [];
    caller.pause();
    await ask(1);
    responses[0]?.end(Buffer.alloc(20_000_000));
    open.refuseConnections();
    expect(server.listening).toBe(false);
    caller.on('data', (read: Buffer) => received.push(read)).resume();
    await until(() => open.count === 0);
    await ask(2);
    responses[1]?.end('last');
    await once(caller, 'close');
    const text = Buffer.concat(received).toString('latin1');
    expect(text.length).toBeGreaterThan(20_000_000);
    expect(text.slice(-200)).toMatch(/Connection: close\r\n[^]*last$/);
  });

  it('are all told when the connection closes on which they follow one another, with one listener', async () => {
    await ask(20);
    const listeners = responses[0]?.socket?.listenerCount('close');
    expect(listeners).toBeLessThan(6);
    expect(open.count).toBe(20);
    caller.destroy();
    await until(() => open.count === 0);
    expect(closed.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(responses.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('are told once, whether their turn had come or not', async () => {
    await ask(3);
    responses[0]?.end();
    await until(() => responses[1]?.socket !== null);
    caller.destroy();
    await until(() => open.count === 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(closed.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
  });
});
