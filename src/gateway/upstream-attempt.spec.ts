import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Pool } from 'undici';
import { buildTicket } from '../../test/support/builders/ticket.builder.js';
import { AttemptMeter } from '../metering/attempt-meter.js';
import { openaiChat } from '../protocols/openai-chat/index.js';
import type { UpstreamFailure } from '../providers/upstream-failure.js';
import { UpstreamAttempt, type AttemptOwner } from './upstream-attempt.js';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const LAST = '0\r\n\r\n';
/** What the owner takes for the end of an answer. */
const END = 'data: end\n\n';
const EVENTS = ['data: one\n\n', 'data: two\n\n', 'data: three\n\n'];
/** Each text in an HTTP chunk of its own. */
const chunked = (...texts: string[]): string =>
  texts.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('');

let server: Server;
let pool: Pool;
/** What the upstream does with a connection that has asked. */
let answer: (socket: Socket) => void;

beforeAll(async () => {
  server = createServer((socket) => socket.on('data', () => answer(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(async () => {
  await pool.destroy();
  server.close();
});

/** What the owner of an attempt hears, in order, until its end or for a second and a half. */
async function heard(onTake: (attempt: UpstreamAttempt) => void = () => {}): Promise<string[]> {
  const told: string[] = [];
  const meter = new AttemptMeter(buildTicket().candidates[0], { likelyInput: 1 });
  await new Promise<void>((resolve) => {
    const owner: AttemptOwner = {
      isExpected: () => true,
      get hasEnded() {
        return told.at(-1)?.endsWith(END) === true;
      },
      take: (read) => {
        told.push(read.toString());
        onTake(attempt);
      },
      finish: () => {
        told.push('finished');
        resolve();
      },
      failed: ({ cause }) => {
        told.push(cause);
        resolve();
      },
    };
    const attempt = new UpstreamAttempt(openaiChat, meter, owner);
    pool.dispatch({ path: '/', method: 'POST', body: '{}' }, attempt);
    setTimeout(resolve, 1_500).unref();
  });
  return told;
}

/** How an attempt failed that was refused so, and after how long. */
async function refused(): Promise<{ cause: string; afterMs: number }> {
  const meter = new AttemptMeter(buildTicket().candidates[0], { likelyInput: 1 });
  const startedAt = performance.now();
  const { cause } = await new Promise<UpstreamFailure>((resolve, reject) => {
    const unwanted = (): void => reject(new Error('the refusal was taken for an answer'));
    const owner = {
      isExpected: () => true,
      hasEnded: false,
      take: unwanted,
      finish: unwanted,
      failed: resolve,
    };
    pool.dispatch({ path: '/', method: 'POST', body: '{}' }, new UpstreamAttempt(openaiChat, meter, owner));
  });
  return { cause, afterMs: performance.now() - startedAt };
}

describe('a good answer of an upstream', () => {
  it('is handed on once a read, however many parts it came in', async () => {
    answer = (socket) => {
      socket.write(HEAD + chunked(...EVENTS));
      setTimeout(() => socket.write(chunked('data: four\n\n', 'data: five\n\n') + LAST), 50);
    };
    expect(await heard()).toEqual([EVENTS.join(''), 'data: four\n\ndata: five\n\n', 'finished']);
  });

  it('is handed on as far as it came before its connection broke', async () => {
    answer = (socket) => socket.end(HEAD + chunked(...EVENTS));
    expect(await heard()).toEqual([EVENTS.join(''), 'fault']);
  });

  it('is not handed on any further once it was cancelled', async () => {
    answer = (socket) => {
      socket.write(HEAD + chunked(...EVENTS));
      setTimeout(() => socket.write(chunked('data: four\n\n') + LAST), 50);
    };
    expect(await heard((attempt) => attempt.cancel())).toEqual([EVENTS.join('')]);
  });
});

describe('an answer that has come to its own end', () => {
  const closed = async (socket: Socket): Promise<void> => {
    if (!socket.destroyed) await once(socket, 'close');
  };

  it.each([
    ['is reset', (socket: Socket) => void socket.resetAndDestroy()],
    ['ends without its last chunk', (socket: Socket) => void socket.end()],
    ['sends no HTTP any more', (socket: Socket) => void socket.write('ZZ\r\n')],
  ])('is finished though its connection %s', async (_, breakOff) => {
    answer = (socket) => {
      socket.write(HEAD + chunked(...EVENTS, END));
      setTimeout(() => breakOff(socket), 50);
    };
    expect(await heard()).toEqual([EVENTS.join('') + END, 'finished']);
  });

  it('is finished after a second of silence, and its connection is used no more', async () => {
    let used: Socket | undefined;
    answer = (socket) => {
      used = socket;
      socket.write(HEAD + chunked(END));
    };
    const startedAt = performance.now();
    expect(await heard()).toEqual([END, 'finished']);
    expect(performance.now() - startedAt).toBeGreaterThan(900);
    await closed(used as Socket);
  });

  it('is finished once where the end follows, and its connection stays for the next call', async () => {
    let used: Socket | undefined;
    answer = (socket) => {
      used = socket;
      socket.write(HEAD + chunked(END));
      setTimeout(() => socket.write(LAST), 50);
    };
    const startedAt = performance.now();
    expect(await heard()).toEqual([END, 'finished']);
    expect(performance.now() - startedAt).toBeLessThan(900);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(used?.destroyed).toBe(false);
  });
});

describe('a refusal of an upstream', () => {
  const head = (status: number): string =>
    `HTTP/1.1 ${status} No\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n`;

  it.each([
    [400, 'request'],
    [401, 'account'],
    [408, 'timeout'],
    [429, 'rate_limit'],
    [504, 'timeout'],
  ])('with status %i is that refusal, though its body is cut', async (status, cause) => {
    answer = (socket) => {
      socket.write(`${head(status)}{"error":{"message":"bad temp`);
      setTimeout(() => socket.destroy(), 20);
    };
    expect(await refused()).toMatchObject({ cause });
  });

  it('is waited for no longer than two seconds once its status is known', async () => {
    answer = (socket) => socket.write(`${head(503)}{"err`);
    const { cause, afterMs } = await refused();
    expect(cause).toBe('overloaded');
    expect(afterMs).toBeGreaterThan(1_900);
    expect(afterMs).toBeLessThan(4_000);
  });
});
