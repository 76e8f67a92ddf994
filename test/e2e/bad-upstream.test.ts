import type { RuleAnswer } from '../../src/embedded/simulator/script.js';
import type { Pacing } from '../../src/embedded/simulator/pacing.js';
import {
  allWays,
  call,
  callAndFail,
  expectBrokenStream,
  expectServed,
  expectStatus,
  halfOfWays,
  isChat,
  overloaded,
  ways,
  type Way,
} from '../support/bad-answers.js';
import { untilSettled } from '../support/calls.js';
import { startGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({
    env: { UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '400', UPSTREAM_IDLE_TIMEOUT_MS: '400' },
  });
});
afterAll(() => gateway.close());

/** The upstream answers the next calls like this. */
function script(answer: RuleAnswer, pacing?: Pacing): void {
  gateway.simulator.reset();
  gateway.simulator.use({ answer, pacing });
}

const OWN_WORDS =
  'see https://eu-3.internal.vendor.example:8443/v1 with key sk-abcdef0123456789 of org-Abc123Def456';
/** Undici counts time-outs in whole seconds: for those, one way of each protocol is enough. */
const fewWays = (pacing: Pacing, all: Way[]): Way[] => {
  const waits = pacing.neverAnswer ?? pacing.slowDripMs ?? pacing.stallAfterFrames;
  return waits === undefined ? all : all.filter((way) => (way.dialect === 'openai') !== isChat(way));
};
const LEAK = /vendor\.example|sk-abcdef|org-Abc123/;

describe('a refusal by the upstream', () => {
  it.each([400, 415, 422])('%i is the caller’s fault and passes in cleaned words', async (status) => {
    for (const way of ways()) {
      script({ kind: 'error', status, message: `temperature is wrong: ${OWN_WORDS}`, param: 'temperature' });
      const answered = await callAndFail(gateway, way);
      await expectStatus(answered, way, 400);
      expect(answered.text).toContain('temperature is wrong');
      expect(answered.text).not.toMatch(LEAK);
      expect(answered.trace).toMatchObject({ httpStatus: 400, attemptStatus: status });
    }
  });

  const ours: [number, number | 'overloaded'][] = [
    [401, 502],
    [402, 502],
    [403, 502],
    [404, 502],
    [405, 502],
    [408, 504],
    [418, 502],
    [500, 502],
    [502, 502],
    [503, 'overloaded'],
    [504, 504],
    [524, 504],
    [529, 'overloaded'],
    [302, 502],
    [307, 502],
    [304, 502],
  ];
  /** What stays as it is however often it is asked for, and what may still be working: never a second time. */
  const final = [401, 402, 403, 404, 408, 504, 524];
  const numbered = ours.map(([status, expected], at) => [status, expected, at] as const);
  it.each(numbered)('%i becomes %s without a word of the upstream’s own', async (status, expected, at) => {
    for (const way of halfOfWays(at)) {
      const headers = status < 400 ? { location: 'http://127.0.0.1:1/elsewhere' } : {};
      script({ kind: 'error', status, message: `PRIVATE ${OWN_WORDS}`, headers });
      const answered = await callAndFail(gateway, way);
      await expectStatus(answered, way, expected === 'overloaded' ? overloaded(way) : expected);
      expect(answered.text).not.toMatch(/PRIVATE|vendor\.example/);
      expect(answered.trace.attemptStatus).toBe(status);
      expect(gateway.simulator.journal).toHaveLength(final.includes(status) ? 1 : 3);
    }
  });

  it('413 stays 413 and 429 stays 429 with the time to wait', async () => {
    for (const way of ways()) {
      script({ kind: 'error', status: 413, message: 'too many bytes' });
      await expectStatus(await callAndFail(gateway, way), way, 413);
      script({ kind: 'error', status: 429, message: 'slow down', headers: { 'retry-after': '7' } });
      const limited = await callAndFail(gateway, way);
      await expectStatus(limited, way, 429);
      expect(limited.response.headers.get('retry-after')).toBe('7');
    }
  });

  it.each([
    'insufficient_quota: You exceeded your current quota',
    'Your credit balance is too low to access the API',
    'invalid_api_key',
  ])('a word about our own account never becomes the caller’s fault: %s', async (message) => {
    for (const way of ways()) {
      for (const status of [400, 429]) {
        script({ kind: 'error', status, message });
        const answered = await callAndFail(gateway, way);
        await expectStatus(answered, way, 502);
        expect(answered.text).not.toMatch(/quota|balance|api_key/);
      }
    }
  });
});

