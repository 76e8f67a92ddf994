import type { JsonObject } from '../../src/core/json.js';
import type { RuleAnswer } from '../../src/embedded/simulator/script.js';
import {
  allWays,
  call,
  callAndFail,
  expectBrokenStream,
  expectServed,
  expectStatus,
  isChat,
  type Way,
} from '../support/bad-answers.js';
import { untilSettled } from '../support/calls.js';
import { CHAT_MODEL, GEMINI_MODEL, startGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(() => gateway.simulator.reset());
afterAll(() => gateway.close());

/** How an answer ends: the members of Chat's choice, and Google's words in the place of those of other vendors. */
const ENDS: [string, JsonObject, string][] = [
  ['error (OpenRouter), MALFORMED_FUNCTION_CALL', { finish_reason: 'error' }, 'MALFORMED_FUNCTION_CALL'],
  [
    'insufficient_system_resource (DeepSeek), UNEXPECTED_TOOL_CALL',
    { finish_reason: 'insufficient_system_resource' },
    'UNEXPECTED_TOOL_CALL',
  ],
  [
    'an error in the choice, TOO_MANY_TOOL_CALLS',
    { finish_reason: null, error: { code: 502, message: 'PRIVATE' } },
    'TOO_MANY_TOOL_CALLS',
  ],
];

/** 5 tokens in and 2 out. */
const CHAT_USAGE = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
const GEMINI_USAGE = { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 };
/** At 2.40 and 12 dollars per million. */
const COST = 5n * 2_400n + 2n * 12_000n;

const chunk = (choice: JsonObject, more: JsonObject = {}): JsonObject => {
  const choices = [{ index: 0, finish_reason: null, ...choice }];
  return { id: 'c1', object: 'chat.completion.chunk', model: 'm', choices, ...more };
};
const candidate = (text: string, more: JsonObject = {}): JsonObject => ({
  index: 0,
  content: { role: 'model', parts: text === '' ? [] : [{ text }] },
  ...more,
});

/** A failed answer of the upstream of this way; "" for one that fails before it said anything. */
function failed(way: Way, text: string, end: JsonObject, finishReason: string): RuleAnswer {
  const events: JsonObject[] = [];
  if (isChat(way)) {
    const message = { role: 'assistant', content: text };
    if (!way.streamed) return { kind: 'json', body: { ...chunk({ message, ...end }), usage: CHAT_USAGE } };
    if (text !== '') events.push(chunk({ delta: message }));
    events.push(chunk({ delta: {}, ...end }, { usage: CHAT_USAGE }));
  } else {
    const last = candidate(way.streamed ? '' : text, { finishReason });
    const answer = { responseId: 'r1', candidates: [last], usageMetadata: GEMINI_USAGE };
    if (!way.streamed) return { kind: 'json', body: answer };
    if (text !== '') events.push({ responseId: 'r1', candidates: [candidate(text)] });
    events.push(answer);
  }
  const frames = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
  return { kind: 'sse', frames: isChat(way) ? [...frames, 'data: [DONE]\n\n'] : frames };
}

const costs = async (): Promise<bigint[]> => {
  const { rows } = await gateway.pool.query<{ cost: string }>(
    `select cost_nano::text as cost from attempt
     where request_id = (select id from request order by id desc limit 1) order by seq`,
  );
  return rows.map(({ cost }) => BigInt(cost));
};

describe.each(ENDS)('an answer that ends in %s', (_, end, finishReason) => {
  const ways = allWays(({ model }) => model === CHAT_MODEL || model === GEMINI_MODEL);

  it('is a failure that nobody pays, and its cost is ours', async () => {
    for (const way of ways) {
      gateway.simulator.reset();
      gateway.simulator.use({ answer: failed(way, 'Hello', end, finishReason) });
      const answered = await callAndFail(gateway, way);
      expect(answered.text).not.toContain('PRIVATE');
      // A whole answer was shown to nobody, so it is asked for again.
      const isBegun = answered.response.status === 200;
      if (isBegun) expectBrokenStream(answered, way);
      else await expectStatus(answered, way, 502);
      expect({ way, isBegun }).toEqual({ way, isBegun: way.streamed });
      expect({ way, costs: await costs() }).toEqual({ way, costs: Array(isBegun ? 1 : 3).fill(COST) });
    }
  });

  it('before it said anything is asked for again, and only what served is paid', async () => {
    for (const way of ways) {
      gateway.simulator.reset();
      gateway.simulator.use({ times: 1, answer: failed(way, '', end, finishReason) });
      expectServed(await call(gateway, way), way);
      expect(gateway.simulator.journal).toHaveLength(2);
      await untilSettled(gateway);
      const [lost, served] = await costs();
      expect({ way, lost }).toEqual({ way, lost: COST });
      const { rows } = await gateway.pool.query<{ cost: string }>(
        'select cost_nano::text as cost from usage_event order by id desc limit 1',
      );
      expect(rows).toEqual([{ cost: String(served) }]);
    }
  });
});
