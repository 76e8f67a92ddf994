import { connect } from 'node:net';
import { CompletionsService } from '../../../src/gateway/completions.service.js';
import { chatBody, post, until, untilSettled } from '../../support/calls.js';
import { CHAT_MODEL, MESSAGES_MODEL, startGateway, type TestGateway } from '../../support/gateway.js';
import { brokenRules, giveCredit, readCalls, readCount, readWallet } from '../../support/money.js';
import { newSeed, randomNumbers } from '../../support/random.js';
import { openCall, rawCall } from '../../support/raw-call.js';
import { DELTA, endlessRule, REPORTED_INPUT, streamRule } from '../../support/upstream-frames.js';

const CHAT = '/v1/chat/completions';
const MESSAGES = '/v1/messages';
const INPUT_NANO = 3_000n;
const OUTPUT_NANO = 15_000n;

/** Every pair of the caller's protocol and the upstream's. */
const PAIRS = [
  [CHAT, CHAT_MODEL, 'openai-chat'],
  [CHAT, MESSAGES_MODEL, 'anthropic-messages'],
  [MESSAGES, CHAT_MODEL, 'openai-chat'],
  [MESSAGES, MESSAGES_MODEL, 'anthropic-messages'],
] as const;

/** A picture in the body, in the words of the protocol. */
const pictureOf = (path: string, data: string): object =>
  path === CHAT
    ? { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } }
    : { type: 'image', source: { type: 'base64', media_type: 'image/png', data } };

