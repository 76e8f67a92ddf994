import type OpenAI from 'openai';
import { ChargeWatch } from './charges.js';
import {
  MESSAGES_MODEL,
  GEMINI_MODEL,
  RESPONSES_MODEL,
  startGateway,
  UPSTREAM_MODELS,
  type TestGateway,
} from './gateway.js';
import type { OpenaiSdk } from './openai-cases.js';
import { ONE_PIXEL_PNG, WEATHER_SCHEMA } from './samples.js';

/** What the cases work with; its members are set before the first case. */
interface Stage {
  gateway: TestGateway;
  client: OpenAI;
  watch: ChargeWatch;
}

type Params = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Item = OpenAI.Responses.ResponseInputItem;
type Answer = OpenAI.Responses.Response;

const ask = (model: string, input: string | Item[]): Params => ({ model, max_output_tokens: 2_000, input });

const weatherTool: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  parameters: { ...WEATHER_SCHEMA },
  strict: false,
};

const callsOf = ({ output }: Answer) => output.filter((item) => item.type === 'function_call');

/** Everything an application does with the unmodified SDK over the Responses API. */
export function describeResponsesSdk(name: string, Sdk: OpenaiSdk): void {
  describe(`the unmodified SDK ${name}, Responses`, () => {
    const stage = {} as Stage;
    beforeAll(async () => {
      stage.gateway = await startGateway();
      const { url, secret } = stage.gateway;
      stage.client = new Sdk({ apiKey: secret, baseURL: `${url}/v1`, maxRetries: 0 });
      stage.watch = new ChargeWatch(stage.gateway);
    });
    afterAll(() => stage.gateway.close());
    beforeEach(() => stage.watch.begin());
    afterEach(() => stage.watch.expectExact());

    describe.each(UPSTREAM_MODELS)('over %s', (_protocol, model) => {
      textCases(stage, model);
      streamCases(stage, model);
      toolCases(stage, model);
      limitCases(stage, model);
      errorCases({ stage, Sdk, model });
    });
    reasoningCases(stage);
  });
}

function textCases(stage: Stage, model: string): void {
  it('row 74: reads an answer that repeats its parameters, with the canonical model and the price', async () => {
    const params = { ...ask(model, 'hello there'), instructions: 'Be brief.', temperature: 0.5 };
    const { data, response } = await stage.client.responses
      .create({ ...params, metadata: { a: 'b' }, store: true })
      .withResponse();
    expect(data).toMatchObject({
      object: 'response',
      id: expect.stringMatching(/^resp_\w+$/) as unknown,
      model,
      status: 'completed',
      instructions: 'Be brief.',
      temperature: 0.5,
      max_output_tokens: 2_000,
      metadata: { a: 'b' },
      tool_choice: 'auto',
      tools: [],
      store: false,
      previous_response_id: null,
    });
    expect(data.output_text).toContain('You said: "hello there".');
    const { input, output } = stage.gateway.simulator.journal[0]?.answer.usage ?? { input: 0, output: 0 };
    expect(data.usage).toMatchObject({
      input_tokens: input,
      output_tokens: output,
      total_tokens: input + output,
    });
    expect(response.headers.get('x-faregate-model')).toBe(model);
    const [booked] = await stage.watch.booked();
    expect(response.headers.get('x-faregate-cost')?.replace('.', '').replace(/^0+/, '')).toBe(
      booked?.charged,
    );
  });

  it('row 1: carries instructions and several turns', async () => {
    const input: Item[] = [
      { role: 'developer', content: 'Be kind.' },
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'ok' },
      { role: 'user', content: [{ type: 'input_text', text: 'second' }] },
    ];
    const answer = await stage.client.responses.create({ ...ask(model, input), instructions: 'Be brief.' });
    expect(answer.output_text).toContain('You said: "second".');
    const body = JSON.stringify(stage.gateway.simulator.journal[0]?.body);
    for (const words of ['Be brief.', 'Be kind.', 'first', 'ok', 'second']) expect(body).toContain(words);
  });

  it('rows 44 and 45: sends an image and a PDF', async () => {
    const content: OpenAI.Responses.ResponseInputContent[] = [
      { type: 'input_text', text: 'look' },
      { type: 'input_image', detail: 'high', image_url: `data:image/png;base64,${ONE_PIXEL_PNG}` },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
    ];
    const answer = await stage.client.responses.create(ask(model, [{ role: 'user', content }]));
    expect(answer.output_text).toContain('I received 1 image (image/png, 70 bytes).');
    expect(answer.output_text).toContain('I received 1 document (application/pdf, 5 bytes).');
  });

  it.each([false, true])('gets JSON of a schema, parsed by the helper (streamed: %s)', async (streamed) => {
    const format = {
      type: 'json_schema' as const,
      name: 'city',
      strict: true,
      schema: { ...WEATHER_SCHEMA },
    };
    const params = { ...ask(model, 'Name a city'), text: { format } };
    const answer = streamed
      ? await stage.client.responses.stream({ ...params, stream: true }).finalResponse()
      : await stage.client.responses.parse(params);
    expect(JSON.parse(answer.output_text)).toEqual({ city: 'Paris' });
  });
}

