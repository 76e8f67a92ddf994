import { bearer, type ProviderAdapter } from '../provider.js';

/** api.openai.com: the owner of both protocols, so no quirks. */
export const openai: ProviderAdapter = {
  name: 'openai',
  protocols: ['openai-chat', 'openai-responses'],
  baseUrl: 'https://api.openai.com/v1',
  authorize: bearer,
  quirks: {},
  // OpenRouter's list of vendors that end a cancelled stream (openrouter.ai/docs/api-reference/streaming).
  stopsBillingOnCancel: true,
  issuer: 'openai',
};
