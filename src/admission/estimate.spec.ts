import fc from 'fast-check';
import type { CatalogModel } from '../catalog/model.js';
import { PriceSheet, type PriceVersion } from '../catalog/price.js';
import type { JsonObject } from '../core/json.js';
import type { TokenClass, TokenUsage } from '../core/token-usage.js';
import { rateUsage } from '../metering/rate-usage.js';
import type { CompletionRequest, ContentPart, ToolDefinition } from '../protocols/completion.js';
import { affordableOutput, estimateCall, type EstimateQuestion } from './estimate.js';

const model: CatalogModel = {
  id: 'test/model',
  name: 'Test',
  contextWindow: 200_000,
  maxOutputTokens: 8_192,
  capabilities: [],
  aliases: [],
  status: 'active',
};

const price = (tokenClass: TokenClass, unitPricePico: bigint, tierFrom = 0): PriceVersion => ({
  id: `${tokenClass}-${tierFrom}`,
  tokenClass,
  tierFrom,
  unitPricePico,
  currency: 'USD',
  validFromMs: 0,
});

const requestOf = (content: ContentPart[], more: Partial<CompletionRequest> = {}): CompletionRequest => ({
  model: 'test/model',
  messages: [{ role: 'user', content }],
  stream: false,
  routing: {},
  warnings: [],
  ...more,
});

const searchTool = (maxUses?: number): ToolDefinition => ({
  kind: 'server',
  protocol: 'anthropic-messages',
  raw: {
    type: 'web_search_20250305',
    name: 'web_search',
    ...(maxUses === undefined ? {} : { max_uses: maxUses }),
  },
});

const server = (raw: JsonObject): ToolDefinition => ({ kind: 'server', protocol: 'openai-responses', raw });

const fetched = (source: JsonObject): JsonObject => ({
  type: 'web_fetch_tool_result',
  content: { type: 'web_fetch_result', content: { type: 'document', source } },
});

const ask = (over: Partial<EstimateQuestion> = {}): EstimateQuestion => ({
  request: requestOf([{ type: 'text', text: 'hello' }]),
  model,
  prices: new PriceSheet([price('input', 3_000_000n), price('output', 15_000_000n)]),
  bodyBytes: 100,
  maxOutputTokens: 1_000,
  upstreamCalls: 1,
  addedInputTokens: 0,
  ownSearches: 0,
  ...over,
});

/** Input tokens held for a call of a hundred bytes with one such block. */
const inputOf = (raw: JsonObject): number =>
  estimateCall(ask({ request: requestOf([{ type: 'opaque', protocol: 'google-gemini', raw }]) })).inputTokens;

/** Sheets with an input and an output price, and any further class and tier. */
const sheets = fc
  .record({
    first: fc.tuple(fc.bigInt(0n, 10n ** 10n), fc.bigInt(0n, 10n ** 10n)),
    more: fc.array(
      fc.tuple(
        fc.constantFrom<TokenClass>(
          'input',
          'cache_read',
          'cache_write_5m',
          'cache_write_1h',
          'output',
          'audio_input',
          'image_input',
          'audio_output',
          'search',
        ),
        fc.constantFrom(0, 1, 50, 1_000, 128_000),
        fc.bigInt(0n, 10n ** 10n),
      ),
      { maxLength: 12 },
    ),
  })
  .map(({ first: [input, output], more }) => {
    const versions = new Map([
      ['input 0', price('input', input)],
      ['output 0', price('output', output)],
    ]);
    for (const [tokenClass, tierFrom, pico] of more) {
      // A class has its lowest tier before it has others, as the price list demands.
      if (!versions.has(`${tokenClass} 0`)) versions.set(`${tokenClass} 0`, price(tokenClass, pico));
      versions.set(`${tokenClass} ${tierFrom}`, price(tokenClass, pico, tierFrom));
    }
    return new PriceSheet([...versions.values()]);
  });

const SOUND: ContentPart = { type: 'audio', format: 'wav', data: 'AAAA' };

/** A whole number up to `most`; often `most` itself, sometimes nothing. */
const upTo = (most: number) => fc.oneof(fc.integer({ min: 0, max: most }), fc.constant(most), fc.constant(0));