describe('a 200 that is no answer', () => {
  const json = (body: string): RuleAnswer => ({ kind: 'text', contentType: 'application/json', body });
  const html = '<html><title>PRIVATE gateway</title></html>';
  const noAnswers: [string, RuleAnswer][] = [
    ['HTML', { kind: 'text', contentType: 'text/html', body: html }],
    ['HTML that calls itself JSON', json(html)],
    ['plain text', { kind: 'text', body: 'PRIVATE' }],
    ['nothing', json('')],
    ['half of a JSON text', json('{"id":"PRIVATE","choices":[')],
    ['null', json('null')],
    ['a list', json('[{"PRIVATE":1}]')],
    ['an empty object', json('{}')],
    ['no choices, no content', json('{"choices":[],"content":null,"PRIVATE":1}')],
    [
      'choices and content of a wrong type',
      json('{"type":"message","choices":"PRIVATE","content":"PRIVATE"}'),
    ],
    ['choices that are none', json('{"choices":[null,1,"PRIVATE"]}')],
    ['an OpenAI error', json('{"error":{"message":"PRIVATE","type":"server_error"}}')],
    ['an Anthropic error', json('{"type":"error","error":{"type":"api_error","message":"PRIVATE"}}')],
    ['nesting without end', json(`{"choices":${'['.repeat(20_000)}${']'.repeat(20_000)}}`)],
    ['an event stream without events', { kind: 'sse', frames: [] }],
    ['an event stream of comments', { kind: 'sse', frames: [': PRIVATE\n\n', ': ping\n\n'] }],
    ['an event stream that is already over', { kind: 'sse', frames: ['data: [DONE]\n\n'] }],
    ['an event stream of something else', { kind: 'sse', frames: ['data: PRIVATE\n\n'] }],
    [
      'an event stream of JSON that is no object',
      { kind: 'sse', frames: ['data: [1]\n\n', 'data: null\n\n'] },
    ],
    ['compressed JSON', { kind: 'json', body: { PRIVATE: 1 }, headers: { 'content-encoding': 'gzip' } }],
    ['a compressed stream', { kind: 'sse', frames: ['\x1f\u008b'], headers: { 'content-encoding': 'br' } }],
  ];
  /** What proxies and half-dead vendors really send goes by every client at every upstream, in turn streamed and whole. */
  const COMMON = /^(HTML$|nothing|half of|an event stream (of something|without))/;
  const everyPair = (kind: number): Way[] => allWays().filter((_, index) => (index + kind) % 2 === 0);
  const numbered = noAnswers.map(([name, answer], at) => [name, answer, at] as const);
  it.each(numbered)('%s is a clean 502', async (name, answer, at) => {
    for (const way of COMMON.test(name) ? everyPair(at) : halfOfWays(at)) {
      script(answer);
      const answered = await callAndFail(gateway, way);
      await expectStatus(answered, way, 502);
      expect(answered.text).not.toContain('PRIVATE');
      expect(answered.trace).toMatchObject({ httpStatus: 502, attemptStatus: 200 });
    }
  });

  it('an endless page, and an answer over 64 MB, are cut off', async () => {
    const endless = (contentType: string): RuleAnswer => ({
      kind: 'repeat',
      frame: 'x'.repeat(1024 * 1024),
      count: 2_000,
      headers: { 'content-type': contentType },
    });
    for (const way of ways((each) => !each.streamed && isChat(each))) {
      for (const contentType of ['text/html', 'application/json']) {
        script(endless(contentType));
        await expectStatus(await callAndFail(gateway, way), way, 502);
        await gateway.simulator.until(([entry]) => entry?.answer.finished === 'client-aborted');
      }
    }
  });
});

