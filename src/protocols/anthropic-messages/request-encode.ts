import { invalidRequest } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest, ParameterName } from '../completion.js';
import type { EncodedRequest, EncodeTarget } from '../protocol.js';
import { encodeMessages } from './messages-encode.js';
import { encodeReasoning } from './reasoning.js';
import { encodeTools } from './tools.js';
import { compact } from './wire.js';

/** Parameters this protocol has no member for, by the name callers know them under. */
const UNSUPPORTED: Partial<Record<ParameterName, string>> = {
  minP: 'min_p',
  topA: 'top_a',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  repetitionPenalty: 'repetition_penalty',
  seed: 'seed',
  logitBias: 'logit_bias',
  logprobs: 'logprobs',
  topLogprobs: 'top_logprobs',
  verbosity: 'verbosity',
  metadata: 'metadata',
};

/** Lowest `top_p` that may go with thinking (Anthropic API, "Extended thinking"). */
const THINKING_TOP_P = 0.95;

const JSON_INSTRUCTION = 'Answer with one valid JSON object and nothing else.';

/**
 * Writes a Messages request. What cannot be said is named in `warnings`; several answers and audio cannot be ignored
 * and throw invalid_request.
 */
export function encodeRequest(request: CompletionRequest, target: EncodeTarget): EncodedRequest {
  if ((request.choiceCount ?? 1) > 1) throw invalidRequest('n: this model gives one answer per request', 'n');
  const maxTokens = request.maxOutputTokens ?? target.maxOutputTokens;
  const { messages, ...encoded } = encodeMessages(request.messages, target.issuer);
  const { tools, toolChoice, ...choice } = encodeTools(request);
  const reasoning = encodeReasoning(request, maxTokens);
  const sampling = encodeSampling(request, reasoning.thinking);
  const wantsJson = request.responseFormat?.kind === 'json-object';
  const body = compact<JsonObject>({
    model: target.upstreamModel,
    max_tokens: maxTokens,
    system: wantsJson ? withInstruction(encoded.system) : encoded.system,
    messages,
    tools,
    tool_choice: toolChoice,
    thinking: reasoning.thinking,
    output_config: outputConfig(request, reasoning.effort),
    ...sampling.body,
    stop_sequences: request.stop?.filter((text) => text.trim() !== ''),
    metadata: request.user === undefined ? undefined : { user_id: request.user },
    stream: request.stream || undefined,
  });
  const warnings = [
    ...unsupported(request),
    ...(wantsJson ? ['response_format json_object was turned into an instruction'] : []),
    ...encoded.warnings,
    ...choice.warnings,
    ...reasoning.warnings,
    ...sampling.warnings,
  ];
  return { body, warnings };
}

function unsupported(request: CompletionRequest): string[] {
  return Object.entries(UNSUPPORTED).flatMap(([name, wireName]) => {
    const value = request[name as ParameterName];
    return value === undefined || value === false
      ? []
      : [`${wireName} was dropped: this upstream does not have it`];
  });
}

function withInstruction(system: string | JsonObject[] | undefined): string | JsonObject[] {
  if (Array.isArray(system)) return [...system, { type: 'text', text: JSON_INSTRUCTION }];
  return system === undefined ? JSON_INSTRUCTION : `${system}\n\n${JSON_INSTRUCTION}`;
}

function outputConfig(request: CompletionRequest, effort: string | undefined): JsonObject | undefined {
  const wanted = request.responseFormat;
  const format = wanted?.kind === 'json-schema' ? { type: 'json_schema', schema: wanted.schema } : undefined;
  return effort === undefined && format === undefined ? undefined : compact<JsonObject>({ effort, format });
}

interface Sampling {
  body: JsonObject;
  warnings: string[];
}

/**
 * Temperature above Anthropic's 1 is clamped; newer models take temperature or `top_p`, not both; with thinking only
 * a `top_p` near 1 is allowed.
 */
function encodeSampling(request: CompletionRequest, thinking: JsonObject | undefined): Sampling {
  const { temperature, topP, topK } = request;
  const warnings: string[] = [];
  const thinks = thinking !== undefined && thinking['type'] !== 'disabled';
  if (thinks) {
    if (temperature !== undefined && temperature !== 1)
      warnings.push('temperature was dropped: the model thinks');
    if (topK !== undefined) warnings.push('top_k was dropped: the model thinks');
    const keepsTopP = topP !== undefined && topP >= THINKING_TOP_P;
    if (topP !== undefined && !keepsTopP) warnings.push('top_p was dropped: the model thinks');
    return { body: compact<JsonObject>({ top_p: keepsTopP ? topP : undefined }), warnings };
  }
  if (temperature !== undefined && temperature > 1) warnings.push('temperature was lowered to 1');
  const hasBoth = temperature !== undefined && topP !== undefined;
  if (hasBoth && topP !== 1) warnings.push('top_p was dropped: only one of temperature and top_p can be set');
  return {
    body: compact<JsonObject>({
      temperature: temperature === undefined ? undefined : Math.min(1, temperature),
      top_p: hasBoth ? undefined : topP,
      top_k: topK,
    }),
    warnings,
  };
}
