import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/**
 * Alibaba Model Studio's compatible mode: takes Anthropic's `cache_control` on content parts, and thinking as
 * `enable_thinking` and `thinking_budget` (alibabacloud.com/help/en/model-studio/deep-thinking).
 */
export const qwen: ProviderAdapter = {
  ...openaiCompatible,
  name: 'qwen',
  baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  quirks: {
    systemRole: 'system',
    maxTokensField: 'max_tokens',
    reasoningField: 'enable_thinking',
    cacheControl: true,
    unsupported: ['logitBias'],
  },
  modelQuirks: [
    // The open weights think by default, and refuse to in an answer that is not streamed.
    { models: /^qwen3-\d/i, quirks: { thinkingNeedsStream: true } },
  ],
  issuer: 'qwen',
};
