import type { SeedModel, SeedPrice } from './seed-model.js';

const SOURCE = 'https://platform.claude.com/docs/en/about-claude/pricing, read 2026-11-21';

const CAPABILITIES = [
  'temperature',
  'top_p',
  'top_k',
  'stop',
  'tools',
  'response_format',
  'reasoning',
  'image_input',
  'document_input',
  'prompt_caching',
];

interface ClaudePrices {
  input: string;
  cacheWrite5m: string;
  cacheWrite1h: string;
  cacheRead: string;
  output: string;
}

/** Writing to a cache costs 1.25 (5 minutes) or 2 (1 hour) times the input price, reading 0.1 times. */
const prices = (list: ClaudePrices): SeedPrice[] => [
  { tokenClass: 'input', unitPrice: list.input },
  { tokenClass: 'cache_write_5m', unitPrice: list.cacheWrite5m },
  { tokenClass: 'cache_write_1h', unitPrice: list.cacheWrite1h },
  { tokenClass: 'cache_read', unitPrice: list.cacheRead },
  { tokenClass: 'output', unitPrice: list.output },
];

const OPUS = prices({
  input: '5',
  cacheWrite5m: '6.25',
  cacheWrite1h: '10',
  cacheRead: '0.50',
  output: '25',
});

/** Anthropic's models; one price for every length of prompt. */
export const CLAUDE_MODELS: readonly SeedModel[] = [
  {
    id: 'anthropic/claude-opus-4.8',
    name: 'Claude Opus 4.8',
    aliases: ['claude-opus-4-8'],
    upstreamModel: 'claude-opus-4-8',
    contextWindow: 1_000_000,
    maxOutputTokens: 128_000,
    capabilities: CAPABILITIES,
    source: SOURCE,
    prices: OPUS,
  },
  {
    id: 'anthropic/claude-opus-4.6',
    name: 'Claude Opus 4.6',
    aliases: ['claude-opus-4-6'],
    upstreamModel: 'claude-opus-4-6',
    contextWindow: 1_000_000,
    maxOutputTokens: 128_000,
    capabilities: CAPABILITIES,
    source: SOURCE,
    prices: OPUS,
  },
  {
    id: 'anthropic/claude-sonnet-4.6',
    name: 'Claude Sonnet 4.6',
    aliases: ['claude-sonnet-4-6'],
    upstreamModel: 'claude-sonnet-4-6',
    contextWindow: 1_000_000,
    maxOutputTokens: 64_000,
    capabilities: CAPABILITIES,
    source: SOURCE,
    prices: prices({
      input: '3',
      cacheWrite5m: '3.75',
      cacheWrite1h: '6',
      cacheRead: '0.30',
      output: '15',
    }),
  },
  {
    id: 'anthropic/claude-haiku-4.5',
    name: 'Claude Haiku 4.5',
    aliases: ['claude-haiku-4-5'],
    upstreamModel: 'claude-haiku-4-5',
    contextWindow: 200_000,
    maxOutputTokens: 64_000,
    capabilities: CAPABILITIES,
    source: SOURCE,
    prices: prices({
      input: '1',
      cacheWrite5m: '1.25',
      cacheWrite1h: '2',
      cacheRead: '0.10',
      output: '5',
    }),
  },
];
