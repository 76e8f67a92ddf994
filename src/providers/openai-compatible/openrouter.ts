import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/** openrouter.ai: another gateway, with its own `reasoning` object. Whether a cancel ends the cost depends on whom it asks. */
export const openrouter: ProviderAdapter = {
  ...openaiCompatible,
  name: 'openrouter',
  baseUrl: 'https://openrouter.ai/api/v1',
  quirks: {
    ...openaiCompatible.quirks,
    reasoningField: 'reasoning',
    reasoningHistory: 'reasoning',
    cacheControl: true,
  },
  issuer: 'openrouter',
};
