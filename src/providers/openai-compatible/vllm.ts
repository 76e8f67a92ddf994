import type { ProviderAdapter } from '../provider.js';
import { openaiCompatible } from './provider.js';

/**
 * A vLLM server: `max_completion_tokens` and all of OpenAI's sampling, reasoning as `reasoning` or `reasoning_content`
 * when it runs a reasoning parser, in `<think>` tags when it does not (docs.vllm.ai, "Reasoning Outputs"). It aborts a
 * request whose client leaves (docs.vllm.ai, OpenAI-compatible server).
 */
export const vllm: ProviderAdapter = {
  ...openaiCompatible,
  name: 'vllm',
  baseUrl: 'http://HOST:8000/v1',
  quirks: { systemRole: 'system', maxTokensField: 'max_completion_tokens', thinkTags: true },
  stopsBillingOnCancel: true,
  issuer: 'vllm',
};
