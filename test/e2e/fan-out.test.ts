import OpenAI from 'openai';
import { ChargeWatch } from '../support/charges.js';
import { MESSAGES_MODEL, startGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
let watch: ChargeWatch;
let client: OpenAI;

beforeAll(async () => {
  gateway = await startGateway();
  watch = new ChargeWatch(gateway);
  client = new OpenAI({ apiKey: gateway.secret, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});
afterAll(() => gateway.close());
beforeEach(() => watch.begin());

const ask = { model: MESSAGES_MODEL, n: 3, messages: [{ role: 'user' as const, content: 'three answers' }] };

describe('several answers of a model that gives one at a time', () => {
  it('row 33: come streamed and whole, one upstream call each, all of them paid and none other', async () => {
    const whole = await client.chat.completions.create(ask);
    expect(whole.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    const streamed = await client.chat.completions.stream({ ...ask, stream: true }).finalChatCompletion();
    const said = ({ message, finish_reason }: (typeof whole.choices)[0]): unknown[] => [
      message.content,
      finish_reason,
    ];
    expect(streamed.choices.map(said)).toEqual(whole.choices.map(said));
    expect(gateway.simulator.journal).toHaveLength(6);
    await watch.expectExact();
    const usage = whole.usage as typeof whole.usage & { cost: number };
    const [charged] = await watch.booked();
    expect(BigInt(Math.round(usage.cost * 1e9))).toBe(BigInt(charged?.charged ?? -1));
  });

  it('row 33: one that fails before it began is asked for again, and only what served is paid', async () => {
    gateway.simulator.use({ times: 1, answer: { kind: 'error', status: 500 } });
    const { choices } = await client.chat.completions.create(ask);
    expect(choices).toHaveLength(3);
    expect(gateway.simulator.journal).toHaveLength(4);
    await watch.expectExact();
  });

  it('row 33: one that fails for good fails all, and nobody pays', async () => {
    gateway.simulator.use({ times: 1, answer: { kind: 'error', status: 400, message: 'top_k: bad' } });
    await expect(client.chat.completions.create(ask)).rejects.toMatchObject({ status: 400 });
    const [booked] = await watch.booked();
    expect(booked).toMatchObject({ status: 'failed', hold: 'released', charged: null });
  });
});
