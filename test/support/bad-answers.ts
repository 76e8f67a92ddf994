import type { TestGateway } from './gateway.js';
import { CHAT_MODEL, GEMINI_MODEL, MESSAGES_MODEL, RESPONSES_MODEL } from './gateway.js';
import { post, untilSettled } from './calls.js';
import { readBooks, type Books } from './books.js';
import { expectRefusal, INTERNAL_WORDS, type Dialect } from './refusals.js';

/** One way through the gateway: a client's route, an upstream's protocol, streamed or whole. */
export interface Way {
  path: string;
  dialect: Dialect;
  model: string;
  streamed: boolean;
}

const ROUTES: { path: string; dialect: Dialect }[] = [
  { path: '/v1/chat/completions', dialect: 'openai' },
  { path: '/v1/messages', dialect: 'anthropic' },
  { path: '/v1/responses', dialect: 'openai' },
  { path: '/v1beta/models', dialect: 'google' },
];

const waysTo = (models: readonly string[], wanted: (way: Way) => boolean): Way[] =>
  ROUTES.flatMap((route) =>
    models.flatMap((model) => [false, true].map((streamed) => ({ ...route, model, streamed }))),
  ).filter(wanted);

/**
 * Half of all ways between Chat and Messages, the other half for every other case: each half has every client with every
 * upstream, streamed and whole alike. For cases whose outcome does not hang on the way.
 */
export const halfOfWays = (caseNumber: number): Way[] =>
  ways(
    (way) =>
      (Number(way.dialect === 'openai') + Number(isChat(way)) + Number(way.streamed)) % 2 === caseNumber % 2,
  );

/** All ways between Chat and Messages, or those that a test can say something about. */
export const ways = (wanted: (way: Way) => boolean = () => true): Way[] =>
  waysTo([CHAT_MODEL, MESSAGES_MODEL], (way) => !isResponses(way) && !isGemini(way) && wanted(way));

/** The ways of every client to every upstream. */
export const allWays = (wanted: (way: Way) => boolean = () => true): Way[] =>
  waysTo([CHAT_MODEL, MESSAGES_MODEL, RESPONSES_MODEL, GEMINI_MODEL], wanted);

/** True when the client of this way speaks Responses. */
const isResponses = (way: Way): boolean => way.path === '/v1/responses';

/** True when the client of this way speaks Gemini. */
const isGemini = (way: Way): boolean => way.dialect === 'google';

/** Where a way's client calls, and what it says. */
export function request(way: Way, model: string): { path: string; body: object } {
  const text = 'Say five words.';
  if (isGemini(way)) {
    const method = way.streamed ? 'streamGenerateContent?alt=sse' : 'generateContent';
    const contents = [{ role: 'user', parts: [{ text }] }];
    const body = { contents, generationConfig: { maxOutputTokens: 64 } };
    return { path: `${way.path}/${encodeURIComponent(model)}:${method}`, body };
  }
  const said = isResponses(way)
    ? { max_output_tokens: 64, input: text }
    : { max_tokens: 64, messages: [{ role: 'user', content: text }] };
  return { path: way.path, body: { model, stream: way.streamed, ...said } };
}

/** True when the upstream of this way speaks Chat. */
export const isChat = (way: Way): boolean => way.model === CHAT_MODEL;

/** Whatever a test forgets, a call that hangs must fail it. */
const HANG_MS = 10_000;

export interface Answered {
  response: Response;
  /** As far as it came. */
  text: string;
}

