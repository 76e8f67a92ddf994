import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import type { JsonObject } from '../../../src/core/json.js';
import { post } from '../../support/calls.js';
import { ChargeWatch } from '../../support/charges.js';
import { GEMINI_MODEL, MESSAGES_MODEL, startGateway, type TestGateway } from '../../support/gateway.js';
import { WEATHER_SCHEMA } from '../../support/samples.js';

let gateway: TestGateway;
let watch: ChargeWatch;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  gateway = await startGateway();
  watch = new ChargeWatch(gateway);
  openai = new OpenAI({ apiKey: gateway.secret, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey: gateway.secret, baseURL: gateway.url, maxRetries: 0 });
});
afterAll(() => gateway.close());
beforeEach(() => watch.begin());

interface Part {
  functionCall?: JsonObject;
  functionResponse?: JsonObject;
  thoughtSignature?: string;
  text?: string;
}

/** Parts of the contents that the upstream was sent, by call and content. */
function sentParts(call: number): Part[][] {
  const body = gateway.simulator.journal[call]?.body as unknown as { contents: { parts: Part[] }[] };
  return body.contents.map(({ parts }) => parts);
}

const tool: OpenAI.ChatCompletionFunctionTool = {
  type: 'function',
  function: { name: 'get_weather', parameters: { ...WEATHER_SCHEMA } },
};
const QUESTION = 'Call the weather tool for both Paris and Rome';
const SKIP = 'skip_thought_signature_validator';