describe('a caller who hangs up', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    // Whole answers go on costing when nobody waits for them: they are read a moment longer, then cut.
    gateway = await startGateway({ balanceNano: 0n, env: { ABANDONED_ANSWER_MS: '100' } });
    await giveCredit(gateway, 1_000_000_000_000n);
  });
  beforeEach(() => gateway.simulator.reset());
  afterAll(() => gateway.close());

  /** What became of the only call since `known`, once it is settled. */
  const settledCall = async (known: number) => {
    const calls = await until(
      () => readCalls(gateway.pool),
      (all) => all.length > known,
    );
    await untilSettled(gateway);
    expect(calls).toHaveLength(known + 1);
    return calls.at(-1);
  };
  const callCount = async (): Promise<number> => (await readCalls(gateway.pool)).length;
  const upstreamSawItEnd = async (): Promise<void> => {
    await gateway.simulator.idle();
    expect(gateway.simulator.journal.map(({ answer }) => answer.finished)).toEqual(['client-aborted']);
  };
  const estimatedInput = (body: object): number => Math.ceil(Buffer.byteLength(JSON.stringify(body)) / 4);

  describe.each(PAIRS)('on %s with %s', (path, model, protocol) => {
    it.each([true, false])('before the status (stream: %s) pays for the input, once', async (stream) => {
      gateway.simulator.use({ answer: { kind: 'model' }, pacing: { neverAnswer: true }, times: 1 });
      const known = await callCount();
      const body = chatBody(model, { stream });
      const call = openCall(gateway, path, body);
      await gateway.simulator.until((journal) => journal.length === 1);
      call.hangUp();
      await upstreamSawItEnd();
      const input = estimatedInput(body);
      expect(await settledCall(known)).toMatchObject({
        status: 'aborted',
        estimated: true,
        input_tokens: input,
        output_tokens: 0,
        amount_nano: BigInt(input) * INPUT_NANO,
      });
    });

    it.each([1, 5])('after %s pieces of a stream pays for the input and for those, once', async (pieces) => {
      gateway.simulator.use(streamRule(protocol, pieces));
      const known = await callCount();
      const body = chatBody(model, { stream: true });
      const call = openCall(gateway, path, body);
      await call.received(new RegExp(`(${DELTA}[^]*){${pieces}}`));
      call.hangUp();
      await upstreamSawItEnd();
      const input = protocol === 'openai-chat' ? estimatedInput(body) : REPORTED_INPUT;
      expect(await settledCall(known)).toMatchObject({
        status: 'aborted',
        estimated: true,
        input_tokens: input,
        output_tokens: 2 * pieces,
        amount_nano: BigInt(input) * INPUT_NANO + BigInt(2 * pieces) * OUTPUT_NANO,
      });
    });

    it('in the middle of a whole answer, which it never saw, pays for the input, once', async () => {
      gateway.simulator.use({
        answer: { kind: 'model' },
        pacing: { cuts: [20], chunkDelayMs: 20_000 },
        times: 1,
      });
      const known = await callCount();
      const body = chatBody(model);
      const call = openCall(gateway, path, body);
      await gateway.simulator.until((journal) => (journal[0]?.answer.bytesSent ?? 0) > 0);
      call.hangUp();
      await upstreamSawItEnd();
      expect(await settledCall(known)).toMatchObject({
        status: 'aborted',
        estimated: true,
        amount_nano: BigInt(estimatedInput(body)) * INPUT_NANO,
      });
    });

    it('before the status, with a picture, pays for the text and a thousand tokens, not for its bytes', async () => {
      gateway.simulator.use({ answer: { kind: 'model' }, pacing: { neverAnswer: true }, times: 1 });
      const known = await callCount();
      const data = 'iVBORw0KGgo'.repeat(40_000);
      const content = [{ type: 'text', text: 'What is this?' }, pictureOf(path, data)];
      const call = openCall(gateway, path, { ...chatBody(model), messages: [{ role: 'user', content }] });
      await gateway.simulator.until((journal) => journal.length === 1);
      call.hangUp();
      await upstreamSawItEnd();
      const settled = await settledCall(known);
      expect(settled).toMatchObject({ status: 'aborted', estimated: true });
      expect(settled?.input_tokens).toBeGreaterThan(1_000);
      expect(settled?.input_tokens).toBeLessThan(1_200);
    });

    it('with the last piece in hand pays for the whole answer as the upstream counted it, once', async () => {
      gateway.simulator.use(streamRule(protocol));
      const known = await callCount();
      const call = openCall(gateway, path, chatBody(model, { stream: true }));
      await call.received(path === CHAT ? /data: \[DONE\]/ : /event: message_stop/);
      call.hangUp();
      expect(await settledCall(known)).toMatchObject({
        status: 'completed',
        estimated: false,
        input_tokens: REPORTED_INPUT,
        output_tokens: 12,
        amount_nano: BigInt(REPORTED_INPUT) * INPUT_NANO + 12n * OUTPUT_NANO,
      });
    });
  });

  it('is missed in every call of its connection, also in those whose answer waits behind another', async () => {
    gateway.simulator.use(endlessRule(8));
    gateway.simulator.use(endlessRule(8));
    const known = await callCount();
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    socket.resume();
    socket.write(rawCall(gateway.secret, chatBody(CHAT_MODEL, { stream: true })).repeat(2));
    await gateway.simulator.until(
      (journal) => journal.length === 2 && journal.every(({ answer }) => answer.bytesSent > 0),
    );
    socket.destroy();
    await gateway.simulator.idle();
    const ends = gateway.simulator.journal.map(({ answer }) => answer.finished);
    expect(ends).toEqual(['client-aborted', 'client-aborted']);
    const calls = await until(
      () => readCalls(gateway.pool),
      (all) => all.length === known + 2,
    );
    await untilSettled(gateway);
    expect(calls.slice(-2).map(({ status }) => status)).toEqual(['aborted', 'aborted']);
    expect(gateway.api.app.get(CompletionsService).callsRunning).toBe(0);
    expect((await readWallet(gateway)).heldNano).toBe(0n);
  });

  it('crash point C5: two hundred times at any moment leaves nothing open, at full throughput, and the books right', async () => {
    const seed = newSeed();
    const random = randomNumbers(seed);
    gateway.simulator.use({
      answer: { kind: 'model' },
      pacing: { firstByteDelayMs: 20, chunkDelayMs: 15 },
      times: 200,
    });
    const known = await callCount();
    const before = await readWallet(gateway);
    const one = async (): Promise<void> => {
      const [path, model] = PAIRS[random(PAIRS.length)] ?? PAIRS[0];
      const body = chatBody(model, { stream: random(2) === 1 });
      const call = openCall(gateway, path, body);
      await Promise.race([call.over, wait(random(300))]);
      call.hangUp();
      await call.over;
    };
    const lane = async (): Promise<void> => {
      for (let count = 0; count < 10; count++) await one();
    };
    await Promise.all(Array.from({ length: 20 }, lane));
    // Connections are taken in order: once this one is answered, the gateway has seen all the others.
    await (await post(gateway, CHAT, chatBody(CHAT_MODEL))).text();
    const completions = gateway.api.app.get(CompletionsService);
    await until(
      () => Promise.resolve(completions.callsRunning),
      (running) => running === 0,
    );
    await gateway.simulator.idle();
    await untilSettled(gateway);
    const calls = (await readCalls(gateway.pool)).slice(known);
    const charged = calls.reduce((sum, { amount_nano }) => sum + amount_nano, 0n);
    expect({ seed, ...(await readWallet(gateway)) }).toEqual({
      seed,
      balanceNano: before.balanceNano - charged,
      heldNano: 0n,
    });
    expect(calls.filter(({ status }) => status === 'aborted').length).toBeGreaterThan(5);
    // Whoever reached an upstream is charged; a call whose caller left earlier is not.
    const reached = gateway.simulator.journal.length;
    expect(calls.filter(({ estimated }) => estimated !== null).length).toBeGreaterThanOrEqual(reached);
    expect(await readCount(gateway.pool, 'select count(*) from hold')).toBe(known + calls.length);
    expect(await brokenRules(gateway)).toEqual([]);
    gateway.simulator.reset();
    const served = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const [path, model] = PAIRS[index % PAIRS.length] ?? PAIRS[0];
        const response = await post(gateway, path, chatBody(model, { stream: index % 8 < 4 }));
        await response.text();
        return response.status;
      }),
    );
    expect(served.filter((status) => status !== 200)).toEqual([]);
    await untilSettled(gateway);
    expect(gateway.simulator.journal.filter(({ answer }) => answer.finished !== 'complete')).toEqual([]);
  }, 60_000);
});

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
