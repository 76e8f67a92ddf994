import { gzipSync } from 'node:zlib';
import {
  allWays,
  call,
  callAndFail,
  expectBrokenStream,
  expectServed,
  expectStatus,
  type Way,
} from '../support/bad-answers.js';
import { PIECES, type UpstreamProtocol } from '../support/answer-pieces.js';
import { readBooks } from '../support/books.js';
import { untilSettled } from '../support/calls.js';
import {
  CHAT_MODEL,
  createWorld,
  serveWorld,
  GEMINI_MODEL,
  MESSAGES_MODEL,
  serveModel,
  type TestGateway,
} from '../support/gateway.js';
import { RawUpstream, type RawPiece } from '../support/raw-upstream.js';

const TOTAL_MS = 2_500;
const upstream = new RawUpstream();
let gateway: TestGateway;

/** Protocols by the model through which a way reaches them, and the models that the raw upstream serves. */
const PROTOCOL_OF = (way: Way): UpstreamProtocol => {
  if (way.model === CHAT_MODEL) return 'openai-chat';
  if (way.model === GEMINI_MODEL) return 'google-gemini';
  return way.model === MESSAGES_MODEL ? 'anthropic-messages' : 'openai-responses';
};

beforeAll(async () => {
  const baseUrl = await upstream.listen();
  const world = await createWorld({
    env: { UPSTREAM_IDLE_TIMEOUT_MS: '2000', UPSTREAM_TOTAL_TIMEOUT_MS: String(TOTAL_MS) },
  });
  for (const protocol of Object.keys(PIECES) as UpstreamProtocol[]) {
    const adapter = protocol === 'google-gemini' ? 'google' : undefined;
    const served = { id: `raw/${protocol}`, protocol, upstreamModel: 'm', baseUrl };
    await serveModel(world.pool, adapter === undefined ? served : { ...served, adapter });
  }
  gateway = await serveWorld(world);
});
afterAll(async () => {
  upstream.close();
  await gateway.close();
});

const rawModel = (way: Way): string => `raw/${PROTOCOL_OF(way)}`;
const fail = (way: Way) => callAndFail(gateway, way, rawModel(way));

