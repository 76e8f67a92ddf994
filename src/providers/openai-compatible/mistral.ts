import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/**
 * api.mistral.ai refuses every field it does not know with a 422 (docs.mistral.ai/api): so `random_seed`, no
 * `stream_options` (usage always comes, on the finish chunk) and tool call ids of nine letters and digits. Content may
 * come as a list. On OpenRouter's list of vendors that charge a cancelled stream to its end.
 */
export const mistral: ProviderAdapter = {
  ...openaiCompatible,
  name: 'mistral',
  baseUrl: 'https://api.mistral.ai/v1',
  quirks: {
    systemRole: 'system',
    maxTokensField: 'max_tokens',
    streamUsage: false,
    seedField: 'random_seed',
    toolCallIds: 'nine-alphanumerics',
    messageNames: false,
    maxTemperature: 1.5,
    reasoningField: 'none',
    // prettier-ignore
    unsupported: [
      'topK', 'minP', 'topA', 'repetitionPenalty', 'logitBias', 'logprobs', 'topLogprobs', 'user', 'verbosity',
    ],
  },
  issuer: 'mistral',
};
