import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pacing } from '../../../src/embedded/simulator/pacing.js';
import { startSimulator, type Simulator } from '../../../src/embedded/simulator/simulator.js';
import { anthropicClient, openaiClient } from './clients.js';

let simulator: Simulator;
beforeAll(async () => (simulator = await startSimulator()));
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

const chatBody = { model: 'gpt-4.1-mini', messages: [{ role: 'user' as const, content: 'hi' }] };
const post = (body: object, signal?: AbortSignal): Promise<Response> =>
  fetch(`${simulator.baseUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sim-test' },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
const streamed = async (pacing: Pacing): Promise<string> => {
  simulator.use({ answer: { kind: 'model', text: 'grüße 🚀 an alle' }, pacing });
  return (await post({ ...chatBody, stream: true })).text();
};
const lastAnswer = () => simulator.journal.at(-1)?.answer;

it('uses rules in order, each as often as it says, and then answers by itself', async () => {
  simulator.use({ times: 2, answer: { kind: 'error', status: 429, headers: { 'retry-after': '1' } } });
  simulator.use({ match: { model: 'other' }, answer: { kind: 'json', body: { never: true } } });
  const statuses = [await post(chatBody), await post(chatBody), await post(chatBody)].map(
    (answer) => answer.status,
  );
  expect(statuses).toEqual([429, 429, 200]);
  expect(simulator.journal.map((entry) => entry.answer.finished)).toEqual(['refused', 'refused', 'complete']);
});

it('tells the pieces of an answer that a rule sets, in each vendor’s usage convention', async () => {
  const usage = { input: 10, cacheRead: 20, cacheWrite5m: 30, output: 7, reasoning: 3 };
  simulator.use({ answer: { kind: 'model', text: 'as told', usage } });
  const chat = await openaiClient(simulator).chat.completions.create(chatBody);
  expect(chat.usage).toMatchObject({
    prompt_tokens: 60,
    completion_tokens: 7,
    prompt_tokens_details: { cached_tokens: 20 },
  });
  const message = await anthropicClient(simulator).messages.create({ ...chatBody, max_tokens: 5 });
  expect(message).toMatchObject({
    content: [{ text: 'as told' }],
    usage: { input_tokens: 10, cache_read_input_tokens: 20 },
  });
  expect(simulator.journal.map((entry) => entry.answer.usage)).toEqual(
    Array(2).fill({ ...usage, cacheWrite1h: 0 }),
  );
});

it.each<[string, Pacing['cuts']]>([
  ['per byte', 'per-byte'],
  ['at given sizes', [1, 2, 3, 500]],
  ['at random', { randomSeed: 7 }],
])('sends the same bytes cut %s', async (_name, cuts) => {
  const whole = await streamed({});
  const frames = lastAnswer()?.framesSent;
  const cut = await streamed({ cuts });
  const withoutIds = (text: string) =>
    text.replaceAll(/chatcmpl-\w+/g, 'id').replaceAll(/"created":\d+/g, '');
  expect(withoutIds(cut)).toBe(withoutIds(whole));
  expect(lastAnswer()).toMatchObject({
    framesSent: frames,
    bytesSent: Buffer.byteLength(cut),
    finished: 'complete',
  });
});

it('breaks the connection after a frame, and before any', async () => {
  const broken = openaiClient(simulator).chat.completions.stream({ ...chatBody, stream: true });
  simulator.use({
    times: 1,
    answer: { kind: 'model', text: 'some words to cut' },
    pacing: { resetAfterFrames: 3 },
  });
  const seen: string[] = [];
  broken.on('content', (piece) => seen.push(piece));
  await expect(broken.done()).rejects.toThrow();
  expect(seen).toEqual(['some', ' wor']);
  await simulator.idle();
  expect(lastAnswer()).toMatchObject({ finished: 'reset', framesSent: 3, usage: null });
  expect(lastAnswer()?.modelUsage?.output).toBe(5);
  simulator.use({ answer: { kind: 'model' }, pacing: { resetBeforeHeaders: true } });
  await expect(post(chatBody)).rejects.toThrow();
  expect(lastAnswer()).toMatchObject({ finished: 'reset', status: 0, bytesSent: 0 });
});

it('cuts a JSON body in the middle', async () => {
  simulator.use({ answer: { kind: 'model' }, pacing: { resetAfterBytes: 40 } });
  const answer = await post(chatBody);
  await expect(answer.text()).rejects.toThrow();
  expect(lastAnswer()).toMatchObject({ status: 200, finished: 'reset', bytesSent: 40, framesSent: 0 });
});

it('ends a stream cleanly without its terminator', async () => {
  expect(await streamed({ endAfterFrames: 2 })).not.toContain('[DONE]');
  expect(lastAnswer()).toMatchObject({ finished: 'cut', framesSent: 2 });
});

it('breaks a stream off with the vendor’s error frame', async () => {
  simulator.use({ answer: { kind: 'model', text: 'a few words' }, pacing: { errorAfterFrames: 4 } });
  const message = anthropicClient(simulator)
    .messages.stream({ ...chatBody, max_tokens: 50 })
    .finalMessage();
  await expect(message).rejects.toMatchObject({ type: 'overloaded_error' });
  const stream = openaiClient(simulator)
    .chat.completions.stream({ ...chatBody, stream: true })
    .done();
  await expect(stream).rejects.toThrow('Overloaded');
  expect(simulator.journal.map((entry) => entry.answer.finished)).toEqual(['cut', 'cut']);
});

it('falls silent, goes on after the stall, and records a client that gave up', async () => {
  expect(await streamed({ stallAfterFrames: 1, stallMs: 5 })).toContain('[DONE]');
  simulator.reset();
  simulator.use({ answer: { kind: 'model' }, pacing: { stallAfterFrames: 1 } });
  const client = new AbortController();
  const answer = await post({ ...chatBody, stream: true }, client.signal);
  await simulator.until((journal) => journal[0]?.answer.framesSent === 1);
  client.abort();
  await expect(answer.text()).rejects.toThrow();
  await simulator.idle();
  expect(lastAnswer()).toMatchObject({ finished: 'client-aborted', framesSent: 1 });
  expect(lastAnswer()?.endedAtMs).not.toBeNull();
});

it('never answers when told so, and delays the first byte', async () => {
  simulator.use({ times: 1, answer: { kind: 'model' }, pacing: { neverAnswer: true } });
  await expect(post(chatBody, AbortSignal.timeout(30))).rejects.toThrow();
  await simulator.idle();
  expect(lastAnswer()).toMatchObject({ finished: 'client-aborted', status: 0 });
  simulator.use({ answer: { kind: 'text', body: 'drip' }, pacing: { firstByteDelayMs: 2, slowDripMs: 1 } });
  expect(await (await post(chatBody)).text()).toBe('drip');
});

it('stops producing a long stream while the client does not read, and resumes', async () => {
  const frame = `data: ${'x'.repeat(10_000)}\n\n`;
  simulator.use({
    answer: { kind: 'repeat', frame, count: 3_000, after: ['data: [DONE]\n\n'], reports: { output: 9 } },
  });
  const answer = await post({ ...chatBody, stream: true });
  let written = -1;
  while (written !== lastAnswer()?.bytesSent) {
    written = lastAnswer()?.bytesSent ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(lastAnswer()?.finished).toBe('pending');
  expect(written).toBeLessThan(25_000_000);
  const bytes = (await answer.arrayBuffer()).byteLength;
  expect(bytes).toBe(3_000 * frame.length + 14);
  await simulator.idle();
  expect(lastAnswer()).toMatchObject({
    finished: 'complete',
    framesSent: 3_001,
    bytesSent: bytes,
    usage: { output: 9 },
  });
});

it('is scripted and read over the control endpoint', async () => {
  const control = (method: string, path: string, body?: object) =>
    fetch(`${simulator.baseUrl}/__control/${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const frames = ['data: {"error":{"message":"no"}}\n\n'];
  const added = await control('POST', 'rules', {
    match: { bodyIncludes: 'hi' },
    times: 1,
    answer: { kind: 'sse', frames },
  });
  expect(await added.json()).toEqual({ added: 1 });
  expect(await (await post({ ...chatBody, stream: true })).text()).toBe(frames[0]);
  const journal = (await (await control('GET', 'journal')).json()) as { body: object }[];
  expect(journal).toMatchObject([
    { id: 1, body: { model: 'gpt-4.1-mini' }, headers: { authorization: '…test' } },
  ]);
  expect((await control('POST', 'rules', { answer: { kind: 'magic' } })).status).toBe(400);
  await control('DELETE', 'journal');
  await control('DELETE', 'rules');
  expect(simulator.journal).toHaveLength(0);
});

