import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/**
 * api.groq.com: refuses what console.groq.com/docs/openai lists, sends usage twice (`x_groq` and `usage`) and failures
 * as SSE `event: error`. On OpenRouter's list of vendors that charge a cancelled stream to its end.
 */
export const groq: ProviderAdapter = {
  ...openaiCompatible,
  name: 'groq',
  baseUrl: 'https://api.groq.com/openai/v1',
  quirks: {
    systemRole: 'system',
    maxTokensField: 'max_completion_tokens',
    efforts: ['low', 'medium', 'high'],
    thinkTags: true,
    messageNames: false,
    singleChoice: true,
    unsupported: ['logitBias', 'logprobs', 'topLogprobs'],
  },
  // Qwen thinks or does not; without the format its reasoning comes inside the text (console.groq.com/docs/reasoning).
  modelQuirks: [
    { models: /qwen3/i, quirks: { efforts: ['none', 'default'], members: { reasoning_format: 'parsed' } } },
    { models: /llama|gemma|kimi/i, quirks: { reasoningField: 'none' } },
  ],
  issuer: 'groq',
};
