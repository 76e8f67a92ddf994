import { invalidRequest } from '../../core/errors.js';
import { asString, type JsonObject } from '../../core/json.js';
import type { CompletionRequest, ParameterName, ResponseFormat } from '../completion.js';
import { encodeReasoning as encodeEffort } from '../openai-chat/reasoning-encode.js';
import { encodeUser } from '../openai-chat/request-encode.js';
import type { EncodedRequest, EncodeTarget } from '../protocol.js';
import { ToolNames } from '../tool-names.js';
import { ANSWERED, unplaced } from '../unplaced.js';
import { dropped } from '../warnings.js';
import { encodeInput } from './input-encode.js';
import { LOGPROBS } from './request-decode.js';
import { encodeTools } from './tools.js';
import { compact } from './wire.js';

/** The value of `include` that asks for reasoning which can be sent back. */
export const ENCRYPTED = 'reasoning.encrypted_content';

/** Parameters this protocol has no member for, by the name callers know them under. */
const UNSUPPORTED: Partial<Record<ParameterName, string>> = {
  topK: 'top_k',
  minP: 'min_p',
  topA: 'top_a',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  repetitionPenalty: 'repetition_penalty',
  seed: 'seed',
  logitBias: 'logit_bias',
};

/** OpenAI's families without reasoning refuse to encrypt any ("Encrypted content is not supported with this model"). */
const WITHOUT_REASONING = /^(?:openai\/)?(?:gpt-3|gpt-4|chatgpt-|gpt-5-chat)/;

/** Metadata of OpenAI: at most this many pairs of texts (mapping row 47). */
const MAX_METADATA = 16;

/** What an answer shall include: reasoning that can be replayed, and log probabilities when they were asked for. */
export function includes(request: CompletionRequest, target: EncodeTarget): string[] {
  const isThinking = request.reasoning?.mode !== 'disabled' && !WITHOUT_REASONING.test(target.upstreamModel);
  return [...(isThinking ? [ENCRYPTED] : []), ...(request.logprobs ? [LOGPROBS] : [])];
}

/** A summary is asked for wherever reasoning is, unless the caller wants it hidden (mapping row 37). */
function encodeReasoning(
  request: CompletionRequest,
  { quirks: { reasoningField, efforts } }: EncodeTarget,
  warnings: string[],
): JsonObject | undefined {
  if (!request.reasoning) return undefined;
  const field = reasoningField === 'none' ? 'none' : 'reasoning_effort';
  const effort = encodeEffort(request, { reasoningField: field, efforts }, warnings)['reasoning_effort'];
  const isHidden = request.reasoning.display === 'omitted' || effort === 'none';
  const reasoning = compact<JsonObject>({ effort, summary: isHidden ? undefined : 'auto' });
  return Object.keys(reasoning).length === 0 ? undefined : reasoning;
}

function encodeFormat(format: ResponseFormat): JsonObject {
  if (format.kind === 'text') return { type: 'text' };
  if (format.kind === 'json-object') return { type: 'json_object' };
  const { name, schema, strict, description } = format;
  return compact<JsonObject>({ type: 'json_schema', name, description, schema, strict });
}

function encodeText({ responseFormat, verbosity }: CompletionRequest): JsonObject | undefined {
  if (!responseFormat && verbosity === undefined) return undefined;
  return compact<JsonObject>({ format: responseFormat && encodeFormat(responseFormat), verbosity });
}

function encodeMetadata(metadata: JsonObject | undefined, warnings: string[]): JsonObject | undefined {
  if (!metadata) return undefined;
  const pairs = Object.entries(metadata);
  const kept = pairs.filter(([, value]) => asString(value) !== undefined).slice(0, MAX_METADATA);
  if (kept.length < pairs.length)
    warnings.push(`metadata: only texts, and at most ${MAX_METADATA}, were sent`);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** JSON mode demands the word in the input (OpenAI API, "JSON mode"). */
function needsJsonWord(request: CompletionRequest): boolean {
  return request.responseFormat?.kind === 'json-object' && !/json/i.test(JSON.stringify(request.messages));
}

/**
 * Writes a Responses request that the upstream shall not keep. What cannot be said is named in `warnings`; several
 * answers cannot be ignored and throw invalid_request.
 */
export function encodeRequest(request: CompletionRequest, target: EncodeTarget): EncodedRequest {
  if ((request.choiceCount ?? 1) > 1) throw invalidRequest('n: this model gives one answer per request', 'n');
  const names = new ToolNames();
  const { input, warnings } = encodeInput(request.messages, target, names);
  warnings.push(...unplaced(request));
  if (input.at(-1)?.['role'] === 'assistant') warnings.push(ANSWERED);
  for (const [name, wireName] of Object.entries(UNSUPPORTED)) {
    if (request[name as ParameterName] !== undefined)
      warnings.push(dropped(wireName, 'this upstream does not have it'));
  }
  const include = includes(request, target);
  const body = compact<JsonObject>({
    model: target.upstreamModel,
    instructions: needsJsonWord(request) ? 'Answer in JSON.' : undefined,
    input,
    stream: request.stream || undefined,
    store: false,
    include: include.length > 0 ? include : undefined,
    max_output_tokens: request.maxOutputTokens ?? target.maxOutputTokens,
    temperature: request.temperature,
    top_p: request.topP,
    top_logprobs: request.logprobs ? request.topLogprobs : undefined,
    reasoning: encodeReasoning(request, target, warnings),
    text: encodeText(request),
    metadata: encodeMetadata(request.metadata, warnings),
    user: request.user === undefined ? undefined : encodeUser(request.user),
    ...encodeTools(request, { names, warnings }),
  });
  return { body, warnings, toolNames: names.given };
}
