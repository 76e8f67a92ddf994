import type { JsonObject } from '../../core/json.js';

/**
 * What one answer used, in classes that never overlap. The simulator keeps its own type on purpose: tests
 * compare the gateway's figures with these, so the two must not share code.
 */
export interface SimulatedUsage {
  /** Input tokens neither read from nor written to the prompt cache. */
  input: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  /** All output tokens, reasoning included. */
  output: number;
  /** The part of `output` spent on reasoning. */
  reasoning: number;
}

/** A usage of nothing, with the given classes on top. */
export const usageOf = (classes: Partial<SimulatedUsage> = {}): SimulatedUsage => ({
  input: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
  ...classes,
});

/** Chat Completions `usage`: `prompt_tokens` includes cached tokens, `completion_tokens` includes reasoning. */
export function openaiUsage(usage: SimulatedUsage): JsonObject {
  const written = usage.cacheWrite5m + usage.cacheWrite1h;
  const prompt = usage.input + usage.cacheRead + written;
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.output,
    total_tokens: prompt + usage.output,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      audio_tokens: 0,
      ...(written > 0 ? { cache_write_tokens: written } : {}),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Responses `usage`: `input_tokens` includes cached tokens, `output_tokens` includes reasoning. */
export function responsesUsage(usage: SimulatedUsage): JsonObject {
  const written = usage.cacheWrite5m + usage.cacheWrite1h;
  const input = usage.input + usage.cacheRead + written;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheRead, cache_write_tokens: written },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: input + usage.output,
  };
}

/** Gemini `usageMetadata`: the prompt count includes cached tokens, the candidates' count leaves out thoughts. */
export function geminiUsage(usage: SimulatedUsage): JsonObject {
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: usage.output - usage.reasoning,
    totalTokenCount: prompt + usage.output,
    ...(usage.cacheRead > 0 ? { cachedContentTokenCount: usage.cacheRead } : {}),
    ...(usage.reasoning > 0 ? { thoughtsTokenCount: usage.reasoning } : {}),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
  };
}

/** Messages `usage` of a whole message: `input_tokens` excludes cache reads and writes. */
export function anthropicUsage(usage: SimulatedUsage): JsonObject {
  return {
    input_tokens: usage.input,
    cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5m,
      ephemeral_1h_input_tokens: usage.cacheWrite1h,
    },
    output_tokens: usage.output,
    ...thinkingDetails(usage),
    service_tier: 'standard',
    inference_geo: 'not_available',
  };
}

/** Messages `usage` of a `message_delta`: cumulative, without the split of cache writes by lifetime. */
export function anthropicDeltaUsage(usage: SimulatedUsage): JsonObject {
  return {
    input_tokens: usage.input,
    cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    cache_read_input_tokens: usage.cacheRead,
    output_tokens: usage.output,
    ...thinkingDetails(usage),
  };
}

const thinkingDetails = (usage: SimulatedUsage): JsonObject =>
  usage.reasoning > 0 ? { output_tokens_details: { thinking_tokens: usage.reasoning } } : {};
