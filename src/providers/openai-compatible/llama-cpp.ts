import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/**
 * llama.cpp's server: one answer a request, and no reasoning effort: whether a model thinks is decided when the server
 * starts (github.com/ggml-org/llama.cpp, tools/server/README.md). It stops generating when the connection is cut.
 */
export const llamaCpp: ProviderAdapter = {
  ...openaiCompatible,
  name: 'llama-cpp',
  baseUrl: 'http://HOST:8080/v1',
  quirks: { ...openaiCompatible.quirks, reasoningField: 'none', singleChoice: true },
  stopsBillingOnCancel: true,
  issuer: 'llama-cpp',
};
