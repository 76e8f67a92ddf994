import { digest } from './seed.js';
import type { Segment } from './prompt.js';
import { tokensOfChars } from './token-count.js';

const LIFETIME_MS = { '5m': 300_000, '1h': 3_600_000 };
/** OpenAI caches prompts from 1,024 tokens on, in steps of 128 (platform.openai.com/docs/guides/prompt-caching). */
const AUTOMATIC_MINIMUM_TOKENS = 1_024;
const AUTOMATIC_STEP_TOKENS = 128;

/** The prompt up to and including one segment. */
interface Prefix {
  key: string;
  tokens: number;
  ttl?: '5m' | '1h' | undefined;
}

/** Tokens of a prompt that were read from the cache and written to it. */
export interface CacheUse {
  promptTokens: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
}

function prefixesOf(model: string, segments: Segment[]): Prefix[] {
  let key = digest(model);
  let chars = 0;
  let mediaTokens = 0;
  return segments.map((segment) => {
    key = digest(key + segment.fingerprint);
    chars += segment.chars;
    mediaTokens += segment.mediaTokens;
    return { key, tokens: tokensOfChars(chars) + mediaTokens, ttl: segment.cacheTtl };
  });
}

/** Remembers prompt prefixes as the vendors' caches do. A minimum length is asked on OpenAI's side alone. */
export class PromptCache {
  private readonly expiresAtMs = new Map<string, number>();

  /** Anthropic: written where `cache_control` stands, read up to the longest prefix known. */
  useBreakpoints(model: string, segments: Segment[], atMs: number): CacheUse {
    const prefixes = prefixesOf(model, segments);
    const promptTokens = prefixes.at(-1)?.tokens ?? 0;
    const lastBreakpoint = prefixes.findLastIndex((prefix) => prefix.ttl !== undefined);
    const known = prefixes.findLastIndex(
      (prefix, index) => index <= lastBreakpoint && this.isLive(prefix.key, atMs),
    );
    const use = { promptTokens, cacheRead: prefixes[known]?.tokens ?? 0, cacheWrite5m: 0, cacheWrite1h: 0 };
    let cachedTokens = use.cacheRead;
    for (const [index, { key, tokens, ttl }] of prefixes.entries()) {
      if (ttl === undefined) continue;
      this.expiresAtMs.set(key, atMs + LIFETIME_MS[ttl]);
      if (index <= known) continue;
      use[ttl === '1h' ? 'cacheWrite1h' : 'cacheWrite5m'] += tokens - cachedTokens;
      cachedTokens = tokens;
    }
    return use;
  }

  /** OpenAI: every prompt is remembered, a long enough prefix of a known one is read. */
  useAutomatic(model: string, segments: Segment[], atMs: number): CacheUse {
    const prefixes = prefixesOf(model, segments);
    const promptTokens = prefixes.at(-1)?.tokens ?? 0;
    const known = prefixes.findLast((prefix) => this.isLive(prefix.key, atMs))?.tokens ?? 0;
    for (const { key } of prefixes) this.expiresAtMs.set(key, atMs + LIFETIME_MS['5m']);
    const cacheRead =
      known < AUTOMATIC_MINIMUM_TOKENS
        ? 0
        : Math.floor(known / AUTOMATIC_STEP_TOKENS) * AUTOMATIC_STEP_TOKENS;
    return { promptTokens, cacheRead, cacheWrite5m: 0, cacheWrite1h: 0 };
  }

  clear(): void {
    this.expiresAtMs.clear();
  }

  private isLive(key: string, atMs: number): boolean {
    return (this.expiresAtMs.get(key) ?? 0) > atMs;
  }
}