function streamCases(stage: Stage, model: string): void {
  it('row 74: iterates a stream: numbered events under one identity', async () => {
    const stream = await stage.client.responses.create({ ...ask(model, 'tell me'), stream: true });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['response.created', 'response.in_progress']);
    const told = events.flatMap((event) => ('response' in event ? [event.response] : []));
    expect(new Set(told.map((response) => `${response.id} ${response.model}`)).size).toBe(1);
    expect(told.at(-1)).toMatchObject({ model, status: 'completed', store: false });
    const { usage } = stage.gateway.simulator.journal[0]?.answer ?? {};
    expect(told.at(-1)?.usage).toMatchObject({ output_tokens: usage?.output });
  });

  it('assembles from a stream what it reads without one', async () => {
    const whole = await stage.client.responses.create(ask(model, 'tell me'));
    const streamed = await stage.client.responses
      .stream({ ...ask(model, 'tell me'), stream: true })
      .finalResponse();
    expect(streamed.output_text).toBe(whole.output_text);
    expect(streamed.status).toBe('completed');
    expect(streamed.usage).toEqual(whole.usage);
  });
}

function toolCases(stage: Stage, model: string): void {
  it.each([false, true])(
    'row 11: takes two tool calls and their results (streamed: %s)',
    async (streamed) => {
      const send = async (input: Item[]): Promise<Answer> => {
        const params = { ...ask(model, input), tools: [weatherTool] };
        const { responses } = stage.client;
        return streamed
          ? responses.stream({ ...params, stream: true }).finalResponse()
          : responses.create(params);
      };
      const question: Item = { role: 'user', content: 'Call the weather tool for both Paris and Rome' };
      const first = await send([question]);
      const calls = callsOf(first);
      expect(calls.map((call) => JSON.parse(call.arguments) as unknown)).toEqual([
        { city: 'Paris' },
        { city: 'Rome' },
      ]);
      const outputs = calls.map((call, index): Item => ({
        type: 'function_call_output',
        call_id: call.call_id,
        output: index === 0 ? '18 C' : [{ type: 'input_text', text: '21 C' }],
      }));
      const second = await send([question, ...first.output, ...outputs] as Item[]);
      expect(second.output_text).toContain(
        'The tool get_weather answered: "18 C". The tool get_weather answered: "21 C".',
      );
    },
  );

  it('rows 19 and 22: is held to one call, to none, to a named tool, to the allowed ones', async () => {
    const other: OpenAI.Responses.FunctionTool = { ...weatherTool, name: 'get_time' };
    const base = {
      ...ask(model, 'Call the weather tool for both Paris and Rome'),
      tools: [weatherTool, other],
    };
    const names = (answer: Answer) => callsOf(answer).map(({ name }) => name);
    const { responses } = stage.client;
    const single = { ...base, tools: [weatherTool], parallel_tool_calls: false };
    // Gemini cannot be held to one call, and says so.
    if (model === GEMINI_MODEL) {
      const { response } = await responses.create(single).withResponse();
      expect(response.headers.get('x-faregate-warnings')).toContain('parallel_tool_calls was dropped');
    } else expect(names(await responses.create(single))).toEqual(['get_weather']);
    expect(names(await responses.create({ ...base, tool_choice: 'none' }))).toEqual([]);
    const named = { ...base, input: 'hi', tool_choice: { type: 'function', name: 'get_time' } as const };
    expect(names(await responses.create(named))).toEqual(['get_time']);
    const allowed = {
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'function', name: 'get_time' }],
    };
    const choice = { ...base, input: 'hi', tool_choice: allowed as OpenAI.Responses.ToolChoiceAllowed };
    expect(names(await responses.create(choice))).toEqual(['get_time']);
  });
}

