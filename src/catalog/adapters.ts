import type { ProviderProtocol } from './model.js';

/** Names of the adapters in src/providers that speak each protocol; the first is taken when an admin names none. */
export const ADAPTERS: Readonly<Record<ProviderProtocol, readonly [string, ...string[]]>> = {
  // prettier-ignore
  'openai-chat': [
    'openai-compatible', 'openai', 'azure', 'moonshot', 'minimax', 'qwen', 'deepseek', 'openrouter', 'xai', 'groq',
    'mistral', 'google', 'zai', 'ollama', 'vllm', 'llama-cpp',
  ],
  'openai-responses': ['openai', 'azure', 'openai-compatible', 'xai'],
  'anthropic-messages': ['anthropic'],
  'google-gemini': ['google'],
};
