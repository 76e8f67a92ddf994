import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/** api.deepseek.com: V4 wants the reasoning of earlier tool calls back as `reasoning_content`. */
export const deepseek: ProviderAdapter = {
  ...openaiCompatible,
  name: 'deepseek',
  quirks: { ...openaiCompatible.quirks, reasoningHistory: 'reasoning_content' },
  // OpenRouter's list of vendors that end a cancelled stream (openrouter.ai/docs/api-reference/streaming).
  stopsBillingOnCancel: true,
  issuer: 'deepseek',
};
