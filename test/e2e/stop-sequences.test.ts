import { asObject, type JsonObject } from '../../src/core/json.js';
import type { RuleAnswer } from '../../src/embedded/simulator/script.js';
import { post } from '../support/calls.js';
import { ChargeWatch } from '../support/charges.js';
import {
  GEMINI_MODEL,
  RESPONSES_MODEL,
  serveModel,
  startGateway,
  type TestGateway,
} from '../support/gateway.js';
import { chunksOf, eventsOf } from '../support/statements.js';
import { CatalogService } from '../../src/catalog/catalog.service.js';

const TEXT = 'The first part is here. STOP HERE and what follows is not for the caller.';
const KEPT = 'The first part is here. ';
const LACKING = 'test/lacking';
const REPORTING = 'test/reporting';

/** What each client is shown of an answer. */
interface Seen {
  text: string;
  finish: unknown;
  sequence?: unknown;
  usage: JsonObject;
}

/** Asks as a client of each protocol would. */
const CLIENTS: Record<string, (ask: Ask, model: string, stream: boolean) => Promise<Seen>> = {
  chat: async (ask, model, stream) => {
    const text = await ask('/v1/chat/completions', {
      model,
      stream,
      stop: ['STOP HERE', 'never'],
      messages: HELLO,
    });
    if (!stream) {
      const json = JSON.parse(text) as {
        choices: { message: JsonObject; finish_reason: string }[];
        usage: JsonObject;
      };
      const [choice] = json.choices;
      return {
        text: String(choice?.message['content']),
        finish: choice?.finish_reason,
        usage: json.usage,
      };
    }
    const chunks = chunksOf(text) as {
      choices: { delta: JsonObject; finish_reason: string }[];
      usage?: JsonObject;
    }[];
    const choices = chunks.flatMap((chunk) => chunk.choices);
    return {
      text: choices.map(({ delta }) => delta['content'] ?? '').join(''),
      finish: choices.map(({ finish_reason }) => finish_reason).find((reason) => reason !== null),
      usage: chunks.at(-1)?.usage ?? {},
    };
  },
  messages: async (ask, model, stream) => {
    const body = { model, stream, max_tokens: 100, stop_sequences: ['STOP HERE'], messages: HELLO };
    const text = await ask('/v1/messages', body);
    if (!stream) {
      const json = JSON.parse(text) as { content: JsonObject[]; usage: JsonObject } & JsonObject;
      return {
        text: json.content.map((block) => block['text']).join(''),
        finish: json['stop_reason'],
        sequence: json['stop_sequence'],
        usage: json.usage,
      };
    }
    const events = eventsOf(text);
    const end = events.find(({ type }) => type === 'message_delta') ?? {};
    expect(events.at(-1)).toMatchObject({ type: 'message_stop' });
    return {
      text: events.map(({ delta }) => asObject(delta)?.['text'] ?? '').join(''),
      finish: asObject(end['delta'])?.['stop_reason'],
      sequence: asObject(end['delta'])?.['stop_sequence'],
      usage: asObject(end['usage']) ?? {},
    };
  },
  gemini: async (ask, model, stream) => {
    const body = {
      contents: [{ role: 'user', parts: [{ text: 'Hello.' }] }],
      generationConfig: { stopSequences: ['STOP HERE'] },
    };
    const method = stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
    const text = await ask(`/v1beta/models/${encodeURIComponent(model)}:${method}`, body);
    const answers = stream ? text.split('\r\n\r\n').filter(Boolean) : [text];
    const parsed = answers.map((answer) => JSON.parse(answer.replace(/^data: /, '')) as JsonObject);
    const candidates = parsed.flatMap((answer) => answer['candidates'] as JsonObject[]);
    const parts = candidates.flatMap(({ content }) => (asObject(content)?.['parts'] ?? []) as JsonObject[]);
    return {
      text: parts.map((part) => part['text'] ?? '').join(''),
      finish: candidates.at(-1)?.['finishReason'],
      usage: asObject(parsed.at(-1)?.['usageMetadata']) ?? {},
    };
  },
};
const FINISH: Record<string, string> = { chat: 'stop', messages: 'stop_sequence', gemini: 'STOP' };
const HELLO = [{ role: 'user', content: 'Hello.' }];

type Ask = (path: string, body: JsonObject) => Promise<string>;

