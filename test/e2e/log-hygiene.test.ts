import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import type pg from 'pg';
import type { RuleAnswer } from '../../src/embedded/simulator/script.js';
import { call, ways } from '../support/bad-answers.js';
import { post, untilSettled } from '../support/calls.js';
import { CHAT_MODEL, createWorld, serveWorld, TEST_SECRETS, type TestGateway } from '../support/gateway.js';

const CANARY = 'canary-5f2b9c';

/** Keeps every line, as a logger of the process would write it. */
class CapturedLog implements LoggerService {
  readonly lines: string[] = [];
  log = (...parts: unknown[]): void => this.keep(parts);
  warn = (...parts: unknown[]): void => this.keep(parts);
  error = (...parts: unknown[]): void => this.keep(parts);
  debug = (...parts: unknown[]): void => this.keep(parts);
  verbose = (...parts: unknown[]): void => this.keep(parts);
  fatal = (...parts: unknown[]): void => this.keep(parts);

  private keep(parts: unknown[]): void {
    this.lines.push(parts.map((part) => inspect(part, { depth: 9 })).join(' '));
  }
}

const log = new CapturedLog();
let gateway: TestGateway;
beforeAll(async () => {
  const world = await createWorld({ env: { LOG_LEVEL: 'trace', UPSTREAM_IDLE_TIMEOUT_MS: '400' } });
  gateway = await serveWorld(world, log);
});
afterAll(() => gateway.close());

const bad = (status: number): RuleAnswer => ({
  kind: 'error',
  status,
  message: `no ${CANARY} with sim-test`,
});
const ANSWERS: RuleAnswer[] = [
  { kind: 'model', text: `${CANARY} and more` } as RuleAnswer,
  bad(400),
  bad(401),
  bad(500),
  bad(529),
  { kind: 'text', contentType: 'application/json', body: `{"${CANARY}":` },
  { kind: 'text', contentType: 'text/html', body: CANARY },
  { kind: 'json', body: { [CANARY]: CANARY, error: { message: CANARY, type: CANARY } } },
  { kind: 'sse', frames: [`data: ${CANARY}\n\n`] },
  { kind: 'sse', frames: [`data: {"error":{"message":"${CANARY}"}}\n\n`] },
];

/** Sends the canary wherever a caller or an upstream can put words, through calls that end in every way. */
async function spreadCanary(): Promise<void> {
  for (const answer of ANSWERS) {
    for (const way of ways()) {
      gateway.simulator.reset();
      gateway.simulator.use({ answer });
      const body = {
        model: way.model,
        max_tokens: 64,
        stream: way.streamed,
        messages: [{ role: 'user', content: `Repeat ${CANARY}` }],
        tools: [
          way.dialect === 'openai'
            ? { type: 'function', function: { name: CANARY, description: CANARY } }
            : { name: CANARY, description: CANARY, input_schema: { type: 'object' } },
        ],
      };
      await (await post(gateway, way.path, body)).text();
    }
  }
  gateway.simulator.reset();
  gateway.simulator.use({ answer: { kind: 'model' }, pacing: { resetAfterFrames: 3 } });
  for (const way of ways()) await call(gateway, way).catch(() => undefined);
  gateway.simulator.reset();
  for (const { path: route } of ways()) {
    for (const spoiled of [
      `{"model":"${CANARY}`,
      { model: CANARY },
      { model: CHAT_MODEL, messages: CANARY },
    ]) {
      await (await post(gateway, route, spoiled)).text();
    }
    for (const url of [`${route}?key=${gateway.secret}&q=${CANARY}`, `${route}/${CANARY}`, `/${CANARY}`]) {
      await (await post(gateway, url, { a: CANARY }, { authorization: `Basic ${gateway.secret}` })).text();
    }
  }
  await untilSettled(gateway);
}

/** Tables, of any schema, in which a row as text holds one of the words. */
async function tablesWith(pool: pg.Pool, words: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const patterns = words.flatMap((word) => [`%${word}%`, `%${Buffer.from(word).toString('hex')}%`]);
  const found: string[] = [];
  for (const { name } of rows) {
    const hit = await pool.query(`select 1 from ${name} t where t::text like any ($1) limit 1`, [patterns]);
    if (hit.rows.length > 0) found.push(name);
  }
  return found;
}

describe('prompts, answers and secrets', () => {
  it('are in no line of the log, in no table and in no file', async () => {
    await spreadCanary();
    const secrets = [gateway.secret, 'sim-test', ...Object.values(TEST_SECRETS)];
    const words = [CANARY, ...secrets];
    expect(log.lines.length).toBeGreaterThan(10);
    expect(log.lines.some((line) => line.includes('"msg":"call"'))).toBe(true);
    expect(log.lines.filter((line) => words.some((word) => line.includes(word)))).toEqual([]);
    expect(await tablesWith(gateway.pool, words)).toEqual([]);
    expect(await tablesWith(gateway.pool, [gateway.tenant.keyId])).toContain('public.request');
    for (const file of readdirSync(gateway.journalDir)) {
      const content = readFileSync(path.join(gateway.journalDir, file), 'utf8');
      expect(words.filter((word) => content.includes(word))).toEqual([]);
    }
  });

  it('failures are in the log, one line each beside the call’s own, with the request’s id and no stack of ours', async () => {
    const before = log.lines.length;
    gateway.simulator.use({ answer: bad(500), times: 3 });
    const response = await post(gateway, '/v1/messages', {
      model: CHAT_MODEL,
      max_tokens: 16,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    const lines = log.lines
      .slice(before)
      .filter((line) => line.includes(response.headers.get('x-request-id') ?? '?'));
    const isAccess = (line: string): boolean => line.includes('"msg":"call"');
    expect(lines.filter((line) => !isAccess(line))).toHaveLength(1);
    expect(lines.filter(isAccess)).toHaveLength(1);
    await untilSettled(gateway);
  });
});
