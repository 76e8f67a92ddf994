import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/**
 * api.deepseek.com. V4 wants the reasoning of earlier tool calls back as `reasoning_content` and refuses a call without
 * it; R1 refuses one with it (api-docs.deepseek.com/guides/thinking_mode, row 43).
 */
export const deepseek: ProviderAdapter = {
  ...openaiCompatible,
  name: 'deepseek',
  baseUrl: 'https://api.deepseek.com/v1',
  quirks: {
    systemRole: 'system',
    maxTokensField: 'max_tokens',
    reasoningHistory: 'reasoning_content',
    reasoningField: 'thinking',
    efforts: ['low', 'high', 'max'],
    singleChoice: true,
  },
  modelQuirks: [
    {
      // R1 thinks always and takes no log probabilities (api-docs.deepseek.com/guides/reasoning_model).
      models: /reasoner|-r1\b/i,
      quirks: {
        reasoningHistory: 'drop',
        reasoningField: 'none',
        unsupported: ['logprobs', 'topLogprobs'],
      },
    },
  ],
  // OpenRouter's list of vendors that end a cancelled stream (openrouter.ai/docs/api-reference/streaming).
  stopsBillingOnCancel: true,
  issuer: 'deepseek',
};
