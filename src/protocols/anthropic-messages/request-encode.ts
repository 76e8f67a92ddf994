import { invalidRequest } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest, ParameterName } from '../completion.js';
import type { EncodedRequest, EncodeTarget } from '../protocol.js';
import { ToolNames } from '../tool-names.js';
import { dropped } from '../warnings.js';
import { fitBreakpoints } from './cache-breakpoints.js';
import { encodeMessages } from './messages-encode.js';
import { decodableSchema } from './output-schema.js';
import { encodeReasoning } from './reasoning.js';
import { encodeTools } from './tools.js';
import { lacksThinking } from './thinking-history.js';
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
  const names = new ToolNames();
  const { messages, ...encoded } = encodeMessages(request.messages, target, names);
  const { tools, toolChoice, ...choice } = encodeTools(request, names);
  const reasoning = encodeReasoning(request, {
    maxTokens,
    style: target.quirks.thinking,
    lacksThinking: lacksThinking(request.messages, target.issuer),
  });
  const sampling = encodeSampling(request, reasoning.thinking);
  const wantsJson = request.responseFormat?.kind === 'json-object';
  const output = outputConfig(request, reasoning.effort);
  const body = compact<JsonObject>({
    model: target.upstreamModel,
    max_tokens: maxTokens,
    system: wantsJson ? withInstruction(encoded.system) : encoded.system,
    messages,
    tools,
    tool_choice: toolChoice,
    thinking: reasoning.thinking,
    output_config: output.config,
    ...sampling.body,
    stop_sequences: request.stop,
    metadata: request.user === undefined ? undefined : { user_id: request.user },
    stream: request.stream || undefined,
  });
  const warnings = [
    ...unsupported(request),
    ...(wantsJson ? ['response_format: json_object became an instruction'] : []),
    ...encoded.warnings,
    ...choice.warnings,
    ...reasoning.warnings,
    ...sampling.warnings,
    ...output.warnings,
    ...fitBreakpoints(body),
  ];
  return { body, warnings, toolNames: names.given };
}

function unsupported(request: CompletionRequest): string[] {
  return Object.entries(UNSUPPORTED).flatMap(([name, wireName]) => {
    const value = request[name as ParameterName];
    return value === undefined || value === false
      ? []
      : [dropped(wireName, 'this upstream does not have it')];
  });
}

function withInstruction(system: string | JsonObject[] | undefined): string | JsonObject[] {
  if (Array.isArray(system)) return [...system, { type: 'text', text: JSON_INSTRUCTION }];
  return system === undefined ? JSON_INSTRUCTION : `${system}\n\n${JSON_INSTRUCTION}`;
}

/** `output_config`, and which constraints of its schema the model is told of without being held to them. */
function outputConfig(
  request: CompletionRequest,
  effort: string | undefined,
): { config: JsonObject | undefined; warnings: string[] } {
  const wanted = request.responseFormat;
  if (wanted?.kind !== 'json-schema')
    return { config: effort === undefined ? undefined : { effort }, warnings: [] };
  const { schema, loosened } = decodableSchema(wanted.schema);
  const config = compact<JsonObject>({ effort, format: { type: 'json_schema', schema } });
  const warnings =
    loosened.length === 0 ? [] : [`response_format: ${loosened.join(', ')} of the schema cannot be enforced`];
  return { config, warnings };
}

interface Sampling {
  body: JsonObject;
  warnings: string[];
}

/**
 * Temperature above Anthropic's 1 is clamped; newer models take temperature or `top_p`, not both;
 * with thinking only a `top_p` near 1 is allowed (mapping row 32).
 */
function encodeSampling(request: CompletionRequest, thinking: JsonObject | undefined): Sampling {
  const { temperature, topP, topK } = request;
  const warnings: string[] = [];
  if (thinking !== undefined && thinking['type'] !== 'disabled') {
    const why = 'the model thinks';
    if (temperature !== undefined && temperature !== 1) warnings.push(dropped('temperature', why));
    if (topK !== undefined) warnings.push(dropped('top_k', why));
    const keepsTopP = topP !== undefined && topP >= THINKING_TOP_P;
    if (topP !== undefined && !keepsTopP) warnings.push(dropped('top_p', why));
    return { body: compact<JsonObject>({ top_p: keepsTopP ? topP : undefined }), warnings };
  }
  if (temperature !== undefined && temperature > 1) warnings.push('temperature was lowered to 1');
  const hasBoth = temperature !== undefined && topP !== undefined;
  if (hasBoth && topP !== 1) warnings.push(dropped('top_p', 'only one of temperature and top_p can be set'));
  return {
    body: compact<JsonObject>({
      temperature: temperature === undefined ? undefined : Math.min(1, temperature),
      top_p: hasBoth ? undefined : topP,
      top_k: topK,
    }),
    warnings,
  };
}
