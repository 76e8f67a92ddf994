import { anthropic } from './anthropic/provider.js';
import { google } from './google/provider.js';
import { deepseek } from './openai-compatible/deepseek.js';
import { minimax } from './openai-compatible/minimax.js';
import { moonshot } from './openai-compatible/moonshot.js';
import { openrouter } from './openai-compatible/openrouter.js';
import { openaiCompatible } from './openai-compatible/provider.js';
import { qwen } from './openai-compatible/qwen.js';
import { openai } from './openai/provider.js';
import type { ProviderAdapter } from './provider.js';

/** Every vendor the gateway knows. The catalogue's ADAPTERS names the same ones. */
export const PROVIDERS: readonly ProviderAdapter[] = [
  openai,
  anthropic,
  google,
  openaiCompatible,
  moonshot,
  minimax,
  qwen,
  deepseek,
  openrouter,
];

const BY_NAME = new Map(PROVIDERS.map((adapter) => [adapter.name, adapter]));

/** The adapter of a name. Throws when there is none: the admin API lets no other name into the catalogue. */
export function getAdapter(name: string): ProviderAdapter {
  const adapter = BY_NAME.get(name);
  if (!adapter) throw new Error(`no provider adapter is called "${name}"`);
  return adapter;
}