it('says the same to the same request, with fresh ids', async () => {
  const [first, again] = [await (await post(chatBody)).json(), await (await post(chatBody)).json()] as Record<
    string,
    unknown
  >[];
  expect(again?.choices).toEqual(first?.choices);
  expect(again?.id).not.toBe(first?.id);
});

it('refuses as strictly as the vendors when it is started strict, and writes its journal to a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  const journalFile = join(folder, 'journal.jsonl');
  const strict = await startSimulator({ strict: true, journalFile });
  const create = (extra: object) =>
    openaiClient(strict).chat.completions.create({ ...chatBody, ...extra } as never);
  await expect(create({ preference: 'cost' })).rejects.toThrow(
    'Unrecognized request argument supplied: preference',
  );
  await expect(create({ model: 'gpt-5.5', max_tokens: 5 })).rejects.toMatchObject({
    code: 'unsupported_parameter',
  });
  const messages = anthropicClient(strict).messages.create({
    ...chatBody,
    max_tokens: 5,
    eu_native: true,
  } as never);
  await expect(messages).rejects.toThrow('eu_native: Extra inputs are not permitted');
  await strict.idle();
  await strict.close();
  const lines = readFileSync(journalFile, 'utf8').trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([1, 2, 3]);
  rmSync(folder, { recursive: true });
});
