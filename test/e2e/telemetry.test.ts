import type { LoggerService } from '@nestjs/common';
import { startApi } from '../../src/api.js';
import { LogLine } from '../../src/platform/logging/log-line.js';
import { GEN_AI_SCHEMA } from '../../src/telemetry/semantic-attributes.js';
import { chatBody, post, until, untilSettled } from '../support/calls.js';
import { CHAT_MODEL, createWorld, MESSAGES_MODEL, type TestGateway } from '../support/gateway.js';
import { startCollector, type CollectedSpan, type OtlpCollector } from '../support/otlp-collector.js';

/** The lines of the access log, read as JSON. */
const access: Record<string, unknown>[] = [];
const keep = (message: unknown): void => {
  if (message instanceof LogLine) access.push(JSON.parse(`{${message.members}}`) as Record<string, unknown>);
};
const log: LoggerService = { log: keep, warn: () => undefined, error: () => undefined };

const CALLER = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const TRACEPARENT = `00-${CALLER.traceId}-${CALLER.spanId}-01`;

let collector: OtlpCollector;
let gateway: TestGateway;
beforeAll(async () => {
  collector = await startCollector();
  const world = await createWorld({
    env: {
      LOG_LEVEL: 'info',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=a%20b',
      OTEL_PROPAGATE_UPSTREAM: 'true',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    },
  });
  Object.assign(process.env, world.env);
  const api = await startApi(log, 0);
  gateway = { ...world, api, url: api.url, close: () => api.stop().then(() => world.close()) };
});
afterAll(async () => {
  await gateway.close();
  await collector.close();
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
});
beforeEach(() => {
  gateway.simulator.reset();
  access.length = 0;
  collector.spans.length = 0;
});

const requestIdOf = (response: Response): string => response.headers.get('x-request-id') ?? '';

/** Value of one sample of `/metrics`; 0 where there is none. Every label given must be there. */
async function metric(name: string, labels: Record<string, string> = {}): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const line = text.split('\n').find((one) => {
    const [, sample, told = ''] = /^([a-z_]+)(?:\{(.*)\})? /.exec(one) ?? [];
    return (
      sample === name && Object.entries(labels).every(([key, value]) => told.includes(`${key}="${value}"`))
    );
  });
  return Number(line?.split(' ').at(-1) ?? 0);
}

const spansOf = async (traceId: string, count: number): Promise<CollectedSpan[]> =>
  until(
    () => Promise.resolve(collector.spans.filter((span) => span.traceId === traceId)),
    (spans) => spans.length >= count,
  );

describe('the access log', () => {
  it('has one line for a call: who, where, how it ended, tokens, price, times', async () => {
    const response = await post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL, { stream: true }));
    await response.text();
    await untilSettled(gateway);
    const { rows } = await gateway.pool.query<{ amount: string; output: string }>(
      'select amount_nano as amount, output_tokens as output from usage_event order by recorded_at desc limit 1',
    );
    expect(access).toHaveLength(1);
    expect(access[0]).toMatchObject({
      msg: 'call',
      request: requestIdOf(response),
      protocol: 'openai-chat',
      streamed: true,
      model: CHAT_MODEL,
      outcome: 'completed',
      status: 200,
      error: null,
      output_tokens: Number(rows[0]?.output),
      charged_nano: rows[0]?.amount,
      currency: 'USD',
      attempts: 1,
    });
    expect(access[0]?.['key']).toMatch(/^key_/);
    expect(access[0]?.['organization']).toMatch(/^org_/);
    expect(access[0]?.['first_token_ms']).toEqual(expect.any(Number));
  });

  it('has one line for a refusal and one for a call that failed, each with the answer’s request id', async () => {
    const unknown = await post(gateway, '/v1/messages', chatBody('no/such-model'));
    gateway.simulator.use({ answer: { kind: 'error', status: 500, message: 'no' }, times: 9 });
    const failed = await post(gateway, '/v1/messages', chatBody(MESSAGES_MODEL));
    await Promise.all([unknown.text(), failed.text()]);
    expect(access).toHaveLength(2);
    expect(access[0]).toMatchObject({
      request: requestIdOf(unknown),
      route: '/v1/messages',
      outcome: 'refused',
      status: 404,
      error: 'model_not_found',
    });
    expect(access[1]).toMatchObject({ request: requestIdOf(failed), outcome: 'failed', charged_nano: '0' });
    await untilSettled(gateway);
  });
});

describe('a call repeated under its Idempotency-Key', () => {
  it('has a line of its own, which names the call whose answer it got, and costs nothing', async () => {
    const key = { 'idempotency-key': `telemetry-${process.pid}` };
    const call = () => post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL), key);
    const replaysBefore = await metric('faregate_replays_total', { route: '/v1/chat/completions' });
    const texts = await Promise.all([call(), call()].map(async (answer) => (await answer).text()));
    await until(
      () => gateway.pool.query('select 1 from idempotency_key where status = 200'),
      ({ rows }) => rows.length === 1,
    );
    texts.push(await (await call()).text());
    expect(new Set(texts).size).toBe(1);
    await until(
      () => Promise.resolve(access),
      (lines) => lines.length === 3,
    );
    const [made, ...replayed] = access;
    expect(made).toMatchObject({ outcome: 'completed' });
    for (const line of replayed)
      expect(line).toMatchObject({
        msg: 'call',
        route: '/v1/chat/completions',
        outcome: 'replayed',
        status: 200,
        original: made?.['request'],
        charged_nano: '0',
      });
    expect(new Set(access.map(({ request }) => request)).size).toBe(3);
    expect(await metric('faregate_replays_total', { route: '/v1/chat/completions' })).toBe(replaysBefore + 2);
  });
});

