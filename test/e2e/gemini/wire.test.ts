import type { JsonObject } from '../../../src/core/json.js';
import { ChargeWatch } from '../../support/charges.js';
import {
  CHAT_MODEL,
  GEMINI_MODEL,
  MESSAGES_MODEL,
  startGateway,
  UPSTREAM_MODELS,
  type TestGateway,
} from '../../support/gateway.js';
import { WEATHER_SCHEMA } from '../../support/samples.js';

let gateway: TestGateway;
let watch: ChargeWatch;
beforeAll(async () => {
  gateway = await startGateway();
  watch = new ChargeWatch(gateway);
});
afterAll(() => gateway.close());
beforeEach(() => watch.begin());

const contents = [{ role: 'user', parts: [{ text: 'tell me' }] }];

/** A raw call as Google's clients make it. */
const call = (path: string, body: unknown, headers?: Record<string, string>): Promise<Response> =>
  callAt(`v1beta/${path}`, body, headers);

const callAt = (path: string, body: unknown, headers?: Record<string, string>): Promise<Response> =>
  fetch(`${gateway.url}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(headers ?? { 'x-goog-api-key': gateway.secret }) },
    body: JSON.stringify(body),
  });

const generate = (model: string, body: unknown) => call(`models/${model}:generateContent`, body);
const refusal = async (answer: Response) => ((await answer.json()) as { error: JsonObject }).error;

describe("Google's addresses", () => {
  it.each(UPSTREAM_MODELS)('row 73: stream an array without alt=sse, over %s', async (_protocol, model) => {
    const answer = await call(`models/${model}:streamGenerateContent`, { contents });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const chunks = (await answer.json()) as { candidates: { content: { parts: { text?: string }[] } }[] }[];
    const text = chunks.map(({ candidates }) => candidates[0]?.content.parts[0]?.text ?? '').join('');
    expect(text).toContain('You said: "tell me".');
    expect(chunks.at(-1)).toMatchObject({
      candidates: [{ finishReason: 'STOP' }],
      usageMetadata: { totalTokenCount: expect.any(Number) },
      modelVersion: model,
    });
    await watch.expectExact();
  });

  it('row 73: events have CRLF and no terminator', async () => {
    const answer = await call(`models/${CHAT_MODEL}:streamGenerateContent?alt=sse`, { contents });
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const frames = (await answer.text()).split('\r\n\r\n');
    expect(frames.pop()).toBe('');
    expect(frames.every((frame) => frame.startsWith('data: {'))).toBe(true);
    await watch.expectExact();
  });

  it('row 70: a stream that breaks ends with an error, as an event and as the last element of an array', async () => {
    for (const query of ['?alt=sse', '']) {
      gateway.simulator.use({ times: 1, answer: { kind: 'model' }, pacing: { errorAfterFrames: 5 } });
      const answer = await call(`models/${GEMINI_MODEL}:streamGenerateContent${query}`, { contents });
      const wire = await answer.text();
      const last = query === '' ? (JSON.parse(wire) as JsonObject[]).at(-1) : undefined;
      const shown = last ?? (JSON.parse(wire.trim().split('data: ').at(-1) ?? '') as JsonObject);
      expect(shown).toMatchObject({ error: { code: 503, status: 'UNAVAILABLE' } });
    }
    for (const booked of await watch.booked())
      expect(booked).toMatchObject({ status: 'failed', charged: null });
  });

  it('take the model with and without "models/", the older spelling of fields, and show the price', async () => {
    const answer = await call(`${GEMINI_MODEL}:generateContent`, {
      contents,
      system_instruction: { parts: [{ text: 'Be brief.' }] },
      generation_config: { max_output_tokens: 20 },
    });
    const body = (await answer.json()) as { usageMetadata: JsonObject };
    expect(Number(answer.headers.get('x-faregate-cost'))).toBe(body.usageMetadata['cost']);
    expect(gateway.simulator.journal[0]?.body).toMatchObject({
      system_instruction: { parts: [{ text: 'Be brief.' }] },
    });
    await watch.expectExact();
  });

  it('rows 48 and 50: what only Google has goes to Google, and is named where another answers', async () => {
    const body = {
      contents,
      safetySettings: [],
      tools: [{ googleSearch: {} }],
      generationConfig: { mediaResolution: 'LOW' },
    };
    const own = await generate(GEMINI_MODEL, body);
    expect(own.headers.get('x-faregate-warnings')).toBeNull();
    expect(gateway.simulator.journal[0]?.body).toEqual(body);
    const warnings = (await generate(MESSAGES_MODEL, body)).headers.get('x-faregate-warnings');
    for (const name of ['safetySettings', 'tools.googleSearch', 'generationConfig.mediaResolution'])
      expect(warnings).toContain(`${name} was dropped`);
    await watch.expectExact();
  });

  it('row 21: a calling config without functions is left out', async () => {
    const toolConfig = { functionCallingConfig: { mode: 'ANY' } };
    for (const model of [GEMINI_MODEL, CHAT_MODEL])
      expect((await generate(model, { contents, toolConfig })).status).toBe(200);
    await watch.expectExact();
  });

  it('row 42: signatures of another vendor do not reach Google', async () => {
    const thoughtSignature = `ZmFyZWdhdGU6${Buffer.from('s:anthropic:RXJVQg==').toString('base64')}`;
    const history = [
      ...contents,
      { role: 'model', parts: [{ text: 'Hm.', thought: true, thoughtSignature }, { text: 'Yes.' }] },
      ...contents,
    ];
    const answer = await generate(GEMINI_MODEL, { contents: history });
    expect(answer.status).toBe(200);
    expect(JSON.stringify(gateway.simulator.journal[0]?.body)).not.toContain('thoughtSignature');
    await watch.expectExact();
  });
});

describe("Google's addresses below /v1, where @google/genai asks unless it is told a version", () => {
  it('answer as those below /v1beta do, whole and streamed', async () => {
    const whole = await callAt(`v1/models/${CHAT_MODEL}:generateContent`, { contents });
    expect(await whole.json()).toMatchObject({
      candidates: [{ finishReason: 'STOP' }],
      modelVersion: CHAT_MODEL,
    });
    const streamed = await callAt(`v1/models/${GEMINI_MODEL}:streamGenerateContent?alt=sse`, { contents });
    expect(streamed.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await streamed.text()).toContain('"finishReason":"STOP"');
    await watch.expectExact();
  });

  it.each([
    ['a wrong key', `${CHAT_MODEL}:generateContent`, 'fg_live_wrong', 401, 'UNAUTHENTICATED'],
    ['an unknown model', 'none/such:generateContent', undefined, 404, 'NOT_FOUND'],
    ['a method that is not there', `${CHAT_MODEL}:countTokens`, undefined, 404, 'NOT_FOUND'],
  ])("refuse %s in Google's shape", async (_name, path, key, code, status) => {
    const answer = await callAt(
      `v1/models/${path}`,
      { contents },
      {
        'x-goog-api-key': key ?? gateway.secret,
      },
    );
    expect(answer.status).toBe(code);
    expect(await refusal(answer)).toMatchObject({ code, status });
  });

  it("leave the list of models and its errors in OpenAI's shape", async () => {
    const headers = { authorization: `Bearer ${gateway.secret}` };
    const known = await fetch(`${gateway.url}/v1/models/${CHAT_MODEL}`, { headers });
    expect(await known.json()).toMatchObject({ object: 'model', id: CHAT_MODEL });
    const unknown = await fetch(`${gateway.url}/v1/models/none/such:free`, { headers });
    expect(unknown.status).toBe(404);
    expect(await refusal(unknown)).toMatchObject({ type: 'not_found_error', code: 'model_not_found' });
  });
});

/** What Google's SDKs keep of a streamed answer: the content of each chunk. */
async function streamedContents(model: string, body: unknown): Promise<{ parts: JsonObject[] }[]> {
  const answer = await call(`models/${model}:streamGenerateContent?alt=sse`, body);
  const chunks = (await answer.text()).split('\r\n\r\n').filter((frame) => frame !== '');
  return chunks.map((frame) => {
    const { candidates } = JSON.parse(frame.slice('data: '.length)) as {
      candidates: { content: { parts: JsonObject[] } }[];
    };
    return candidates[0]?.content ?? { parts: [] };
  });
}

describe("a chat of Google's SDKs, which keep each chunk of a stream as a content of its own", () => {
  it.each(UPSTREAM_MODELS)(
    'rows 4, 10, 38 and 41: goes on after parallel calls over %s',
    async (_protocol, model) => {
      const setup = {
        tools: [{ functionDeclarations: [{ name: 'get_weather', parametersJsonSchema: WEATHER_SCHEMA }] }],
        generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } },
      };
      const asked = { role: 'user', parts: [{ text: 'Call the weather tool for both Paris and Rome' }] };
      const kept = await streamedContents(model, { ...setup, contents: [asked] });
      const calls = kept.flatMap(({ parts }) => parts.flatMap((part) => part['functionCall'] ?? []));
      expect(kept.length).toBeGreaterThan(calls.length);
      const parts = (calls as JsonObject[]).map(({ id, name, args }, index) => ({
        functionResponse: {
          id,
          name,
          response: { output: `${index} C in ${(args as { city: string }).city}` },
        },
      }));
      const history = [asked, ...kept, { role: 'user', parts }];
      const answer = await generate(model, { ...setup, contents: history });
      const text = await answer.text();
      expect(answer.status).toBe(200);
      expect(text).toContain('0 C in Paris');
      expect(text).toContain('1 C in Rome');
      await watch.expectExact();
    },
  );
});

describe('credentials below /v1beta', () => {
  it('are taken from any of the three headers', async () => {
    for (const headers of [
      { 'x-goog-api-key': gateway.secret },
      { 'x-api-key': gateway.secret },
      { authorization: `Bearer ${gateway.secret}`, 'x-goog-api-key': gateway.secret },
    ] as Record<string, string>[])
      expect((await call(`models/${CHAT_MODEL}:generateContent`, { contents }, headers)).status).toBe(200);
  });

  it("are refused in Google's shape when missing, wrong or different", async () => {
    const others: Record<string, string>[] = [
      {},
      { 'x-goog-api-key': 'fg_live_wrong' },
      { 'x-goog-api-key': gateway.secret, authorization: 'Bearer fg_live_other' },
      { 'x-goog-api-key': gateway.secret, 'x-api-key': 'fg_live_other' },
    ];
    for (const headers of others) {
      const answer = await call(`models/${CHAT_MODEL}:generateContent`, { contents }, headers);
      expect(answer.status).toBe(401);
      expect(await refusal(answer)).toMatchObject({ code: 401, status: 'UNAUTHENTICATED' });
    }
  });

  it('mean nothing elsewhere', async () => {
    const headers = { 'x-goog-api-key': gateway.secret, 'content-type': 'application/json' };
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(401);
  });
});

describe('bad input below /v1beta', () => {
  const part = { text: 'x' };
  const config = (generationConfig: JsonObject) => ({ contents, generationConfig });
  it.each<[string, unknown, string]>([
    ['no contents', {}, 'contents'],
    ['contents that are no list', { contents: 'x' }, 'contents'],
    ['no content at all', { contents: [] }, 'contents'],
    ['a content that is no object', { contents: ['x'] }, 'contents.0'],
    ['an unknown role', { contents: [{ role: 'assistant', parts: [part] }] }, 'contents.0.role'],
    ['a content without parts', { contents: [{ role: 'user', parts: [] }] }, 'contents.0.parts'],
    ['an empty part', { contents: [{ parts: [{}] }] }, 'contents.0.parts.0'],
    ['a text that is none', { contents: [{ parts: [{ text: 1 }] }] }, 'contents.0.parts.0.text'],
    [
      'media without a type',
      { contents: [{ parts: [{ inlineData: { data: 'AA' } }] }] },
      'contents.0.parts.0.inlineData.mimeType',
    ],
    [
      'a call of the user',
      { contents: [{ parts: [{ functionCall: { name: 'f' } }] }] },
      'contents.0.parts.0.functionCall',
    ],
    [
      'a result without a name',
      { contents: [{ parts: [{ functionResponse: {} }] }] },
      'contents.0.parts.0.functionResponse.name',
    ],
    ['a temperature above 2', config({ temperature: 2.1 }), 'generationConfig.temperature'],
    ['a topP of 0', config({ topP: 0 }), 'generationConfig.topP'],
    ['a topK of 0', config({ topK: 0 }), 'generationConfig.topK'],
    ['an output limit of 0', config({ maxOutputTokens: 0 }), 'generationConfig.maxOutputTokens'],
    ['half a token', config({ maxOutputTokens: 1.5 }), 'generationConfig.maxOutputTokens'],
    ['nine candidates', config({ candidateCount: 9 }), 'generationConfig.candidateCount'],
    [
      'six stop sequences',
      config({ stopSequences: ['1', '2', '3', '4', '5', '6'] }),
      'generationConfig.stopSequences',
    ],
    ['a penalty above 2', config({ presencePenalty: 3 }), 'generationConfig.presencePenalty'],
    ['a schema that is none', config({ responseSchema: [] }), 'generationConfig.responseSchema'],
    [
      'a budget of -2',
      config({ thinkingConfig: { thinkingBudget: -2 } }),
      'generationConfig.thinkingConfig.thinkingBudget',
    ],
    [
      'an unknown level',
      config({ thinkingConfig: { thinkingLevel: 'huge' } }),
      'generationConfig.thinkingConfig.thinkingLevel',
    ],
    [
      'a function without a name',
      { contents, tools: [{ functionDeclarations: [{}] }] },
      'tools.0.functionDeclarations.0.name',
    ],
    [
      'an unknown mode',
      { contents, toolConfig: { functionCallingConfig: { mode: 'MAYBE' } } },
      'toolConfig.functionCallingConfig.mode',
    ],
    ['a cached content', { contents, cachedContent: 'cachedContents/1' }, 'cachedContent'],
  ])('%s is a 400 that names the field', async (_name, body, field) => {
    const answer = await generate(GEMINI_MODEL, body);
    expect(answer.status).toBe(400);
    const error = await refusal(answer);
    expect(error).toMatchObject({
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: expect.stringContaining(field),
    });
    expect(JSON.stringify(error['details'])).toContain(`"field":"${field}"`);
    expect(gateway.simulator.journal).toHaveLength(0);
    expect(await watch.booked()).toEqual([]);
  });

  it('row 52: video is a 400 where the model cannot read it', async () => {
    const video = { inlineData: { mimeType: 'video/mp4', data: 'AAAA' } };
    const answer = await generate(CHAT_MODEL, { contents: [{ parts: [video] }] });
    expect(answer.status).toBe(400);
    expect(await refusal(answer)).toMatchObject({ message: expect.stringContaining('video') });
    expect((await generate(GEMINI_MODEL, { contents: [{ role: 'user', parts: [video] }] })).status).toBe(200);
  });

  it('an unknown model and an unknown method are 404', async () => {
    for (const path of ['models/none/such:generateContent', `models/${GEMINI_MODEL}:embedContent`]) {
      const answer = await call(path, { contents });
      expect(answer.status).toBe(404);
      expect(await refusal(answer)).toMatchObject({ code: 404, status: 'NOT_FOUND' });
    }
  });
});