describe('stop sequences over upstreams that cannot keep them', () => {
  let gateway: TestGateway;
  let watch: ChargeWatch;
  beforeAll(async () => {
    gateway = await startGateway();
    watch = new ChargeWatch(gateway);
    const baseUrl = `${gateway.simulator.baseUrl}/v1`;
    // A model that takes none over Chat Completions, and an upstream whose vendor charges on after a cancelled call.
    await serveModel(gateway.pool, {
      id: LACKING,
      protocol: 'openai-chat',
      upstreamModel: 'lacking',
      baseUrl,
      capabilities: ['tools'],
    });
    await serveModel(gateway.pool, {
      id: REPORTING,
      protocol: 'openai-responses',
      upstreamModel: 'reporting',
      adapter: 'openai-compatible',
      baseUrl,
    });
    await gateway.api.app.get(CatalogService).refresh();
  });
  afterAll(() => gateway.close());
  beforeEach(() => watch.begin());

  let warnings: string | null = null;
  const ask: Ask = async (path, body) => {
    const response = await post(gateway, path, body);
    warnings = response.headers.get('x-faregate-warnings');
    const text = await response.text();
    expect([response.status, text.slice(0, 300)]).toEqual([200, expect.any(String)]);
    return text;
  };
  /** Says TEXT whatever is asked, in small pieces. */
  const say = (more: Partial<RuleAnswer & { kind: 'model' }> = {}, chunkDelayMs?: number): void =>
    gateway.simulator.use({
      answer: { kind: 'model', text: TEXT, ...more },
      pacing: { ...(chunkDelayMs !== undefined && { chunkDelayMs }) },
    });
  const sent = (): JsonObject => asObject(gateway.simulator.journal.at(-1)?.body) ?? {};

  describe.each(['chat', 'messages', 'gemini'])('a client of %s', (client) => {
    const call = CLIENTS[client] as (typeof CLIENTS)[string];

    it.each([RESPONSES_MODEL, LACKING])(
      'row 31: a whole answer of %s ends before the sequence, and is charged as reported',
      async (model) => {
        say();
        const seen = await call(ask, model, false);
        expect(seen).toMatchObject({ text: KEPT, finish: FINISH[client] });
        if (client === 'messages') expect(seen.sequence).toBe('STOP HERE');
        expect(warnings).toBeNull();
        expect(sent()['stop']).toBeUndefined();
        await watch.expectExact();
      },
    );

    it('row 31: a stream ends at the sequence, its upstream is cancelled, and what came is charged', async () => {
      say({}, 30);
      const seen = await call(ask, RESPONSES_MODEL, true);
      expect(seen).toMatchObject({ text: KEPT, finish: FINISH[client] });
      if (client === 'messages') expect(seen.sequence).toBe('STOP HERE');
      const [booked] = await watch.booked();
      expect(booked).toMatchObject({ status: 'completed', hold: 'settled', usage_source: 'estimate' });
      await gateway.simulator.idle();
      expect(gateway.simulator.journal.at(-1)?.answer.finished).not.toBe('complete');
      // The caller was told what is charged.
      const output =
        seen.usage['completion_tokens'] ?? seen.usage['output_tokens'] ?? seen.usage['candidatesTokenCount'];
      expect(String(output)).toBe(booked?.output);
      const shownInput =
        seen.usage['prompt_tokens'] ?? seen.usage['input_tokens'] ?? seen.usage['promptTokenCount'];
      expect(String(shownInput)).toBe(booked?.input);
    });

    it('row 31: where cancelling would not end the cost, it is read on and charged as reported', async () => {
      say();
      const seen = await call(ask, REPORTING, true);
      expect(seen).toMatchObject({ text: KEPT, finish: FINISH[client] });
      await watch.expectExact();
    });
  });

  it('row 31: a sequence in any number of pieces is found', async () => {
    gateway.simulator.use({ answer: { kind: 'model', text: TEXT }, pacing: { cuts: 'per-byte' } });
    const seen = await (CLIENTS['chat'] as (typeof CLIENTS)[string])(ask, REPORTING, true);
    expect(seen).toMatchObject({ text: KEPT, finish: 'stop' });
  });

  it('row 31: without one in the text, the answer is as it came', async () => {
    gateway.simulator.use({ answer: { kind: 'model', text: 'nothing here, STOP HER' } });
    const seen = await (CLIENTS['chat'] as (typeof CLIENTS)[string])(ask, RESPONSES_MODEL, true);
    expect(seen.text).toBe('nothing here, STOP HER');
    await watch.expectExact();
  });

  it('row 31: more sequences than an upstream takes are all kept', async () => {
    say();
    const body = {
      model: GEMINI_MODEL,
      max_tokens: 100,
      stop_sequences: ['1', '2', '3', '4', '5', 'STOP HERE'],
      messages: HELLO,
    };
    const json = JSON.parse(await ask('/v1/messages', body)) as JsonObject;
    expect(json).toMatchObject({ content: [{ text: KEPT }], stop_sequence: 'STOP HERE' });
    expect(sent()['generationConfig']).not.toHaveProperty('stopSequences');
    await watch.expectExact();
  });

  it('row 31: each of several answers stops by itself', async () => {
    say();
    const body = { model: RESPONSES_MODEL, n: 2, stream: true, stop: 'STOP HERE', messages: HELLO };
    const chunks = chunksOf(await ask('/v1/chat/completions', body)) as { choices: JsonObject[] }[];
    for (const index of [0, 1]) {
      const own = chunks.flatMap(({ choices }) => choices).filter((choice) => choice['index'] === index);
      expect(own.map(({ delta }) => asObject(delta)?.['content'] ?? '').join('')).toBe(KEPT);
      expect(own.at(-1)?.['finish_reason']).toBe('stop');
    }
    expect(await watch.booked()).toMatchObject([{ status: 'completed', hold: 'settled' }]);
  });

  it('row 31: a strict caller loses nothing', async () => {
    say();
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${gateway.secret}`,
        'content-type': 'application/json',
        'x-faregate-strict': 'true',
      },
      body: JSON.stringify({ model: RESPONSES_MODEL, stop: ['STOP HERE'], messages: HELLO }),
    });
    expect(response.status).toBe(200);
  });
});
