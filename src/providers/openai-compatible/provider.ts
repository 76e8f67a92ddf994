import { bearer, type ProviderAdapter } from '../provider.js';

/** Any vendor or server that copies OpenAI Chat: vLLM, Ollama, Mistral, Groq. What few copies lack is left out. */
export const openaiCompatible: ProviderAdapter = {
  name: 'openai-compatible',
  protocols: ['openai-chat'],
  authorize: bearer,
  // `developer` and `max_completion_tokens` are OpenAI's later additions; copies know the older words for certain.
  quirks: { systemRole: 'system', maxTokensField: 'max_tokens' },
  stopsBillingOnCancel: false,
  issuer: 'openai-compatible',
};