const head = (type: string, more = ''): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${more}connection: close\r\n\r\n`;
const STREAM = head('text/event-stream');

const pieces = (way: Way) => PIECES[PROTOCOL_OF(way)];
const streamed = allWays((way) => way.streamed);
const whole = allWays((way) => !way.streamed);
const clients = [...new Set(streamed.map(({ path }) => path))];
const models = [...new Set(streamed.map(({ model }) => model))];
/** Every other streamed way, the others for the next case: each half has every client and every upstream. */
const halfOfStreamed = (caseNumber: number): Way[] =>
  streamed.filter(
    ({ path, model }) => (clients.indexOf(path) + models.indexOf(model) + caseNumber) % 2 === 0,
  );

/** An error by status where nothing was sent yet, in the stream where something was; nothing of the upstream's in it. */
async function expectError(way: Way, statuses: number[]): Promise<void> {
  const answered = await fail(way);
  expect(answered.text).not.toContain('PRIVATE');
  if (answered.response.status === 200) expectBrokenStream(answered, way);
  else {
    expect(statuses).toContain(answered.response.status);
    await expectStatus(answered, way, answered.response.status);
  }
}

describe('a stream that no vendor should send ends in an error of the client’s protocol, unpaid:', () => {
  const bad: [string, (way: Way) => RawPiece[], number[]][] = [
    [
      'JSON that breaks off',
      (way) => [pieces(way).start, pieces(way).text('Hi'), 'data: {"PRIVATE":\n\n'],
      [502],
    ],
    [
      'HTML after its start',
      (way) => [pieces(way).start, 'data: <html>PRIVATE</html>\n\n', pieces(way).text('Hi')],
      [502],
    ],
    [
      'a line of two megabytes',
      (way) => [
        pieces(way).start,
        pieces(way).text('x'.repeat(2_000_000)),
        pieces(way).finish,
        pieces(way).end,
      ],
      [502],
    ],
    ['no terminator and no finish', (way) => [pieces(way).start, pieces(way).text('Hi')], [502]],
    [
      'an end inside a character',
      (way) => [pieces(way).start, Buffer.from(pieces(way).text('é')).subarray(0, -8)],
      [502],
    ],
    [
      'NUL bytes between its frames',
      (way) => [pieces(way).start, pieces(way).text('Hi'), `data: \0\0\0\n\n`],
      [502],
    ],
    [
      'a failure after some text',
      (way) => [
        pieces(way).start,
        pieces(way).text('Hi'),
        'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"PRIVATE"}}\n\n',
      ],
      [502],
    ],
    [
      'another compression than none',
      () => [head('text/event-stream', 'content-encoding: gzip\r\n'), gzipSync('data: PRIVATE\n\n')],
      [502],
    ],
    ['brotli by its header', () => [head('application/json', 'content-encoding: br\r\n'), 'PRIVATE'], [502]],
    ['silence without end', (way) => [pieces(way).start, pieces(way).text('Hi'), 6_000], [504]],
  ];
  const numbered = bad.map(([name, answer, statuses], at) => [name, answer, statuses, at] as const);
  it.each(numbered)('%s', async (name, answer, statuses, at) => {
    const few = name.startsWith('silence') ? streamed.slice(0, 3) : halfOfStreamed(at);
    for (const way of few) {
      const [first = '', ...rest] = answer(way);
      const isHead = typeof first === 'string' && first.startsWith('HTTP');
      upstream.pieces = isHead ? [first, ...rest] : [STREAM, first, ...rest];
      await expectError(way, statuses);
    }
  });

  it('its events in the wrong order: text of what was never opened, its start last', async () => {
    for (const way of streamed.filter((each) => each.model !== CHAT_MODEL && each.model !== GEMINI_MODEL)) {
      upstream.pieces = [STREAM, pieces(way).text('Hi'), pieces(way).start];
      await expectError(way, [502]);
    }
  });
});

describe('a stream without end', () => {
  /** Writes a piece again and again for as long as the gateway listens. */
  const forever = (piece: string, gapMs: number): RawPiece[] =>
    Array.from({ length: 400 }, () => [piece, gapMs]).flat();

  it('of comments alone is a 504 once the call has taken its time', async () => {
    const way = streamed.find((each) => each.path === '/v1/messages') as Way;
    upstream.pieces = [STREAM, ...forever(': PRIVATE\n\n', 40)];
    const began = performance.now();
    await expectStatus(await fail(way), way, 504);
    expect(performance.now() - began).toBeLessThan(TOTAL_MS + 2_000);
  });

  it('of text is broken off once the call has taken its time, and nobody pays', async () => {
    for (const protocol of Object.keys(PIECES) as UpstreamProtocol[]) {
      const clients = streamed.filter((way) => PROTOCOL_OF(way) === protocol);
      expect(clients).toHaveLength(4);
      upstream.pieces = [STREAM, PIECES[protocol].start, ...forever(PIECES[protocol].text('more '), 40)];
      const before = await readBooks(gateway);
      const answers = await Promise.all(clients.map((way) => call(gateway, way, rawModel(way))));
      answers.forEach((answered, index) => expectBrokenStream(answered, clients[index] as Way));
      await untilSettled(gateway);
      const after = await readBooks(gateway);
      expect(after).toMatchObject({
        ...before,
        holds: before.holds + 4,
        requests: before.requests + 4,
        attempts: before.attempts + 4,
        upstreamCalls: expect.any(Number) as number,
      });
    }
  });

  it('that is as fast as it is long is broken off at 256 MB', async () => {
    const [way] = streamed as [Way];
    const megabyte = `: ${'x'.repeat(65_000)}\n`.repeat(16);
    upstream.pieces = [STREAM, ...Array.from({ length: 270 }, () => megabyte)];
    const answered = await fail(way);
    await expectStatus(answered, way, answered.response.status);
    expect([502, 504]).toContain(answered.response.status);
  });
});

describe('an answer that is only odd is served whole:', () => {
  const odd: [string, (way: Way) => RawPiece[]][] = [
    [
      'its finish comes twice',
      (way) => [
        pieces(way).start,
        pieces(way).text('Hi'),
        pieces(way).finish,
        pieces(way).finish,
        pieces(way).end,
      ],
    ],
    [
      'its terminator comes twice, and more after it',
      (way) => [
        pieces(way).start,
        pieces(way).text('Hi'),
        pieces(way).finish,
        pieces(way).end,
        pieces(way).end,
        pieces(way).text('late'),
      ],
    ],
    [
      'a character is cut in two by the network',
      (way) => {
        const text = Buffer.from(pieces(way).text('né'));
        const cut = text.indexOf(0xc3) + 1;
        return [
          pieces(way).start,
          text.subarray(0, cut),
          60,
          text.subarray(cut),
          pieces(way).finish,
          pieces(way).end,
        ];
      },
    ],
    [
      'it is silent for a while, then goes on',
      (way) => [pieces(way).start, 1_000, pieces(way).text('Hi'), pieces(way).finish, pieces(way).end],
    ],
    [
      'it carries bytes that are no UTF-8',
      (way) => [
        pieces(way).start,
        Buffer.from(pieces(way).text('\xff\xfe'), 'latin1'),
        pieces(way).finish,
        pieces(way).end,
      ],
    ],
  ];
  const numbered = odd.map(([name, answer], at) => [name, answer, at] as const);
  it.each(numbered)('%s', async (name, answer, at) => {
    const few = name.includes('silent') ? streamed.slice(0, 3) : halfOfStreamed(at);
    for (const way of few) {
      upstream.pieces = [STREAM, ...answer(way)];
      const answered = await call(gateway, way, rawModel(way));
      expectServed(answered, way);
      // Gemini has no terminator: what comes, counts.
      if (way.model !== GEMINI_MODEL) expect(answered.text).not.toContain('late');
      if (name.includes('cut in two')) expect(answered.text).toContain('né');
      await untilSettled(gateway);
    }
  });
});

describe('headers of an upstream', () => {
  const TRICKS =
    'set-cookie: session=PRIVATE\r\nx-faregate-cost: 0\r\nx-request-id: PRIVATE\r\naccess-control-allow-origin: *\r\n' +
    'location: http://PRIVATE.example\r\nx-accel-buffering: yes\r\ncache-control: public, max-age=9999\r\n' +
    'server: PRIVATE\r\nvia: PRIVATE\r\nlink: <PRIVATE>\r\nx-should-retry: true\r\nalt-svc: h3="PRIVATE:443"\r\n';

  it('do not reach the caller, whatever they say', async () => {
    for (const way of streamed) {
      upstream.pieces = [
        head('text/event-stream', TRICKS),
        pieces(way).start,
        pieces(way).text('Hi'),
        pieces(way).finish,
        pieces(way).end,
      ];
      const { response, text } = await call(gateway, way, rawModel(way));
      expectServed({ response, text }, way);
      expect(JSON.stringify([...response.headers])).not.toMatch(/PRIVATE|max-age|set-cookie|x-should-retry/);
      expect(response.headers.get('x-request-id')).toMatch(/^req_/);
      await untilSettled(gateway);
    }
  });

  it('of a refusal do not either, but for the time to wait', async () => {
    for (const way of whole) {
      const body = '{"error":{"message":"PRIVATE"}}';
      upstream.pieces = [
        `HTTP/1.1 429 Too Many\r\n${TRICKS}retry-after: 7\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      ];
      const answered = await fail(way);
      await expectStatus(answered, way, 429);
      expect(answered.response.headers.get('retry-after')).toBe('7');
      expect(JSON.stringify([...answered.response.headers]) + answered.text).not.toContain('PRIVATE');
    }
  });

  it('are never asked to compress', async () => {
    const [way] = whole as [Way];
    upstream.pieces = ['HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n'];
    await fail(way);
    expect(upstream.seen).toMatch(/accept-encoding: identity\r\n/i);
  });
});

it('after all that nothing is held and the others are served as ever', async () => {
  for (const way of allWays()) expectServed(await call(gateway, way), way);
  await untilSettled(gateway);
  const { rows } = await gateway.pool.query('select held_nano::text as held from wallet');
  expect(rows).toEqual([{ held: '0' }]);
});
