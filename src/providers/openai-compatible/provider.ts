import { bearer, type ProviderAdapter } from '../provider.js';

/** Any vendor or server that copies OpenAI Chat and has no file of its own. What few copies lack is left out. */
export const openaiCompatible: ProviderAdapter = {
  name: 'openai-compatible',
  protocols: ['openai-chat'],
  baseUrl: 'https://HOST/v1',
  authorize: bearer,
  // `developer` and `max_completion_tokens` are OpenAI's later additions; copies know the older words for certain.
  quirks: { systemRole: 'system', maxTokensField: 'max_tokens', thinkTags: true },
  stopsBillingOnCancel: false,
  issuer: 'openai-compatible',
};

/** The same for an endpoint of which the admin knows that it speaks Responses too (LM Studio, vLLM, Ollama). */
export const openaiCompatibleServer: ProviderAdapter = {
  ...openaiCompatible,
  protocols: ['openai-chat', 'openai-responses'],
};
