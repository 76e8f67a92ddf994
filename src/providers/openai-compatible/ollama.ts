import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/**
 * An Ollama server: images as data only, one answer a request, no tool choice (docs.ollama.com/api/openai-compatibility).
 * It needs no credential and stops generating when the connection is cut.
 */
export const ollama: ProviderAdapter = {
  ...openaiCompatible,
  name: 'ollama',
  baseUrl: 'http://HOST:11434/v1',
  quirks: {
    ...openaiCompatible.quirks,
    efforts: ['none', 'low', 'medium', 'high'],
    imageUrls: false,
    singleChoice: true,
    unsupported: ['toolChoice', 'logitBias', 'user'],
  },
  stopsBillingOnCancel: true,
  issuer: 'ollama',
};
