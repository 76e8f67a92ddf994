import type { ProviderAdapter } from '../provider.js';

/**
 * api.anthropic.com: the protocol's owner. Its models differ in how they think and in where they take instructions:
 * before 4.8 none takes `role: "system"` among the messages ("Mid-conversation system messages"), before 4.6 none
 * thinks adaptively, from 4.7 on all do only that ("Adaptive thinking").
 */
export const anthropic: ProviderAdapter = {
  name: 'anthropic',
  protocols: ['anthropic-messages'],
  baseUrl: 'https://api.anthropic.com/v1',
  authorize: (credential) => ({ 'x-api-key': credential }),
  quirks: { thinking: 'adaptive' },
  modelQuirks: [
    { models: /claude-(?:3|[a-z]+-4(?!-[678]))/, quirks: { systemTurns: false, thinking: 'budget' } },
    { models: /claude-[a-z]+-4-[67]/, quirks: { systemTurns: false } },
    { models: /claude-[a-z]+-4-6/, quirks: { thinking: 'both' } },
  ],
  // OpenRouter's list of vendors that end a cancelled stream (openrouter.ai/docs/api-reference/streaming).
  stopsBillingOnCancel: true,
  issuer: 'anthropic',
};
