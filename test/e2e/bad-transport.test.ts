import {
  call,
  callAndFail,
  expectServed,
  expectStatus,
  halfOfWays,
  ways,
  type Way,
} from '../support/bad-answers.js';
import { untilSettled } from '../support/calls.js';
import { createWorld, serveWorld, serveModel, type TestGateway } from '../support/gateway.js';
import { RawUpstream } from '../support/raw-upstream.js';

const upstream = new RawUpstream();
let gateway: TestGateway;
beforeAll(async () => {
  const baseUrl = await upstream.listen();
  const world = await createWorld();
  const nowhere = 'http://127.0.0.1:9/v1';
  for (const [id, url] of [
    ['raw', baseUrl],
    ['nowhere', nowhere],
    ['unresolved', 'http://no-such-host.invalid/v1'],
  ] as const) {
    await serveModel(world.pool, {
      id: `${id}/chat`,
      protocol: 'openai-chat',
      upstreamModel: 'm',
      baseUrl: url,
    });
    const protocol = 'anthropic-messages';
    await serveModel(world.pool, { id: `${id}/messages`, protocol, upstreamModel: 'm', baseUrl: url });
  }
  gateway = await serveWorld(world);
});
afterAll(async () => {
  upstream.close();
  await gateway.close();
});

const modelOf = (way: Way, at: string): string =>
  `${at}/${way.model.startsWith('openai') ? 'chat' : 'messages'}`;

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const BROKEN: [string, string][] = [
  ['closes without a word', ''],
  ['does not speak HTTP', 'HELLO THERE\r\n\r\n'],
  ['speaks TLS', '\x15\x03\x01\x00\x02\x02\x16'],
  ['ends inside its headers', 'HTTP/1.1 200 OK\r\ncontent-type: appl'],
  ['says less than it promised', `${OK}content-length: 500\r\n\r\n{"id":"a"`],
  ['breaks its chunks', `${OK}transfer-encoding: chunked\r\n\r\nZZ\r\n{}\r\n`],
  ['ends inside a chunk', `${OK}transfer-encoding: chunked\r\n\r\nff\r\n{}`],
  ['sends headers without end', `${OK}x-a: ${'a'.repeat(100_000)}\r\n\r\n{}`],
  ['gives two lengths', `${OK}content-length: 2\r\ncontent-length: 5\r\n\r\n{}`],
  [
    'switches protocols',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  ],
  ['uses a status that does not exist', 'HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n'],
  ['only ever says 103', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
];

describe('an upstream that', () => {
  const numbered = BROKEN.map(([name, bytes], at) => [name, bytes, at] as const);
  it.each(numbered)(
    '%s is a clean 502, tried again twice at most and paid by nobody',
    async (_, bytes, at) => {
      for (const way of halfOfWays(at)) {
        upstream.pieces = [Buffer.from(bytes, 'latin1')];
        upstream.requests = 0;
        await expectStatus(await callAndFail(gateway, way, modelOf(way, 'raw')), way, 502);
        expect(upstream.requests).toBeGreaterThanOrEqual(1);
        expect(upstream.requests).toBeLessThanOrEqual(3);
      }
    },
  );

  it.each(['nowhere', 'unresolved'])('cannot be reached (%s) is a clean 502', async (at) => {
    for (const way of ways()) {
      await expectStatus(await callAndFail(gateway, way, modelOf(way, at)), way, 502);
    }
  });

  it('sends interim answers first is served as ever', async () => {
    const chat = {
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 1 },
    };
    const message = {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Hi' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 3, output_tokens: 1 },
    };
    for (const way of ways((each) => !each.streamed)) {
      const body = JSON.stringify(way.model.startsWith('openai') ? chat : message);
      const final = `${OK}content-length: ${body.length}\r\n\r\n${body}`;
      upstream.pieces = [`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${final}`];
      expectServed(await call(gateway, way, modelOf(way, 'raw')), way);
    }
    await untilSettled(gateway);
  });

  it('was any of these leaves the others unharmed', async () => {
    for (const way of ways()) expectServed(await call(gateway, way), way);
    await untilSettled(gateway);
  });
});