describe('the worst case of a call', () => {
  it('covers every usage within its bounds, in every cache class, tier and price', () => {
    const cases = fc
      .record({
        prices: sheets,
        bodyBytes: fc.integer({ min: 2, max: 400_000 }),
        maxOutputTokens: fc.integer({ min: 1, max: 8_192 }),
        answers: fc.constantFrom(undefined, 1, 2, 8),
        uses: fc.constantFrom(undefined, 0, 1, 7),
        searching: fc.boolean(),
        hasSound: fc.boolean(),
      })
      .chain((given) => {
        const { prices, bodyBytes, maxOutputTokens } = given;
        const tools = given.searching ? [searchTool(given.uses)] : undefined;
        const content: ContentPart[] = [given.hasSound ? SOUND : { type: 'text', text: 'x' }];
        const request = requestOf(content, { choiceCount: given.answers, tools });
        const question = ask({ request, prices, bodyBytes, maxOutputTokens });
        const bound = estimateCall(question);
        const split = fc.tuple(upTo(bound.inputTokens), fc.array(fc.nat(), { minLength: 3, maxLength: 3 }));
        const parts = given.hasSound || given.searching ? fc.integer({ min: 0, max: 3 }) : fc.constant(0);
        return fc.record({
          question: fc.constant(question),
          usage: fc
            .tuple(split, upTo(bound.outputTokens * bound.answers), upTo(bound.searches), parts, fc.boolean())
            .map(([[input, cuts], output, searches, media, isSpoken]) =>
              withParts(usageOf(input, cuts, { output, searches }), media, isSpoken),
            ),
        });
      });
    fc.assert(
      fc.property(cases, ({ question, usage }) => {
        expect(estimateCall(question).amountNano).toBeGreaterThanOrEqual(
          rateUsage(usage, question.prices).amountNano,
        );
      }),
      { numRuns: 5_000 },
    );
  });

  /** Splits an input into the four classes at the given places. */
  const usageOf = (input: number, cuts: number[], rest: { output: number; searches: number }): TokenUsage => {
    const [a = 0, b = 0, c = 0] = cuts.map((cut) => cut % (input + 1)).sort((left, right) => left - right);
    return {
      input: { noCache: a, cacheRead: b - a, cacheWrite5m: c - b, cacheWrite1h: input - c },
      output: { total: rest.output },
      searches: rest.searches,
    };
  };

  /** Says of so many thirds of the plain input that they are sound, of a third that it is images, and of the output that it is spoken. */
  const withParts = (usage: TokenUsage, thirds: number, isSpoken: boolean): TokenUsage => {
    const third = Math.floor((usage.input.noCache ?? 0) / 3);
    const input = { ...usage.input, audio: third * thirds, image: thirds > 0 ? third : 0 };
    return { ...usage, input, output: { ...usage.output, audio: isSpoken ? usage.output.total : 0 } };
  };

  it('never counts fewer input tokens than the body has bytes, up to the context window', () => {
    expect(estimateCall(ask({ bodyBytes: 12_345 })).inputTokens).toBe(12_345);
    expect(estimateCall(ask({ bodyBytes: 10_000_000 })).inputTokens).toBe(200_000);
    expect(estimateCall(ask({ bodyBytes: 0 })).inputTokens).toBe(1);
  });

  it('counts an image by what it can cost, not by its bytes, wherever it stands', () => {
    const image: ContentPart = {
      type: 'image',
      source: { kind: 'base64', mediaType: 'image/png', data: 'A'.repeat(90_000) },
    };
    const byUrl: ContentPart = { type: 'image', source: { kind: 'url', url: 'https://x.test/a.png' } };
    const inDocument: ContentPart = { type: 'document', source: { kind: 'parts', parts: [byUrl] } };
    const inResult: ContentPart = { type: 'tool-result', callId: 'a', content: [byUrl] };
    const tokens = (content: ContentPart[], bodyBytes: number): number =>
      estimateCall(ask({ request: requestOf(content), bodyBytes })).inputTokens;
    expect(tokens([image], 90_100)).toBe(6_100);
    for (const content of [[byUrl], [inDocument], [inResult]]) expect(tokens(content, 100)).toBe(6_100);
  });

  it('takes the whole context window for a document that only the vendor can read', () => {
    const file: ContentPart = { type: 'document', source: { kind: 'file', id: 'file_1' } };
    expect(estimateCall(ask({ request: requestOf([file]) })).inputTokens).toBe(200_000);
    const text: ContentPart = { type: 'document', source: { kind: 'text', text: 'short' } };
    expect(estimateCall(ask({ request: requestOf([text]) })).inputTokens).toBe(100);
  });

  it('is exact to the nano where nothing has to be guessed', () => {
    const prices = new PriceSheet([price('input', 0n), price('output', 10_000_000n)]);
    expect(estimateCall(ask({ prices })).amountNano).toBe(10_000_000n);
  });

  it('holds as many searches as the tool allows, and ten where it does not say', () => {
    const prices = new PriceSheet([
      price('input', 0n),
      price('output', 0n),
      price('search', 10_000_000_000n),
    ]);
    const held = (tools: ToolDefinition[], over: Partial<EstimateQuestion> = {}): bigint =>
      estimateCall(ask({ prices, request: requestOf([], { tools }), ...over })).amountNano;
    expect(held([searchTool(3)])).toBe(30_000_000n);
    // Each upstream call of an answer may search so often, and the gateway beside them.
    expect(held([searchTool(3)], { upstreamCalls: 2, ownSearches: 1 })).toBe(70_000_000n + 1n);
    expect(held([searchTool()])).toBe(100_000_000n);
    expect(held([server({ googleSearch: {} })])).toBe(100_000_000n);
    expect(held([server({ type: 'bash_20250124' })])).toBe(0n);
    const ownFields = ['web_search_options'];
    expect(estimateCall(ask({ prices, request: requestOf([], { ownFields }) })).searches).toBe(10);
  });

  it.each([-1, 1.5, 1e300, '3', true])(
    'refuses a tool that may search %j times, naming the field',
    (uses) => {
      const tools = [searchTool(1), searchTool(uses as number)];
      expect(() => estimateCall(ask({ request: requestOf([], { tools }) }))).toThrow(
        expect.objectContaining({
          kind: 'invalid_request',
          details: expect.objectContaining({ param: 'tools.1.max_uses' }),
        }),
      );
    },
  );

  it('holds whatever number of searches a tool allows', () => {
    const tools = Array.from({ length: 1_000 }, () => searchTool(1_000_000_001));
    expect(estimateCall(ask({ request: requestOf([], { tools }) })).searches).toBe(1_000_000_001_000);
  });

  it.each([
    ['a search', { tools: [searchTool(1)] }],
    ['pages', { tools: [server({ urlContext: {} })] }],
    ['files', { tools: [server({ type: 'file_search' })] }],
    ['what other servers say', { ownFields: ['mcp_servers'] }],
    ['a search of Chat', { ownFields: ['web_search_options'] }],
  ])('takes the whole context window where the vendor adds %s', (_, more) => {
    expect(estimateCall(ask({ request: requestOf([], more) })).inputTokens).toBe(200_000);
  });

  it.each(['bash_20250124', 'text_editor_20250728', 'octen_search', 'local_shell', 'tool_search_tool_bm25'])(
    'counts the bytes of a call whose tool %s adds nothing to its input',
    (type) => {
      const request = requestOf([], { tools: [server({ type })] });
      expect(estimateCall(ask({ request })).inputTokens).toBe(700);
    },
  );

  it.each<[string, JsonObject]>([
    ['a video by its address', { fileData: { mimeType: 'video/mp4', fileUri: 'https://x.test/v' } }],
    ['a video in the request', { inlineData: { mimeType: 'video/mp4', data: 'AAAA' } }],
    ['an uploaded file', { type: 'container_upload', file_id: 'file_1' }],
    ['a block not known', { type: 'hologram', id: 'x' }],
    [
      'a page that was fetched as a file',
      fetched({ type: 'base64', media_type: 'application/pdf', data: 'AA' }),
    ],
  ])('takes the whole context window for %s', (_, raw) => {
    expect(inputOf(raw)).toBe(200_000);
  });

  it.each<[string, JsonObject, number]>([
    ['what a search found', { type: 'web_search_tool_result', content: [{ url: 'https://x.test' }] }, 100],
    ['what a search was asked', { type: 'server_tool_use', id: 's', input: {} }, 100],
    ['a page that was fetched as text', fetched({ type: 'text', data: 'short' }), 100],
    ['a call of a tool that Moonshot brings', { type: 'builtin_function', id: 'b', function: {} }, 100],
    ['code that the vendor ran', { executableCode: { code: 'print(1)' } }, 100],
    ['a screenshot', { type: 'computer_call_output', output: { type: 'computer_screenshot' } }, 6_100],
    [
      'pictures a tool made',
      { type: 'mcp_tool_result', content: [{ type: 'image' }, { type: 'image' }] },
      12_100,
    ],
  ])('counts the bytes and the images of %s', (_, raw, tokens) => {
    expect(inputOf(raw)).toBe(tokens);
  });
});

describe('an output limit for a smaller amount', () => {
  it('is the longest answer whose worst case the amount still covers', () => {
    const cases = fc.record({
      prices: sheets,
      bodyBytes: fc.integer({ min: 1, max: 5_000 }),
      maxOutputTokens: fc.integer({ min: 1, max: 8_192 }),
      available: fc.bigInt(-1_000n, 10n ** 12n),
    });
    fc.assert(
      fc.property(cases, ({ available, ...given }) => {
        const question = ask(given);
        const output = affordableOutput(question, available);
        expect(output).toBeLessThanOrEqual(given.maxOutputTokens);
        if (output === 0) return;
        expect(estimateCall({ ...question, maxOutputTokens: output }).amountNano).toBeLessThanOrEqual(
          available,
        );
        if (output === given.maxOutputTokens) return;
        const longer = estimateCall({ ...question, maxOutputTokens: output + 1 });
        expect(longer.amountNano).toBeGreaterThan(available);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is nothing when not even the input is paid for', () => {
    expect(affordableOutput(ask(), 300_000n)).toBe(0);
    expect(affordableOutput(ask(), -1n)).toBe(0);
  });
});
