import { chatBody, until, untilSettled } from '../../support/calls.js';
import { CHAT_MODEL, serveModel, startGateway, type TestGateway } from '../../support/gateway.js';
import { brokenRules, giveCredit, readCalls } from '../../support/money.js';
import { openCall } from '../../support/raw-call.js';

const CHAT = '/v1/chat/completions';
/** Of a vendor that says nothing about what a cancelled stream costs. */
const COSTING_MODEL = 'test/costing';

describe('an answer that goes on costing when its caller has left', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ balanceNano: 0n, env: { ABANDONED_ANSWER_MS: '5000' } });
    await giveCredit(gateway, 1_000_000_000_000n);
    await serveModel(gateway.pool, {
      id: COSTING_MODEL,
      protocol: 'openai-chat',
      adapter: 'openai-compatible',
      upstreamModel: 'gpt-5.5',
      baseUrl: `${gateway.simulator.baseUrl}/v1`,
    });
    const models = { headers: { authorization: `Bearer ${gateway.secret}` } };
    const list = async () => (await fetch(`${gateway.url}/v1/models`, models)).text();
    await until(list, (text) => text.includes(COSTING_MODEL));
  });
  beforeEach(() => gateway.simulator.reset());
  afterAll(async () => {
    expect(await brokenRules(gateway)).toEqual([]);
    await gateway.close();
  });

  const settled = async (known: number) => {
    const calls = await until(
      () => readCalls(gateway.pool),
      (all) => all.length > known,
    );
    await untilSettled(gateway);
    return calls.slice(known);
  };

  it.each([
    ['a stream of a vendor that does not stop', COSTING_MODEL, true],
    ['a whole answer, which no vendor stops', CHAT_MODEL, false],
  ])('%s is read to its end and charged by what the vendor reports, once', async (_, model, stream) => {
    const usage = { input: 321, output: 77 };
    const pacing = stream ? { stallAfterFrames: 3, stallMs: 400 } : { firstByteDelayMs: 400 };
    gateway.simulator.use({ times: 1, answer: { kind: 'model', usage }, pacing });
    const known = (await readCalls(gateway.pool)).length;
    const call = openCall(gateway, CHAT, chatBody(model, { stream }));
    if (stream) await call.received(/data:/);
    else await gateway.simulator.until((journal) => journal.length === 1);
    call.hangUp();
    expect(await settled(known)).toEqual([
      expect.objectContaining({
        status: 'aborted',
        estimated: false,
        input_tokens: 321,
        output_tokens: 77,
        amount_nano: 321n * 3_000n + 77n * 15_000n,
      }),
    ]);
    expect(gateway.simulator.journal.map(({ answer }) => answer.finished)).toEqual(['complete']);
  });

  it('is cut at once where that ends the charge', async () => {
    const known = (await readCalls(gateway.pool)).length;
    gateway.simulator.use({
      times: 1,
      answer: { kind: 'model' },
      pacing: { stallAfterFrames: 3, stallMs: 2_000 },
    });
    const stopping = openCall(gateway, CHAT, chatBody(CHAT_MODEL, { stream: true }));
    await stopping.received(/data:/);
    stopping.hangUp();
    await gateway.simulator.idle();
    expect(gateway.simulator.journal.map(({ answer }) => answer.finished)).toEqual(['client-aborted']);
    expect(await settled(known)).toMatchObject([{ status: 'aborted', estimated: true }]);
  });

  it.each([
    ['a whole answer', CHAT_MODEL, false, 500],
    ['a stream', COSTING_MODEL, true, 429],
  ])('costs nobody anything when the vendor refuses it, and is asked of nobody else: %s', async (...one) => {
    const [, model, stream, status] = one;
    const refusal = { kind: 'error', status, message: 'Not now.' } as const;
    gateway.simulator.use({ times: 1, answer: refusal, pacing: { firstByteDelayMs: 300 } });
    const known = (await readCalls(gateway.pool)).length;
    const call = openCall(gateway, CHAT, chatBody(model, { stream }));
    await gateway.simulator.until((journal) => journal.length === 1);
    call.hangUp();
    expect(await settled(known)).toEqual([
      expect.objectContaining({ status: 'aborted', estimated: null, amount_nano: 0n }),
    ]);
    expect(gateway.simulator.journal).toHaveLength(1);
    const { rows } = await gateway.pool.query(
      'select outcome, cost_nano from attempt order by request_id desc limit 1',
    );
    expect(rows).toEqual([{ outcome: 'failed', cost_nano: '0' }]);
  });

  it.each([
    ['a refusal', { kind: 'error', status: 500, message: 'Not now.' }],
    ['a refusal of the request', { kind: 'error', status: 400, message: 'Not so.' }],
    [
      'something else than a stream',
      { kind: 'text', contentType: 'text/html', body: '<html>not now</html>' },
    ],
  ] as const)('costs nobody anything when %s has begun to come', async (_, answer) => {
    const pacing = { cuts: [5], chunkDelayMs: 20_000 };
    gateway.simulator.use({ times: 1, answer, pacing });
    const known = (await readCalls(gateway.pool)).length;
    const call = openCall(gateway, CHAT, chatBody(CHAT_MODEL, { stream: true }));
    await gateway.simulator.until(([entry]) => (entry?.answer.bytesSent ?? 0) > 0);
    // What was sent is read by then.
    await new Promise((resolve) => setTimeout(resolve, 100));
    call.hangUp();
    expect(await settled(known)).toEqual([
      expect.objectContaining({ status: 'aborted', estimated: null, amount_nano: 0n }),
    ]);
    const { rows } = await gateway.pool.query(
      'select outcome, cost_nano from attempt order by request_id desc limit 1',
    );
    expect(rows).toEqual([{ outcome: 'failed', cost_nano: '0' }]);
  });

  it('is read no further than 32 MB, and charged by what was received', async () => {
    const begun =
      'data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"}}]}\n\n';
    const frame = `: ${'x'.repeat(262_144)}\n\n`;
    const pacing = { chunkDelayMs: 1 };
    gateway.simulator.use({
      times: 1,
      answer: { kind: 'repeat', before: [begun], frame, count: 4_000 },
      pacing,
    });
    const known = (await readCalls(gateway.pool)).length;
    const call = openCall(gateway, CHAT, chatBody(COSTING_MODEL, { stream: true }));
    await call.received(/Hello/);
    call.hangUp();
    expect(await settled(known)).toMatchObject([{ status: 'aborted', estimated: true }]);
    await gateway.simulator.idle();
    const [entry] = gateway.simulator.journal;
    expect(entry?.answer.finished).toBe('client-aborted');
    expect(entry?.answer.bytesSent).toBeGreaterThan(32 * 1024 * 1024);
    expect(entry?.answer.bytesSent).toBeLessThan(64 * 1024 * 1024);
  });
});