describe('a Gemini upstream', () => {
  it('is called by model and manner in the path, with its own header for the credential', async () => {
    const params = { model: GEMINI_MODEL, messages: [{ role: 'user' as const, content: 'hi' }] };
    await openai.chat.completions.create(params);
    await openai.chat.completions.stream({ ...params, stream: true }).finalChatCompletion();
    const [whole, streamed] = gateway.simulator.journal;
    expect(whole).toMatchObject({ path: '/v1beta/models/gemini-3.1-pro-preview:generateContent', query: '' });
    expect(streamed?.path).toBe('/v1beta/models/gemini-3.1-pro-preview:streamGenerateContent');
    expect(streamed?.query).toBe('alt=sse');
    expect(whole?.headers['x-goog-api-key']).toMatch(/test$/);
    expect(whole?.headers['authorization']).toBeUndefined();
    await watch.expectExact();
  });

  it.each([false, true])(
    'rows 40 and 41: gets its signature back from a Chat client (streamed: %s)',
    async (streamed) => {
      const base = { model: GEMINI_MODEL, tools: [tool] };
      const question = { role: 'user' as const, content: QUESTION };
      const first = streamed
        ? await openai.chat.completions
            .stream({ ...base, messages: [question], stream: true })
            .finalChatCompletion()
        : await openai.chat.completions.create({ ...base, messages: [question] });
      const message = first.choices[0]?.message as OpenAI.ChatCompletionMessage;
      const results = (message.tool_calls ?? []).map((call) => ({
        role: 'tool' as const,
        tool_call_id: call.id,
        content: '18 C',
      }));
      await openai.chat.completions.create({
        ...base,
        messages: [question, message, ...results.toReversed()],
      });
      const [, calls, answers] = sentParts(1);
      expect(calls?.map(({ thoughtSignature }) => typeof thoughtSignature)).toEqual(['string', 'undefined']);
      expect(calls?.[0]?.thoughtSignature).not.toBe(SKIP);
      expect(calls?.some(({ functionCall }) => functionCall?.['id'] !== undefined)).toBe(false);
      expect(answers?.map(({ functionResponse }) => functionResponse?.['name'])).toEqual([
        'get_weather',
        'get_weather',
      ]);
      await watch.expectExact();
    },
  );

  it.each([false, true])(
    'rows 40 and 41: gets its signature back from a Messages client (streamed: %s)',
    async (streamed) => {
      const input_schema = { ...WEATHER_SCHEMA } as unknown as Anthropic.Tool.InputSchema;
      const base = { model: GEMINI_MODEL, max_tokens: 500, tools: [{ name: 'get_weather', input_schema }] };
      const question = { role: 'user' as const, content: QUESTION };
      const first = streamed
        ? await anthropic.messages.stream({ ...base, messages: [question] }).finalMessage()
        : await anthropic.messages.create({ ...base, messages: [question] });
      expect(first.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use', 'tool_use']);
      const results = first.content
        .filter((block) => block.type === 'tool_use')
        .map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: '18 C' }));
      const messages = [
        question,
        { role: 'assistant' as const, content: first.content },
        { role: 'user' as const, content: [...results, { type: 'text' as const, text: 'And now?' }] },
      ];
      await anthropic.messages.create({ ...base, messages });
      const [, calls, answers, words] = sentParts(1);
      expect(calls?.map(({ thoughtSignature }) => typeof thoughtSignature)).toEqual(['string', 'undefined']);
      expect(calls?.[0]?.thoughtSignature).not.toBe(SKIP);
      // Row 5: results stand alone.
      expect(answers?.every(({ functionResponse }) => functionResponse !== undefined)).toBe(true);
      expect(words).toEqual([{ text: 'And now?' }]);
      await watch.expectExact();
    },
  );

  it('rows 41 and 42: a history of another model goes over without its signatures, with the documented stand-in', async () => {
    const input_schema = { ...WEATHER_SCHEMA } as unknown as Anthropic.Tool.InputSchema;
    const thinking = { type: 'enabled' as const, budget_tokens: 1_024 };
    const base = { max_tokens: 2_000, tools: [{ name: 'get_weather', input_schema }], thinking };
    const question = { role: 'user' as const, content: 'What is the weather in Oslo?' };
    const first = await anthropic.messages.create({ ...base, model: MESSAGES_MODEL, messages: [question] });
    const [thought, use] = first.content as [Anthropic.ThinkingBlock, Anthropic.ToolUseBlock];
    const { data, response } = await anthropic.messages
      .create({
        ...base,
        model: GEMINI_MODEL,
        messages: [
          question,
          { role: 'assistant', content: first.content },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: '-3 C' }] },
        ],
      })
      .withResponse();
    expect(data.stop_reason).toBe('end_turn');
    expect(response.headers.get('x-faregate-warnings')).toContain('messages.thinking was dropped');
    const sent = JSON.stringify(gateway.simulator.journal[1]?.body);
    expect(sent).not.toContain(thought.signature);
    expect(sentParts(1)[1]?.[0]).toMatchObject({ thoughtSignature: SKIP });
    await watch.expectExact();
  });

  it('rows 65 and 73: its events may be cut anywhere, and its growing usage is paid once', async () => {
    gateway.simulator.use({ answer: { kind: 'model' }, pacing: { cuts: { randomSeed: 7 } } });
    const params = { model: GEMINI_MODEL, messages: [{ role: 'user' as const, content: 'tell me' }] };
    const answer = await openai.chat.completions.stream({ ...params, stream: true }).finalChatCompletion();
    expect(answer.choices[0]?.message.content).toContain('You said: "tell me".');
    await watch.expectExact();
  });

  it('rows 35 and 64: thinks when asked, shows it, and is paid for it', async () => {
    const messages = [{ role: 'user' as const, content: 'think' }];
    const thinking = { type: 'enabled' as const, budget_tokens: 1_024 };
    const stream = anthropic.messages.stream({ model: GEMINI_MODEL, max_tokens: 2_000, messages, thinking });
    const message = await stream.finalMessage();
    expect(message.content[0]).toMatchObject({ type: 'thinking', thinking: expect.stringMatching(/./) });
    expect(message.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
    await watch.expectExact();
  });

  it('row 71: its limit is a limit, with the time that RetryInfo names', async () => {
    const RetryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' };
    const error = { code: 429, message: 'You exceeded your current quota.', status: 'RESOURCE_EXHAUSTED' };
    const body = { error: { ...error, details: [RetryInfo] } };
    gateway.simulator.use({ answer: { kind: 'json', status: 429, body } });
    const failed = await post(gateway, '/v1/chat/completions', {
      model: GEMINI_MODEL,
      messages: [{ role: 'user', content: 'x' }],
    });
    expect(failed.status).toBe(429);
    expect(failed.headers.get('retry-after')).toBe('2');
    expect(await failed.json()).toMatchObject({ error: { type: 'rate_limit_error' } });
  });

  it('row 70: an error in a stream of status 200 fails the stream, alone or in an array, and costs nothing', async () => {
    const error = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } };
    const text = '{"candidates":[{"content":{"parts":[{"text":"Half"}],"role":"model"},"index":0}]}';
    for (const last of [error, [error]]) {
      const frames = [`data: ${text}\r\n\r\n`, `data: ${JSON.stringify(last)}\r\n\r\n`];
      gateway.simulator.use({ times: 1, answer: { kind: 'sse', frames } });
      const answer = await post(gateway, '/v1/chat/completions', {
        model: GEMINI_MODEL,
        messages: [{ role: 'user', content: 'x' }],
        stream: true,
      });
      const wire = await answer.text();
      expect(wire).toContain('"content":"Half"');
      expect(wire).toContain('The upstream is overloaded');
      expect(wire).not.toContain('[DONE]');
    }
    for (const call of await watch.booked())
      expect(call).toMatchObject({ status: 'failed', hold: 'released' });
  });

  it('row 55: a blocked prompt is a filtered answer, for Chat and for Messages', async () => {
    const body = {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { promptTokenCount: 7, totalTokenCount: 7 },
    };
    gateway.simulator.use({ answer: { kind: 'json', body, reports: { input: 7 } } });
    const messages = [{ role: 'user' as const, content: 'x' }];
    const chat = await openai.chat.completions.create({ model: GEMINI_MODEL, messages });
    expect(chat.choices[0]).toMatchObject({ finish_reason: 'content_filter' });
    const message = await anthropic.messages.create({ model: GEMINI_MODEL, max_tokens: 10, messages });
    expect(message).toMatchObject({ stop_reason: 'refusal', content: [] });
    await watch.expectExact();
  });
});