function limitCases(stage: Stage, model: string): void {
  it.each([false, true])('row 53: ends incomplete at the token limit (streamed: %s)', async (streamed) => {
    const params = { ...ask(model, 'count 400 words'), max_output_tokens: 20 };
    const { responses } = stage.client;
    const cut = streamed
      ? await responses.stream({ ...params, stream: true }).finalResponse()
      : await responses.create(params);
    expect(cut).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      usage: { output_tokens: 20 },
    });
  });

  it.each([false, true])('row 56: reads a refusal (streamed: %s)', async (streamed) => {
    const params = ask(model, 'refuse please');
    const { responses } = stage.client;
    const refused = streamed
      ? await responses.stream({ ...params, stream: true }).finalResponse()
      : await responses.create(params);
    const parts = refused.output.flatMap((item) => (item.type === 'message' ? item.content : []));
    expect(parts).toMatchObject([
      { type: 'refusal', refusal: expect.stringContaining('not able') as unknown },
    ]);
    expect(parts).toHaveLength(1);
  });
}

function errorCases({ stage, Sdk, model }: { stage: Stage; Sdk: OpenaiSdk; model: string }): void {
  it('turns a refusal of the upstream into its own error class', async () => {
    stage.gateway.simulator.use({ answer: { kind: 'error', status: 400, message: 'temperature: bad' } });
    const failed = stage.client.responses.create(ask(model, 'x'));
    await expect(failed).rejects.toBeInstanceOf(Sdk.BadRequestError);
    await expect(failed).rejects.toMatchObject({
      message: expect.stringContaining('temperature: bad') as unknown,
    });
  });

  it('row 70: ends a stream that breaks in the middle with response.failed, and charges nothing', async () => {
    stage.gateway.simulator.use({ answer: { kind: 'model' }, pacing: { errorAfterFrames: 6 } });
    const stream = await stage.client.responses.create({ ...ask(model, 'hello'), stream: true });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    const [first] = events;
    const last = events.at(-1);
    expect(events.filter(({ type }) => type === 'response.completed')).toEqual([]);
    if (first?.type !== 'response.created' || last?.type !== 'response.failed')
      throw new Error(`from ${first?.type} to ${last?.type}`);
    expect(last.response).toMatchObject({ id: first.response.id, model, status: 'failed' });
    expect(last.response.error?.message).toMatch(/./);
    const [broken] = await stage.watch.booked();
    expect(broken).toMatchObject({ status: 'failed', hold: 'released', charged: null });
    await stage.watch.begin();
  });
}

function reasoningCases(stage: Stage): void {
  it.each([
    ['Messages', MESSAGES_MODEL, { effort: 'high' as const, summary: 'auto' as const }],
    ['Responses', RESPONSES_MODEL, { effort: 'low' as const, summary: 'auto' as const }],
  ])(
    'rows 38 and 40: replays encrypted reasoning over %s through a tool round trip',
    async (_name, model, reasoning) => {
      if (model === MESSAGES_MODEL)
        stage.gateway.simulator.use({ times: 1, answer: { kind: 'model', thinking: 'Let me look.' } });
      const question: Item = { role: 'user', content: 'Call the weather tool for Paris' };
      const base = { ...ask(model, [question]), tools: [weatherTool], reasoning };
      const first = await stage.client.responses.create(base);
      const thought = first.output.find((item) => item.type === 'reasoning');
      expect(thought?.summary.length).toBe(1);
      expect(thought?.encrypted_content).toMatch(/./);
      const [call] = callsOf(first);
      const output: Item = { type: 'function_call_output', call_id: call?.call_id ?? '', output: '18 C' };
      const input = [question, ...first.output, output] as Item[];
      const second = await stage.client.responses.create({ ...base, input });
      expect(second.output_text).toContain('answered: "18 C".');
      const replayed = JSON.stringify(stage.gateway.simulator.journal[1]?.body);
      expect(replayed).toMatch(model === MESSAGES_MODEL ? /"signature":"[^"]{20}/ : /"encrypted_content":"/);
    },
  );
}
