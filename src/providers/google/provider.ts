import type { ProviderAdapter } from '../provider.js';

/** generativelanguage.googleapis.com: the protocol's owner, so no quirks. */
export const google: ProviderAdapter = {
  name: 'google',
  protocols: ['google-gemini'],
  authorize: (credential) => ({ 'x-goog-api-key': credential }),
  quirks: {},
  // On OpenRouter's list of vendors that finish a cancelled stream all the same, and charge it.
  stopsBillingOnCancel: false,
  issuer: 'google',
};
