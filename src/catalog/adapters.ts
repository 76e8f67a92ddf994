import type { ProviderProtocol } from './model.js';

/** Names of the adapters in src/providers that speak each protocol; the first is taken when an admin names none. */
export const ADAPTERS: Readonly<Record<ProviderProtocol, readonly [string, ...string[]]>> = {
  'openai-chat': ['openai-compatible', 'openai', 'moonshot', 'minimax', 'qwen', 'deepseek', 'openrouter'],
  'openai-responses': ['openai'],
  'anthropic-messages': ['anthropic'],
  'google-gemini': ['google'],
};
