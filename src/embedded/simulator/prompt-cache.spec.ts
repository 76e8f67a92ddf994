import { PromptCache } from './prompt-cache.js';
import type { Segment } from './prompt.js';

const segment = (fingerprint: string, tokens: number, cacheTtl?: '5m' | '1h'): Segment => ({
  fingerprint,
  chars: tokens * 4,
  mediaTokens: 0,
  cacheTtl,
});

describe('PromptCache with breakpoints', () => {
  const prompt = [segment('tools', 100, '1h'), segment('system', 50, '5m'), segment('question', 7)];

  it('writes each stretch with the lifetime of the breakpoint that closes it', () => {
    const use = new PromptCache().useBreakpoints('m', prompt, 0);
    expect(use).toEqual({ promptTokens: 157, cacheRead: 0, cacheWrite1h: 100, cacheWrite5m: 50 });
  });

  it('reads the longest prefix that still lives, and rewrites what has expired', () => {
    const cache = new PromptCache();
    cache.useBreakpoints('m', prompt, 0);
    expect(cache.useBreakpoints('m', prompt, 299_999)).toMatchObject({ cacheRead: 150, cacheWrite5m: 0 });
    expect(cache.useBreakpoints('m', prompt, 700_000)).toMatchObject({ cacheRead: 100, cacheWrite5m: 50 });
    expect(cache.useBreakpoints('m', prompt, 9_000_000)).toMatchObject({ cacheRead: 0, cacheWrite1h: 100 });
  });

  it('keeps models apart and notices a change before the breakpoint', () => {
    const cache = new PromptCache();
    cache.useBreakpoints('m', prompt, 0);
    expect(cache.useBreakpoints('other', prompt, 1)).toMatchObject({ cacheRead: 0 });
    const changed = [segment('tools!', 100, '1h'), ...prompt.slice(1)];
    expect(cache.useBreakpoints('m', changed, 1)).toMatchObject({ cacheRead: 0 });
  });
});

describe('PromptCache without breakpoints', () => {
  it('reads a known prefix from 1,024 tokens on, in steps of 128', () => {
    const cache = new PromptCache();
    const long = [segment('long', 1_300)];
    expect(cache.useAutomatic('m', long, 0).cacheRead).toBe(0);
    expect(cache.useAutomatic('m', [...long, segment('more', 9)], 1)).toMatchObject({
      promptTokens: 1_309,
      cacheRead: 1_280,
    });
    cache.useAutomatic('m', [segment('short', 1_000)], 0);
    expect(cache.useAutomatic('m', [segment('short', 1_000)], 1).cacheRead).toBe(0);
  });
});
