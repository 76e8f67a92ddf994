import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/** Alibaba Model Studio's compatible mode: takes Anthropic's `cache_control` on content parts. */
export const qwen: ProviderAdapter = {
  ...openaiCompatible,
  name: 'qwen',
  quirks: { ...openaiCompatible.quirks, cacheControl: true },
  issuer: 'qwen',
};
