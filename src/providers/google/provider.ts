import { bearer, type ProviderAdapter } from '../provider.js';

/**
 * generativelanguage.googleapis.com. Its own protocol has no quirks; its OpenAI-compatible endpoint, below
 * `/v1beta/openai`, takes a bearer token and the older words of Chat (ai.google.dev/gemini-api/docs/openai).
 */
export const google: ProviderAdapter = {
  name: 'google',
  protocols: ['google-gemini', 'openai-chat'],
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  authorize: (credential, protocol) =>
    protocol === 'google-gemini' ? { 'x-goog-api-key': credential } : bearer(credential),
  quirks: { systemRole: 'system', maxTokensField: 'max_tokens' },
  // On OpenRouter's list of vendors that finish a cancelled stream all the same, and charge it.
  stopsBillingOnCancel: false,
  issuer: 'google',
};
