import { invalidRequest } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import type { CompletionRequest, ResponseFormat } from '../completion.js';
import { ownFieldsOf, type OwnField } from '../own-fields.js';
import { routingOf } from '../routing-fields.js';
import { decodeMessages } from './messages-decode.js';
import { decodeReasoning } from './reasoning.js';
import { decodeToolChoice, decodeTools } from './tools.js';
import type { NumberRange } from './wire.js';
import {
  checkNumber,
  readArray,
  readBoolean,
  readNumber,
  readObject,
  readString,
  readWord,
  requireObject,
  requireString,
} from './wire.js';

/** How many stop sequences Chat takes. */
export const MAX_STOPS = 4;
const INTEGERS = { max: Number.MAX_SAFE_INTEGER, integer: true };
const PENALTY: NumberRange = { min: -2, max: 2 };
const SHARE: NumberRange = { min: 0, max: 1 };

/** Plain number parameters: wire name, name in the inner language, range (statement 27). */
const NUMBERS = [
  ['temperature', 'temperature', { min: 0, max: 2 }],
  ['top_p', 'topP', { min: 0, max: 1, aboveMin: true }],
  ['top_k', 'topK', { min: 0, ...INTEGERS }],
  ['min_p', 'minP', SHARE],
  ['top_a', 'topA', SHARE],
  ['frequency_penalty', 'frequencyPenalty', PENALTY],
  ['presence_penalty', 'presencePenalty', PENALTY],
  ['repetition_penalty', 'repetitionPenalty', { min: 0, max: 2, aboveMin: true }],
  ['seed', 'seed', { min: Number.MIN_SAFE_INTEGER, ...INTEGERS }],
] as const satisfies readonly (readonly [string, keyof CompletionRequest, NumberRange])[];

function decodeStop(body: JsonObject): string[] | undefined {
  const given = body['stop'] ?? undefined;
  if (given === undefined) return undefined;
  const stops = typeof given === 'string' ? [given] : given;
  if (!Array.isArray(stops)) throw invalidRequest('stop must be a string or an array of strings', 'stop');
  if (stops.length > MAX_STOPS) throw invalidRequest(`stop must hold at most ${MAX_STOPS} strings`, 'stop');
  const texts = stops.map((stop, index) => {
    if (typeof stop !== 'string') throw invalidRequest(`stop.${index} must be a string`, `stop.${index}`);
    return stop;
  });
  const filled = texts.filter((text) => text !== '');
  return filled.length > 0 ? filled : undefined;
}

function decodeLogitBias(body: JsonObject): JsonObject | undefined {
  const bias = readObject(body, 'logit_bias');
  for (const [token, value] of Object.entries(bias ?? {})) {
    checkNumber(value ?? null, `logit_bias.${token}`, { min: -100, max: 100 });
  }
  return bias;
}

/** `top_logprobs` needs `logprobs: true` (statement 29). */
function decodeLogprobs(body: JsonObject): Pick<CompletionRequest, 'logprobs' | 'topLogprobs'> {
  const logprobs = readBoolean(body, 'logprobs');
  const topLogprobs = readNumber(body, 'top_logprobs', { min: 0, max: 20, integer: true });
  if (topLogprobs !== undefined && logprobs !== true) {
    throw invalidRequest('top_logprobs requires logprobs to be true', 'top_logprobs');
  }
  return { logprobs, topLogprobs };
}

function decodeResponseFormat(body: JsonObject): ResponseFormat | undefined {
  const format = readObject(body, 'response_format');
  if (!format) return undefined;
  const prefix = 'response_format';
  requireString(format, 'type', prefix);
  const type = readWord(format, 'type', ['text', 'json_object', 'json_schema'], prefix);
  if (type === 'text') return { kind: 'text' };
  if (type === 'json_object') return { kind: 'json-object' };
  const path = `${prefix}.json_schema`;
  const named = requireObject(format['json_schema'], path);
  const strict = readBoolean(named, 'strict', path);
  const description = readString(named, 'description', path);
  return {
    kind: 'json-schema',
    name: requireString(named, 'name', path),
    schema: readObject(named, 'schema', path) ?? {},
    ...(strict === undefined ? {} : { strict }),
    ...(description === undefined ? {} : { description }),
  };
}

