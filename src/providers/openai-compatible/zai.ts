import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/** api.z.ai (GLM): `thinking: {type}`, temperature up to 1, one answer a request (docs.z.ai/api-reference/llm/chat-completion). */
export const zai: ProviderAdapter = {
  ...openaiCompatible,
  name: 'zai',
  baseUrl: 'https://api.z.ai/api/paas/v4',
  quirks: {
    systemRole: 'system',
    maxTokensField: 'max_tokens',
    reasoningField: 'thinking',
    reasoningHistory: 'reasoning_content',
    maxTemperature: 1,
    singleChoice: true,
    unsupported: ['presencePenalty', 'frequencyPenalty', 'logitBias', 'logprobs', 'topLogprobs', 'seed'],
  },
  issuer: 'zai',
};