describe('a stream that fails', () => {
  const streamed = ways((way) => way.streamed);
  const beforeContent: [string, Pacing, (way: Way) => number][] = [
    ['is broken before its headers', { resetBeforeHeaders: true }, () => 502],
    ['is broken after its headers', { resetAfterFrames: 0 }, () => 502],
    ['ends after its headers', { endAfterFrames: 0 }, () => 502],
    ['says at once that it failed', { errorAfterFrames: 0 }, (way) => (isChat(way) ? 502 : overloaded(way))],
    ['never answers', { neverAnswer: true }, () => 504],
    ['falls silent after its headers', { stallAfterFrames: 0 }, () => 504],
  ];
  it.each(beforeContent)('and %s keeps a status of its own', async (_, pacing, statusOf) => {
    for (const way of fewWays(pacing, streamed)) {
      script({ kind: 'model' }, pacing);
      const answered = await callAndFail(gateway, way);
      await expectStatus(answered, way, statusOf(way));
      expect(answered.trace.httpStatus).toBe(
        way.dialect === 'anthropic' && statusOf(way) === 529 ? 503 : statusOf(way),
      );
    }
  });

  const afterContent: [string, Pacing][] = [
    ['says that it failed', { errorAfterFrames: 4 }],
    ['is broken', { resetAfterFrames: 4 }],
    ['is broken inside a frame', { resetAfterBytes: 900, cuts: [400, 300] }],
    ['ends without its terminator', { endAfterFrames: 4 }],
    ['falls silent', { stallAfterFrames: 4 }],
  ];
  it.each(afterContent)(
    'after it began and %s ends in an error event, and nobody pays',
    async (_, pacing) => {
      for (const way of fewWays(pacing, streamed)) {
        script({ kind: 'model' }, pacing);
        const answered = await callAndFail(gateway, way);
        expectBrokenStream(answered, way);
        expect(answered.trace).toMatchObject({ httpStatus: 200, attemptStatus: 200 });
      }
    },
  );

  it('is broken off at a line or an event without end, with or without a good beginning', async () => {
    for (const way of streamed) {
      for (const frame of ['x'.repeat(65_536), `data: ${'x'.repeat(65_536)}\n`]) {
        script({ kind: 'repeat', frame, count: 400 });
        await expectStatus(await callAndFail(gateway, way), way, 502);
      }
      script({ kind: 'repeat', before: begun(way), frame: 'x'.repeat(65_536), count: 400 });
      expectBrokenStream(await callAndFail(gateway, way), way);
    }
  });

  it('in the middle with something unreadable ends in an error event', async () => {
    for (const way of streamed) {
      for (const garbage of ['data: {"id":\n\n', 'data: <html>\n\n', 'data: [1]\n\n', 'data: "text"\n\n']) {
        script({ kind: 'sse', frames: [...begun(way), garbage] });
        expectBrokenStream(await callAndFail(gateway, way), way);
      }
    }
  });

  it('that starts a second answer inside the first ends in an error event', async () => {
    for (const way of streamed.filter((each) => !isChat(each))) {
      script({ kind: 'sse', frames: [...begun(way), MESSAGES_START.replace('msg_1', 'msg_2')] });
      expectBrokenStream(await callAndFail(gateway, way), way);
    }
  });

  it('with the vendor’s own words keeps hosts, keys and our account to itself', async () => {
    for (const way of streamed) {
      const error = { type: 'invalid_request_error', message: `too long, ${OWN_WORDS}` };
      for (const message of [error.message, `insufficient_quota, ${OWN_WORDS}`]) {
        const text = JSON.stringify({ type: 'error', error: { ...error, message } });
        const frame = `event: error\ndata: ${text}\n\n`;
        script({ kind: 'sse', frames: [...begun(way), frame] });
        const answered = await callAndFail(gateway, way);
        expectBrokenStream(answered, way);
        expect(answered.text).not.toMatch(/vendor\.example|sk-abcdef|org-Abc123|quota/);
      }
    }
  });
});

describe('a whole answer that fails', () => {
  it.each([
    ['is broken before its headers', { resetBeforeHeaders: true }, 502],
    ['is broken after its headers', { resetAfterBytes: 0 }, 502],
    ['is broken half-way', { resetAfterBytes: 40 }, 502],
    ['never comes', { neverAnswer: true }, 504],
    ['falls silent half-way', { slowDripMs: 20_000 }, 504],
  ] as [string, Pacing, number][])(
    'because it %s becomes an error of the route',
    async (_, pacing, status) => {
      const whole = ways((each) => !each.streamed);
      for (const way of fewWays(pacing, whole)) {
        script({ kind: 'model' }, pacing);
        await expectStatus(await callAndFail(gateway, way), way, status);
      }
    },
  );
});

const CHAT_START =
  'data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"}}]}\n\n';
const MESSAGES_TEXT =
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hello"}}\n\n';
const MESSAGES_START =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":5,"output_tokens":1}}}\n\n';

/** The frames of an answer that has begun to show something. */
const begun = (way: Way): string[] => (isChat(way) ? [CHAT_START] : [MESSAGES_START, MESSAGES_TEXT]);

