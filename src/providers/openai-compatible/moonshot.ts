import type { ParameterName } from '../../protocols/completion.js';
import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/** K2.5 and later take one value each, which depends on whether they think (platform.moonshot.ai, "Parameters Differences"). */
const FIXED: readonly ParameterName[] = ['temperature', 'topP', 'presencePenalty', 'frequencyPenalty'];

/**
 * api.moonshot.ai (Kimi): a thinking model refuses an earlier tool call whose `reasoning_content` is absent or empty
 * (row 43), no model fetches an image (row 44), and usage comes inside the choice (row 67).
 */
export const moonshot: ProviderAdapter = {
  ...openaiCompatible,
  name: 'moonshot',
  baseUrl: 'https://api.moonshot.ai/v1',
  quirks: {
    systemRole: 'system',
    maxTokensField: 'max_tokens',
    reasoningHistory: 'reasoning_content',
    reasoningField: 'none',
    imageUrls: false,
    maxTemperature: 1,
    unsupported: ['logitBias', 'logprobs', 'topLogprobs'],
  },
  modelQuirks: [
    {
      models: /^kimi-(k2\.[5-9]|k[3-9]|for-coding)/i,
      quirks: {
        reasoningField: 'thinking',
        singleChoice: true,
        unsupported: [...FIXED, 'logitBias', 'logprobs', 'topLogprobs'],
      },
    },
  ],
  issuer: 'moonshot',
};
