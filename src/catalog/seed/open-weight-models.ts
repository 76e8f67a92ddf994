import type { SeedModel } from './seed-model.js';

/** A list price was quoted, but the vendor's own page was not seen. */
const KIMI_SOURCE = 'illustrative: as quoted in 2026-05 (hivebook.wiki)';

/** Models of Moonshot AI, MiniMax and Alibaba. */
export const OPEN_WEIGHT_MODELS: readonly SeedModel[] = [
  {
    id: 'moonshotai/kimi-k2.6',
    name: 'Kimi K2.6',
    aliases: ['kimi-k2.6'],
    upstreamModel: 'kimi-k2.6',
    contextWindow: 262_144,
    maxOutputTokens: 65_536,
    // The vendor fixes the sampling of thinking models.
    capabilities: ['stop', 'tools', 'response_format', 'reasoning', 'image_input'],
    source: KIMI_SOURCE,
    prices: [
      { tokenClass: 'input', unitPrice: '0.95' },
      { tokenClass: 'cache_read', unitPrice: '0.16' },
      { tokenClass: 'output', unitPrice: '4' },
    ],
  },
  {
    id: 'moonshotai/kimi-k2.5',
    name: 'Kimi K2.5',
    aliases: ['kimi-k2.5'],
    upstreamModel: 'kimi-k2.5',
    contextWindow: 262_144,
    maxOutputTokens: 65_536,
    capabilities: ['stop', 'tools', 'response_format', 'reasoning', 'image_input'],
    source: KIMI_SOURCE,
    prices: [
      { tokenClass: 'input', unitPrice: '0.60' },
      { tokenClass: 'cache_read', unitPrice: '0.10' },
      { tokenClass: 'output', unitPrice: '3' },
    ],
  },
  {
    id: 'minimax/minimax-m2.5',
    name: 'MiniMax M2.5',
    aliases: ['minimax-m2.5'],
    upstreamModel: 'MiniMax-M2.5',
    contextWindow: 204_800,
    maxOutputTokens: 131_072,
    // No structured output: `response_format` falls back to text.
    capabilities: ['temperature', 'top_p', 'tools', 'reasoning'],
    source: 'illustrative: public quotes disagree (input 0.15 and 0.30)',
    prices: [
      { tokenClass: 'input', unitPrice: '0.30' },
      { tokenClass: 'cache_read', unitPrice: '0.03' },
      { tokenClass: 'cache_write_5m', unitPrice: '0.375' },
      { tokenClass: 'output', unitPrice: '1.20' },
    ],
  },
  {
    id: 'qwen/qwen3.6-plus',
    name: 'Qwen3.6 Plus',
    aliases: ['qwen3.6-plus'],
    upstreamModel: 'qwen3.6-plus',
    contextWindow: 1_000_000,
    maxOutputTokens: 65_536,
    capabilities: [
      'temperature',
      'top_p',
      'top_k',
      'presence_penalty',
      'repetition_penalty',
      'seed',
      'stop',
      'logprobs',
      'top_logprobs',
      'tools',
      'response_format',
      'reasoning',
      'image_input',
      'prompt_caching',
    ],
    source: "illustrative: as a reseller quotes it (opencode.ai), the vendor's own page was not seen",
    prices: [
      { tokenClass: 'input', unitPrice: '0.50' },
      { tokenClass: 'cache_read', unitPrice: '0.05' },
      { tokenClass: 'cache_write_5m', unitPrice: '0.625' },
      { tokenClass: 'output', unitPrice: '3' },
      // Above 256K tokens of prompt. The quotes name no cache prices there; they follow the input price.
      { tokenClass: 'input', tierFrom: 256_001, unitPrice: '2' },
      { tokenClass: 'cache_read', tierFrom: 256_001, unitPrice: '0.20' },
      { tokenClass: 'cache_write_5m', tierFrom: 256_001, unitPrice: '2.50' },
      { tokenClass: 'output', tierFrom: 256_001, unitPrice: '6' },
    ],
  },
];
