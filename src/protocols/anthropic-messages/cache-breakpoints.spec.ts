import fc from 'fast-check';
import type { JsonObject } from '../../core/json.js';
import { fitBreakpoints } from './cache-breakpoints.js';

const marked = (text: string, ttl?: string): JsonObject => ({
  type: 'text',
  text,
  cache_control: { type: 'ephemeral', ...(ttl === undefined ? {} : { ttl }) },
});

const body = (...blocks: JsonObject[]): JsonObject => ({
  tools: [{ name: 't', ...marked('') }],
  system: [marked('s')],
  messages: [{ role: 'user', content: blocks }],
});

/** Texts of the marked blocks, tools as "", in the order of the prompt. */
const found = (request: JsonObject): unknown[] => {
  const { tools, system, messages } = request as Record<string, JsonObject[]>;
  const content = (messages?.[0]?.['content'] ?? []) as JsonObject[];
  return [...(tools ?? []), ...(system ?? []), ...content]
    .filter((block) => block['cache_control'] !== undefined)
    .map((block) => block['text']);
};

describe('cache breakpoints', () => {
  it('row 46: four stay as they are', () => {
    const request = body(marked('a'), marked('b'));
    const before = JSON.stringify(request);
    expect(fitBreakpoints(request)).toEqual([]);
    expect(JSON.stringify(request)).toBe(before);
  });

  it('row 46: of more than four the first and the last three stay, with a warning', () => {
    const request = body(marked('a'), marked('b'), marked('c'), marked('d'));
    expect(fitBreakpoints(request)).toEqual([
      expect.stringMatching(/^cache_control was dropped from 2 blocks/),
    ]);
    expect(found(request)).toEqual(['', 'b', 'c', 'd']);
  });

  it('row 46: an hour behind five minutes is lowered, with a warning; one before them stays', () => {
    const request = {
      messages: [{ role: 'user', content: [marked('a', '1h'), marked('b'), marked('c', '1h')] }],
    };
    expect(fitBreakpoints(request)).toEqual([expect.stringMatching(/^cache_control: an hour/)]);
    const ttls = request.messages[0]?.content.map((block) => (block['cache_control'] as JsonObject)['ttl']);
    expect(ttls).toEqual(['1h', undefined, '5m']);
  });

  it('row 46: blocks are never moved, and never more than four are marked', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.constantFrom('5m', '1h')), { maxLength: 9 }), (ttls) => {
        const content = ttls.map((ttl, index) =>
          ttl === null ? { type: 'text', text: `${index}` } : marked(`${index}`, ttl),
        );
        const request = body(...content);
        const order = content.map((block) => block['text']);
        fitBreakpoints(request);
        expect(content.map((block) => block['text'])).toEqual(order);
        expect(found(request).length).toBeLessThanOrEqual(4);
      }),
    );
  });
});
