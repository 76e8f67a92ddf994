import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/**
 * api.minimax.io: reports failures with status 200 and `base_resp` (see upstream-failure), and puts its reasoning into
 * the text between `<think>` tags unless `reasoning_split` asks for `reasoning_details`, which it wants back
 * (platform.minimax.io/docs/api-reference/text-openai-api, rows 43 and 75). M2 thinks whatever it is told (row 36).
 */
export const minimax: ProviderAdapter = {
  ...openaiCompatible,
  name: 'minimax',
  baseUrl: 'https://api.minimax.io/v1',
  quirks: {
    systemRole: 'system',
    maxTokensField: 'max_completion_tokens',
    reasoningField: 'thinking',
    thinkingType: 'adaptive',
    reasoningHistory: 'reasoning_details',
    members: { reasoning_split: true },
    thinkTags: true,
    maxTemperature: 1,
    singleChoice: true,
    unsupported: ['presencePenalty', 'frequencyPenalty', 'logitBias', 'logprobs', 'topLogprobs'],
  },
  modelQuirks: [{ models: /^MiniMax-M2/i, quirks: { reasoningField: 'none' } }],
  issuer: 'minimax',
};