/** The output limit; `max_completion_tokens` wins over its older name (statement 44). */
function decodeMaxTokens(body: JsonObject): number | undefined {
  const older = readNumber(body, 'max_tokens', { min: 1, ...INTEGERS });
  return readNumber(body, 'max_completion_tokens', { min: 1, ...INTEGERS }) ?? older;
}

function decodeStream(
  body: JsonObject,
): Pick<CompletionRequest, 'stream' | 'includeUsage' | 'streamOptions'> {
  const stream = readBoolean(body, 'stream') ?? false;
  const streamOptions = readObject(body, 'stream_options');
  const includeUsage = readBoolean(streamOptions ?? {}, 'include_usage', 'stream_options');
  return { stream, streamOptions, includeUsage };
}

const isFilled = (value: JsonValue | undefined): boolean => Array.isArray(value) && value.length > 0;

/** Members that only Chat understands, and values that ask for nothing (`ChatCompletionCreateParams` in openai). */
const OWN_FIELDS: readonly OwnField[] = [
  ['prompt_cache_key'],
  ['prompt_cache_options'],
  ['prompt_cache_retention'],
  ['store', [false]],
  ['service_tier', ['auto', 'default']],
  ['prediction'],
  ['audio'],
  ['modalities'],
  ['web_search_options'],
  ['moderation'],
  // Forms in which other vendors of Chat are asked to reason; `reasoning` and `reasoning_effort` are the ones read.
  ['thinking'],
  ['enable_thinking'],
  ['thinking_budget'],
];

/** The same for a request whose answer is to be text, which every upstream gives. */
const OWN_FIELDS_OF_TEXT = OWN_FIELDS.filter(([name]) => name !== 'modalities');

/** Fields that are undefined are left out, so that a request compares and prints cleanly. */
function compact<T extends object>(fields: T): T {
  const kept: Partial<T> = {};
  for (const name in fields) if (fields[name] !== undefined) kept[name] = fields[name];
  return kept as T;
}

/**
 * Reads a Chat Completions request. Known fields are checked, unknown ones ignored, null means absent.
 * Throws invalid_request naming the field.
 */
export function decodeRequest(body: JsonObject): CompletionRequest {
  const warnings: string[] = [];
  const model = requireString(body, 'model');
  const { messages, rewriteMessages } = decodeMessages(body);
  const numbers: Partial<CompletionRequest> = {};
  for (const [wire, name, range] of NUMBERS) numbers[name] = readNumber(body, wire, range);
  const choiceCount = readNumber(body, 'n', { min: 1, max: 128, integer: true });
  const tools = decodeTools(body);
  const isLegacy = (readArray(body, 'functions') ?? []).length > 0 && !isFilled(body['tools']);
  const isTextAlone = (readArray(body, 'modalities') ?? []).every((modality) => modality === 'text');
  return compact<CompletionRequest>({
    model,
    messages,
    ...decodeStream(body),
    maxOutputTokens: decodeMaxTokens(body),
    ...numbers,
    stop: decodeStop(body),
    logitBias: decodeLogitBias(body),
    ...decodeLogprobs(body),
    choiceCount: choiceCount === 1 ? undefined : choiceCount,
    tools,
    toolChoice: decodeToolChoice(body, tools, warnings),
    // A `function_call` holds one call, so a caller of that age must not be answered with several (mapping row 51).
    parallelToolCalls: isLegacy ? false : readBoolean(body, 'parallel_tool_calls'),
    responseFormat: decodeResponseFormat(body),
    reasoning: decodeReasoning(body),
    verbosity: readWord(body, 'verbosity', ['low', 'medium', 'high']),
    user: readString(body, 'user') ?? readString(body, 'safety_identifier'),
    metadata: readObject(body, 'metadata'),
    previousResponseId: readString(body, 'previous_response_id'),
    rewriteMessages: rewriteMessages || undefined,
    ownFields: ownFieldsOf(body, isTextAlone ? OWN_FIELDS_OF_TEXT : OWN_FIELDS),
    legacyFunctions: isLegacy || undefined,
    routing: routingOf(body),
    warnings,
  });
}
