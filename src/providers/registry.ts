import type { Deployment } from '../catalog/model.js';
import type { WireQuirks } from '../protocols/protocol.js';
import { anthropic } from './anthropic/provider.js';
import { azure } from './azure/provider.js';
import { google } from './google/provider.js';
import { deepseek } from './openai-compatible/deepseek.js';
import { groq } from './openai-compatible/groq.js';
import { llamaCpp } from './openai-compatible/llama-cpp.js';
import { minimax } from './openai-compatible/minimax.js';
import { mistral } from './openai-compatible/mistral.js';
import { moonshot } from './openai-compatible/moonshot.js';
import { ollama } from './openai-compatible/ollama.js';
import { openrouter } from './openai-compatible/openrouter.js';
import { openaiCompatibleServer } from './openai-compatible/provider.js';
import { qwen } from './openai-compatible/qwen.js';
import { vllm } from './openai-compatible/vllm.js';
import { xai } from './openai-compatible/xai.js';
import { zai } from './openai-compatible/zai.js';
import { openai } from './openai/provider.js';
import { quirksOf, type ProviderAdapter } from './provider.js';

/** Every vendor the gateway knows. The catalogue's ADAPTERS names the same ones. */
export const PROVIDERS: readonly ProviderAdapter[] = [
  openai,
  azure,
  anthropic,
  google,
  openaiCompatibleServer,
  moonshot,
  minimax,
  qwen,
  deepseek,
  openrouter,
  xai,
  groq,
  mistral,
  zai,
  ollama,
  vllm,
  llamaCpp,
];

const BY_NAME = new Map(PROVIDERS.map((adapter) => [adapter.name, adapter]));

/** The adapter of a name. Throws when there is none: the admin API lets no other name into the catalogue. */
export function getAdapter(name: string): ProviderAdapter {
  const adapter = BY_NAME.get(name);
  if (!adapter) throw new Error(`no provider adapter is called "${name}"`);
  return adapter;
}

/** How the vendor behind a deployment differs, and the model it serves there. */
export const deploymentQuirks = ({
  provider,
  upstreamModel,
}: Pick<Deployment, 'provider' | 'upstreamModel'>): WireQuirks =>
  quirksOf(getAdapter(provider.adapter), upstreamModel);