describe('metrics', () => {
  it('count calls, tokens, prices, times, retries and refusals', async () => {
    const labels = { route: '/v1/chat/completions', model: CHAT_MODEL, outcome: 'completed' };
    const names = [
      'faregate_requests_total',
      'faregate_request_duration_seconds_count',
      'faregate_time_to_first_token_seconds_count',
      'faregate_tokens_total',
      'faregate_charged_total',
      'faregate_retries_total',
    ];
    const readAll = () => Promise.all(names.map((name) => metric(name, labels)));
    const before = await readAll();
    const refusedBefore = await metric('faregate_refusals_total', { kind: 'authentication', status: '401' });
    gateway.simulator.use({ answer: { kind: 'error', status: 500, message: 'no' }, times: 1 });
    await (await post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL, { stream: true }))).text();
    await (
      await post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL), { authorization: 'Bearer nobody' })
    ).text();
    const after = await readAll();
    const grown = after.map((value, at) => value - (before[at] ?? 0));
    expect(grown.slice(0, 3)).toEqual([1, 1, 1]);
    expect(grown[3]).toBeGreaterThan(0);
    expect(grown[4]).toBeGreaterThan(0);
    expect(grown[5]).toBe(1);
    expect(await metric('faregate_refusals_total', { kind: 'authentication', status: '401' })).toBe(
      refusedBefore + 1,
    );
    await untilSettled(gateway);
    expect(await metric('faregate_calls_running')).toBe(0);
    expect(await metric('faregate_settlements_pending')).toBe(0);
    expect(await metric('faregate_database_connections', { pool: 'money', state: 'waiting' })).toBe(0);
    expect(await metric('faregate_upstream_connections', { state: 'idle' })).toBeGreaterThan(0);
    expect(await metric('faregate_upstream_connections', { state: 'waiting' })).toBe(0);
  });

  it('show an open breaker', async () => {
    gateway.simulator.use({ answer: { kind: 'error', status: 500, message: 'no' }, times: 99 });
    const labels = { model: MESSAGES_MODEL, scope: 'deployment' };
    for (let call = 0; call < 6; call++)
      await (await post(gateway, '/v1/messages', chatBody(MESSAGES_MODEL))).text();
    expect(await metric('faregate_breaker_state', labels)).toBe(2);
    expect(await metric('faregate_breaker_state', { ...labels, model: CHAT_MODEL })).toBe(0);
  });

  it('have no label that a caller can fill', async () => {
    for (const path of ['/v1/nothing/12345', '/v1/chat/completions?x=12345'])
      await (await post(gateway, path, chatBody('made-up/12345'))).text();
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).not.toContain('12345');
  });
});

describe('traces', () => {
  it('go on the caller’s trace, with one span a call and one an upstream call, in the GenAI convention’s names', async () => {
    gateway.simulator.use({ answer: { kind: 'error', status: 500, message: 'no' }, times: 1 });
    const response = await post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL, { stream: true }), {
      traceparent: TRACEPARENT,
    });
    await response.text();
    const spans = await spansOf(CALLER.traceId, 3);
    const root = spans.find(({ parentSpanId }) => parentSpanId === CALLER.spanId);
    const attempts = spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId);
    expect(spans).toHaveLength(3);
    expect(root).toMatchObject({ name: 'POST /v1/chat/completions', kind: 2, status: 0 });
    expect(root?.attributes).toMatchObject({
      'http.route': '/v1/chat/completions',
      'http.response.status_code': 200,
      'gen_ai.operation.name': 'chat',
      'gen_ai.response.model': CHAT_MODEL,
      'gen_ai.usage.input_tokens': expect.any(Number) as number,
      'gen_ai.usage.output_tokens': expect.any(Number) as number,
      'faregate.request.id': requestIdOf(response),
    });
    expect(attempts.map(({ kind, status }) => [kind, status])).toEqual([
      [3, 2],
      [3, 0],
    ]);
    expect(attempts[0]?.attributes).toMatchObject({
      'http.response.status_code': 500,
      'error.type': 'upstream',
    });
    expect(attempts[1]?.attributes).toMatchObject({ 'gen_ai.request.model': 'gpt-5.5' });
    for (const { startNano, endNano } of attempts) {
      expect(endNano >= startNano && startNano >= (root?.startNano ?? 0n)).toBe(true);
    }
    expect([...collector.schemas]).toEqual([GEN_AI_SCHEMA]);
    expect(collector.headers[0]).toMatchObject({ 'x-collector-key': 'a b' });
  });

  it('are told to upstreams where that is switched on, each attempt its own parent', async () => {
    await (
      await post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL), { traceparent: TRACEPARENT })
    ).text();
    const spans = await spansOf(CALLER.traceId, 2);
    const attempt = spans.find(({ kind }) => kind === 3);
    const told = gateway.simulator.journal.at(-1)?.headers['traceparent'];
    expect(told).toBe(`00-${CALLER.traceId}-${attempt?.spanId}-01`);
  });

  it('are not recorded for a caller who does not record, and hold no word of the call', async () => {
    const quiet = '11112222333344445555666677778888';
    await (
      await post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL), {
        traceparent: `00-${quiet}-00f067aa0ba902b7-00`,
      })
    ).text();
    await (
      await post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL), { traceparent: TRACEPARENT })
    ).text();
    await spansOf(CALLER.traceId, 2);
    expect(collector.spans.filter(({ traceId }) => traceId === quiet)).toEqual([]);
    const sent = JSON.stringify(collector.spans, (_, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    expect(sent).not.toContain('five words');
    expect(sent).not.toContain(gateway.secret);
  });
});
