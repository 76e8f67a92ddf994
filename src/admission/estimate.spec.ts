import fc from 'fast-check';
import type { CatalogModel } from '../catalog/model.js';
import { PriceSheet, type PriceVersion } from '../catalog/price.js';
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
      })
      .chain((given) => {
        const { prices, bodyBytes, maxOutputTokens } = given;
        const tools = given.searching ? [searchTool(given.uses)] : undefined;
        const request = requestOf([{ type: 'text', text: 'x' }], { choiceCount: given.answers, tools });
        const question = ask({ request, prices, bodyBytes, maxOutputTokens });
        const bound = estimateCall(question);
        const split = fc.tuple(upTo(bound.inputTokens), fc.array(fc.nat(), { minLength: 3, maxLength: 3 }));
        return fc.record({
          question: fc.constant(question),
          usage: fc
            .tuple(split, upTo(bound.outputTokens * bound.answers), upTo(bound.searches))
            .map(([[input, cuts], output, searches]) => usageOf(input, cuts, { output, searches })),
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
    const held = (tools: ToolDefinition[]): bigint =>
      estimateCall(ask({ prices, request: requestOf([], { tools }) })).amountNano;
    expect(held([searchTool(3)])).toBe(30_000_000n);
    expect(held([searchTool()])).toBe(100_000_000n);
    expect(held([{ kind: 'server', protocol: 'anthropic-messages', raw: { type: 'bash_20250124' } }])).toBe(
      0n,
    );
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
