import type { ProviderAdapter } from '../provider.js';
import { azureEndpoint } from './endpoint.js';

/**
 * Azure OpenAI: the credential in `api-key`, the deployment's name in the path (endpoint.ts). The answers are OpenAI's,
 * but for a first chunk without choices and an id that changes (rows 67 and 76).
 */
export const azure: ProviderAdapter = {
  name: 'azure',
  protocols: ['openai-chat', 'openai-responses'],
  baseUrl: 'https://RESOURCE.openai.azure.com/openai',
  endpoint: azureEndpoint,
  authorize: (credential) => ({ 'api-key': credential }),
  quirks: {},
  // OpenRouter's list of vendors that end a cancelled stream (openrouter.ai/docs/api-reference/streaming).
  stopsBillingOnCancel: true,
  issuer: 'azure',
};