describe('an answer that is only odd', () => {
  it('is served whole however its bytes are cut', async () => {
    for (const way of ways()) {
      for (const cuts of [{ randomSeed: 1 }, { randomSeed: 2 }, 'per-byte'] as const) {
        script({ kind: 'model' }, { cuts });
        expectServed(await call(gateway, way), way);
      }
    }
    await untilSettled(gateway);
  });

  const CHAT_REST = [
    ': keep-alive\n\n',
    'event: noise\ndata: {"noise":1}\n\n',
    'retry: 1\nid: 7\n\n',
    'data:\n\n',
    'data: {"id":"c1","choices":[null,7,{"index":"x"},{"index":0,"delta":null}]}\n\n',
    'data: {"id":"c1","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]}\r\n\r\n',
    'data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
    'data: {"id":"c1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\n',
    'data: [DONE]\n\n',
    'data: after the end\n\n',
  ];
  const MESSAGES_REST = [
    ': keep-alive\n\n',
    'event: ping\ndata: {"type":"ping"}\n\n',
    'event: noise\ndata: {"type":"noise"}\n\n',
    MESSAGES_START,
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":9,"delta":{"type":"noise_delta"}}\n\n',
    'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
    'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello there"}}\r\n\r\n',
    'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
    'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}\n\n',
    'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    'event: noise\ndata: after the end\n\n',
  ];
  it('is served when noise stands between its events', async () => {
    for (const way of ways((each) => each.streamed)) {
      script({
        kind: 'sse',
        frames: isChat(way) ? [CHAT_START, ...CHAT_REST] : [MESSAGES_START, ...MESSAGES_REST],
      });
      const answered = await call(gateway, way);
      expectServed(answered, way);
      expect(answered.text.match(/there/g)).toHaveLength(1);
    }
    await untilSettled(gateway);
  });

  it('is served when one event is almost a megabyte long, and broken off at one of two', async () => {
    for (const way of ways((each) => each.streamed)) {
      const frames = isChat(way) ? [CHAT_START, ...CHAT_REST] : [MESSAGES_START, ...MESSAGES_REST];
      const withText = (text: string) => frames.map((frame) => frame.replace('there', text));
      const long = 'long '.repeat(200_000);
      script({ kind: 'sse', frames: withText(long) });
      const answered = await call(gateway, way);
      expectServed(answered, way);
      expect(answered.text.length).toBeGreaterThan(long.length);
      await untilSettled(gateway);
      script({ kind: 'sse', frames: withText('long '.repeat(400_000)) });
      const broken = await callAndFail(gateway, way);
      if (broken.response.status === 200) expectBrokenStream(broken, way);
      expect(broken.text).toContain('The upstream sent a line of more than 1 MB');
    }
  });

  const odd = [9_007_199_254_740_991, 1e308, 2_000_000_000, -5, 1.5, '7', null, {}, []];
  it.each(odd.map((figure) => [JSON.stringify(figure), figure] as const))(
    'is settled as an estimate when its usage says %s, and its id is unprintable',
    async (_, figure) => {
      for (const way of ways((each) => !each.streamed)) {
        const id = 'a\0b\ud800';
        const body = isChat(way)
          ? {
              id,
              choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'x\0y' }],
              usage: { prompt_tokens: figure, completion_tokens: figure },
            }
          : {
              id,
              type: 'message',
              role: 'assistant',
              content: [{ type: 'text', text: 'Hi' }],
              stop_reason: 'x\0y',
              usage: { input_tokens: figure, output_tokens: figure },
            };
        script({ kind: 'json', body: body as never });
        expectServed(await call(gateway, way), way);
        await untilSettled(gateway);
        const { rows } = await gateway.pool.query(
          'select r.usage_source, e.amount_nano::int as amount from request r join usage_event e on e.request_id = r.id order by r.id desc limit 1',
        );
        expect(rows[0]).toMatchObject({ usage_source: 'estimate' });
        expect((rows[0] as { amount: number }).amount).toBeLessThan(1_000_000);
      }
    },
  );
});

describe('after all that', () => {
  it('every hold is closed, nothing is held, and calls are served as ever', async () => {
    gateway.simulator.reset();
    for (const way of ways()) expectServed(await call(gateway, way), way);
    await untilSettled(gateway);
    const { rows } = await gateway.pool.query('select held_nano::text as held from wallet');
    expect(rows).toEqual([{ held: '0' }]);
  });
});
