import type { ProviderAdapter } from '../provider.js';

/** api.anthropic.com: the protocol's owner, so no quirks. */
export const anthropic: ProviderAdapter = {
  name: 'anthropic',
  protocols: ['anthropic-messages'],
  authorize: (credential) => ({ 'x-api-key': credential }),
  quirks: {},
  // OpenRouter's list of vendors that end a cancelled stream (openrouter.ai/docs/api-reference/streaming).
  stopsBillingOnCancel: true,
  issuer: 'anthropic',
};
