import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/**
 * api.x.ai: tool arguments come whole in one delta, and reasoning is left out of `completion_tokens`. Grok 4 and later
 * think as they see fit and refuse penalties and stop sequences (docs.x.ai/docs/guides/reasoning).
 */
export const xai: ProviderAdapter = {
  ...openaiCompatible,
  name: 'xai',
  protocols: ['openai-chat', 'openai-responses'],
  baseUrl: 'https://api.x.ai/v1',
  quirks: {
    maxTokensField: 'max_completion_tokens',
    systemRole: 'system',
    efforts: ['none', 'low', 'medium', 'high'],
    unsupported: ['logitBias'],
  },
  modelQuirks: [
    { models: /^grok-3-mini/i, quirks: { efforts: ['low', 'high'] } },
    {
      models: /^grok-(3-mini|4|code)/i,
      quirks: { unsupported: ['logitBias', 'presencePenalty', 'frequencyPenalty', 'stop'] },
    },
    { models: /^grok-(4(-0|-fast|-1|$)|code)/i, quirks: { reasoningField: 'none' } },
  ],
  // OpenRouter's list of vendors that end a cancelled stream (openrouter.ai/docs/api-reference/streaming).
  stopsBillingOnCancel: true,
  issuer: 'xai',
};