/** Calls along a way and reads the answer to its end, also when the connection is cut. */
export async function call(gateway: TestGateway, way: Way, model = way.model): Promise<Answered> {
  const { path, body } = request(way, model);
  const answer = post(gateway, path, body);
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the call hangs: ${JSON.stringify(way)}`)), HANG_MS);
  });
  try {
    const response = await Promise.race([answer, hang]);
    const decoder = new TextDecoder();
    let text = '';
    const reader = response.body?.getReader();
    for (;;) {
      const part = await Promise.race([reader?.read() ?? { done: true as const, value: undefined }, hang]);
      if (part.done) break;
      text += decoder.decode(part.value as Uint8Array, { stream: true });
    }
    return { response, text };
  } finally {
    clearTimeout(timer);
  }
}

/** What a call left behind. */
export interface Trace {
  status: string;
  httpStatus: number | null;
  usageSource: string;
  attemptOutcome: string;
  attemptStatus: number | null;
}

async function lastTrace(gateway: TestGateway): Promise<Trace | undefined> {
  const { rows } = await gateway.pool.query<Trace>(
    `select r.status, r.http_status as "httpStatus", r.usage_source as "usageSource", a.outcome as "attemptOutcome",
       a.status as "attemptStatus"
     from request r join attempt a on a.request_id = r.id order by r.id desc, a.seq desc limit 1`,
  );
  return rows[0];
}

/** Makes a call that must fail and looks that its hold is closed, nobody paid, and one failed request is on record. */
export async function callAndFail(
  gateway: TestGateway,
  way: Way,
  model = way.model,
): Promise<Answered & { trace: Trace }> {
  const before = await readBooks(gateway);
  const answered = await call(gateway, way, model);
  await untilSettled(gateway);
  const after = await readBooks(gateway);
  const unpaid: Books = {
    ...before,
    holds: before.holds + 1,
    requests: before.requests + 1,
    attempts: after.attempts,
    upstreamCalls: after.upstreamCalls,
  };
  expect({ way, ...after }).toEqual({ way, ...unpaid });
  const attempts = after.attempts - before.attempts;
  expect(attempts).toBeGreaterThanOrEqual(1);
  expect(attempts).toBeLessThanOrEqual(3);
  // An upstream that cannot be reached has seen none of them.
  expect([0, attempts]).toContain(after.upstreamCalls - before.upstreamCalls);
  expect(answered.text).not.toMatch(INTERNAL_WORDS);
  const trace = (await lastTrace(gateway)) as Trace;
  expect(trace).toMatchObject({ status: 'failed', attemptOutcome: 'failed' });
  return { ...answered, trace };
}

/** The caller got this status and an error of the route's own shape. */
export async function expectStatus(answered: Answered, way: Way, status: number): Promise<void> {
  const { response, text } = answered;
  const again = new Response(text, { status: response.status, headers: response.headers });
  await expectRefusal(again, { dialect: way.dialect, status, about: JSON.stringify(way) });
}

/** 503 is Anthropic's 529. */
export const overloaded = (way: Way): number => (way.dialect === 'anthropic' ? 529 : 503);

/** The caller got a stream that began, says that it failed, and never looks finished. */
export function expectBrokenStream({ response, text }: Answered, way: Way): void {
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(text).not.toMatch(
    /\[DONE\]|message_stop|"finish_reason":"|"stop_reason":"|"finishReason":|response\.completed/,
  );
  const last =
    text
      .trimEnd()
      .split(/\r?\n\r?\n/)
      .at(-1) ?? '';
  if (isResponses(way)) {
    expect(last).toMatch(/^event: response\.failed\ndata: /);
    const failed = JSON.parse(last.split('\ndata: ')[1] ?? '') as object;
    expect(failed).toMatchObject({ type: 'response.failed', response: { status: 'failed', error: {} } });
  } else if (isGemini(way)) {
    const error = JSON.parse(last.replace(/^data: /, '')) as object;
    expect(error).toMatchObject({
      error: { code: expect.any(Number) as unknown, status: expect.any(String) as unknown },
    });
  } else if (way.dialect === 'openai') {
    const error = JSON.parse(last.replace(/^data: /, '')) as { error: Record<string, unknown> };
    expect(Object.keys(error.error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
  } else {
    expect(last).toMatch(/^event: error\ndata: /);
    const error = JSON.parse(last.split('\ndata: ')[1] ?? '') as object;
    expect(error).toMatchObject({
      type: 'error',
      error: {},
      request_id: response.headers.get('x-request-id'),
    });
  }
}

/** The caller got a whole answer, in one piece or as a stream with its end. */
export function expectServed({ response, text }: Answered, way: Way): void {
  expect({ way, status: response.status, text: text.slice(0, 300) }).toMatchObject({ way, status: 200 });
  if (isGemini(way)) expect(text).toMatch(/"finishReason":"STOP"/);
  else if (!way.streamed)
    expect(JSON.parse(text)).toMatchObject({ id: expect.stringMatching(/^(gen-|msg_|resp_)/) as unknown });
  else if (isResponses(way)) expect(text.trimEnd()).toMatch(/\ndata: \{"type":"response\.completed".*$/);
  else
    expect(text.trimEnd()).toMatch(way.dialect === 'openai' ? /data: \[DONE\]$/ : /"type":"message_stop"\}$/);
}
