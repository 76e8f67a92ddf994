import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/** api.moonshot.ai (Kimi): a thinking model refuses an earlier tool call that comes without its `reasoning_content`. */
export const moonshot: ProviderAdapter = {
  ...openaiCompatible,
  name: 'moonshot',
  quirks: { ...openaiCompatible.quirks, reasoningHistory: 'reasoning_content' },
  issuer: 'moonshot',
};
