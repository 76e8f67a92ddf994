import { invalidRequest } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest, ReasoningRequest, ResponseFormat } from '../completion.js';
import type { NumberRange } from '../openai-chat/wire.js';
import {
  readArray,
  readBoolean,
  readNumber,
  readObject,
  readString,
  readWord,
  requireString,
} from '../openai-chat/wire.js';
import { ownFieldsOf, type OwnField } from '../own-fields.js';
import { routingOf } from '../routing-fields.js';
import { decodeInput } from './input-decode.js';
import { decodeToolChoice, decodeTools } from './tools.js';
import { compact } from './wire.js';

/** The value of `include` that asks for log probabilities. */
export const LOGPROBS = 'message.output_text.logprobs';

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
const SUMMARIES = ['auto', 'concise', 'detailed'] as const;
const POSITIVE: NumberRange = { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true };

/** Features that keep state on the server. Ignoring one would lose what the caller relies on (mapping row 49). */
function refuseState(body: JsonObject): void {
  const refuse = (field: string, advice: string): never => {
    throw invalidRequest(`${field}: responses are not kept here; ${advice}`, field);
  };
  if (readBoolean(body, 'background')) refuse('background', 'send the request without it and wait');
  if ((body['conversation'] ?? undefined) !== undefined)
    refuse('conversation', 'send the whole history in input');
  if ((body['prompt'] ?? undefined) !== undefined) refuse('prompt', 'send the prompt itself in input');
}

/** Members that only this protocol understands, and values that ask for nothing. */
const OWN_FIELDS: readonly OwnField[] = [
  ['truncation', ['disabled']],
  ['max_tool_calls'],
  ['service_tier', ['auto', 'default']],
  ['prompt_cache_key'],
  ['prompt_cache_options'],
  ['prompt_cache_retention'],
  ['context_management'],
  ['moderation'],
];

function decodeReasoning(body: JsonObject): ReasoningRequest | undefined {
  const reasoning = readObject(body, 'reasoning');
  if (!reasoning) return undefined;
  const effort = readWord(reasoning, 'effort', EFFORTS, 'reasoning');
  const summary =
    readWord(reasoning, 'summary', SUMMARIES, 'reasoning') ??
    readWord(reasoning, 'generate_summary', SUMMARIES, 'reasoning');
  if (effort === 'none') return { mode: 'disabled' };
  const display = summary === undefined ? undefined : 'summarized';
  const request = compact<ReasoningRequest>({ effort, display });
  return Object.keys(request).length === 0 ? undefined : request;
}

function decodeText(body: JsonObject): Pick<CompletionRequest, 'responseFormat' | 'verbosity'> {
  const text = readObject(body, 'text');
  if (!text) return {};
  const format = readObject(text, 'format', 'text');
  return {
    verbosity: readWord(text, 'verbosity', ['low', 'medium', 'high'], 'text'),
    responseFormat: format && decodeFormat(format),
  };
}

function decodeFormat(format: JsonObject): ResponseFormat {
  const path = 'text.format';
  requireString(format, 'type', path);
  const type = readWord(format, 'type', ['text', 'json_object', 'json_schema'], path);
  if (type === 'text') return { kind: 'text' };
  if (type === 'json_object') return { kind: 'json-object' };
  return compact<ResponseFormat>({
    kind: 'json-schema',
    name: requireString(format, 'name', path),
    schema: readObject(format, 'schema', path) ?? {},
    strict: readBoolean(format, 'strict', path),
    description: readString(format, 'description', path),
  });
}

/** Log probabilities are asked for by `include`, how many by `top_logprobs` (mapping row 34). */
function decodeLogprobs(body: JsonObject): Pick<CompletionRequest, 'logprobs' | 'topLogprobs'> {
  const include = readArray(body, 'include') ?? [];
  include.forEach((item, index) => {
    if (typeof item !== 'string')
      throw invalidRequest(`include.${index} must be a string`, `include.${index}`);
  });
  const top = readNumber(body, 'top_logprobs', { min: 0, max: 20, integer: true });
  const isAsked = include.includes(LOGPROBS) || (top ?? 0) > 0;
  return isAsked ? { logprobs: true, topLogprobs: top } : {};
}

/** Fields that are checked and repeated in the answer but steer nothing here. */
function checkRest(body: JsonObject): void {
  readBoolean(body, 'store');
  readObject(body, 'stream_options');
  readString(body, 'user');
  readString(body, 'safety_identifier');
  readString(body, 'prompt_cache_key');
  readString(body, 'service_tier');
  readWord(body, 'truncation', ['auto', 'disabled']);
  readNumber(body, 'max_tool_calls', POSITIVE);
}

/**
 * Reads a Responses request. Known fields are checked, unknown ones ignored, null means absent; what would need a
 * stored conversation is refused. Throws invalid_request naming the field.
 */
export function decodeRequest(body: JsonObject): CompletionRequest {
  const warnings: string[] = [];
  const model = requireString(body, 'model');
  refuseState(body);
  checkRest(body);
  const { messages, rewriteMessages } = decodeInput(body);
  const tools = decodeTools(body);
  return compact<CompletionRequest>({
    model,
    messages,
    stream: readBoolean(body, 'stream') ?? false,
    maxOutputTokens: readNumber(body, 'max_output_tokens', POSITIVE),
    temperature: readNumber(body, 'temperature', { min: 0, max: 2 }),
    topP: readNumber(body, 'top_p', { min: 0, max: 1, aboveMin: true }),
    ...decodeLogprobs(body),
    tools,
    toolChoice: decodeToolChoice(body, tools, warnings),
    parallelToolCalls: readBoolean(body, 'parallel_tool_calls'),
    ...decodeText(body),
    reasoning: decodeReasoning(body),
    user: readString(body, 'safety_identifier') ?? readString(body, 'user'),
    metadata: readObject(body, 'metadata'),
    previousResponseId: readString(body, 'previous_response_id'),
    ownFields: ownFieldsOf(body, OWN_FIELDS),
    rewriteMessages: rewriteMessages || undefined,
    source: body,
    routing: routingOf(body),
    warnings,
  });
}
