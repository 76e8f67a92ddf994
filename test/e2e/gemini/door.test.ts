import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool } from 'ai';
import { ChargeWatch } from '../../support/charges.js';
import { startGateway, UPSTREAM_MODELS, type TestGateway } from '../../support/gateway.js';
import { ONE_PIXEL_PNG, WEATHER_SCHEMA } from '../../support/samples.js';

let gateway: TestGateway;
let watch: ChargeWatch;
let google: ReturnType<typeof createGoogleGenerativeAI>;

beforeAll(async () => {
  gateway = await startGateway();
  watch = new ChargeWatch(gateway);
  google = createGoogleGenerativeAI({ baseURL: `${gateway.url}/v1beta`, apiKey: gateway.secret });
});
afterAll(() => gateway.close());
beforeEach(() => watch.begin());

const weather = (asked: string[]) =>
  tool({
    description: 'Weather of a city',
    inputSchema: jsonSchema<{ city: string }>({ ...WEATHER_SCHEMA } as object),
    execute: async ({ city }) => {
      asked.push(city);
      return Promise.resolve(`-3 C in ${city}`);
    },
  });

describe.each(UPSTREAM_MODELS)('the unmodified @ai-sdk/google over %s', (_protocol, model) => {
  afterEach(() => watch.expectExact());

  it('reads a text, its usage and its end', async () => {
    const answer = await generateText({ model: google(model), prompt: 'hello there' });
    expect(answer.text).toContain('You said: "hello there".');
    expect(answer.finishReason).toBe('stop');
    const { input, output } = gateway.simulator.journal[0]?.answer.usage ?? { input: 0, output: 0 };
    expect(answer.usage).toMatchObject({ inputTokens: input, outputTokens: output });
  });

  it('reads a stream', async () => {
    const answer = streamText({ model: google(model), prompt: 'tell me' });
    const pieces: string[] = [];
    for await (const piece of answer.textStream) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toContain('You said: "tell me".');
    expect(await answer.finishReason).toBe('stop');
    expect((await answer.usage).outputTokens).toBe(gateway.simulator.journal[0]?.answer.usage?.output);
  });

  it.each([false, true])('row 10: runs parallel tools until the answer (streamed: %s)', async (streamed) => {
    const asked: string[] = [];
    const base = {
      model: google(model),
      prompt: 'Call the weather tool for both Paris and Rome',
      tools: { get_weather: weather(asked) },
      stopWhen: stepCountIs(3),
    };
    const text = streamed ? await streamText(base).text : (await generateText(base)).text;
    expect(text).toContain('answered: ');
    expect(text).toContain('-3 C in Paris');
    expect(text).toContain('-3 C in Rome');
    expect(asked).toEqual(['Paris', 'Rome']);
    expect(gateway.simulator.journal).toHaveLength(2);
  });

  it('row 44: sends an image', async () => {
    const { text } = await generateText({
      model: google(model),
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'file', mediaType: 'image/png', data: ONE_PIXEL_PNG },
          ],
        },
      ],
    });
    expect(text).toContain('I received 1 image (image/png, 70 bytes).');
  });

  it('row 24: gets JSON of a schema', async () => {
    const schema = jsonSchema<{ city: string }>({ ...WEATHER_SCHEMA } as object);
    const { output } = await generateText({
      model: google(model),
      prompt: 'Name a city',
      output: Output.object({ schema }),
    });
    expect(output).toEqual({ city: 'Paris' });
  });

  it("turns an upstream's refusal into its own error", async () => {
    gateway.simulator.use({ answer: { kind: 'error', status: 400, message: 'temperature: bad' } });
    const failed = generateText({ model: google(model), prompt: 'x', maxRetries: 0 });
    await expect(failed).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('temperature: bad'),
    });
  });
});
