import { invalidRequest } from '../../core/errors.js';
import { isObject, type JsonObject } from '../../core/json.js';
import type { CompletionRequest, ResponseFormat } from '../completion.js';
import { ownFieldsOf, type OwnField } from '../own-fields.js';
import type { CompatibilityProfile } from '../protocol.js';
import { routingOf } from '../routing-fields.js';
import { decodeMessages } from './messages-decode.js';
import { decodeReasoning } from './reasoning.js';
import { decodeToolChoice, decodeTools } from './tools.js';
import {
  at,
  compact,
  optional,
  readArray,
  readBoolean,
  readNumber,
  readObject,
  readString,
  readWord,
  refuse,
  requireObject,
  requireString,
} from './wire.js';

/** Members that only Anthropic understands (`MessageCreateParams` in @anthropic-ai/sdk), and values that ask for nothing. */
const OWN_FIELDS: readonly OwnField[] = [
  ['cache_control'],
  ['container'],
  ['context_management'],
  ['mcp_servers'],
  ['compaction'],
  ['inference_geo', ['global']],
  ['service_tier', ['auto']],
  ['speed', ['standard']],
];

/** Most stop sequences that Cortecs takes (seed statement 90). */
const CORTECS_STOP_LIMIT = 4;

/**
 * Reads a Messages request. Total: every known member is checked, `null` counts as absent, unknown members are
 * ignored. Whether a missing `max_tokens` is allowed is the model's affair and judged by the caller.
 * Throws invalid_request naming the member.
 */
export function decodeRequest(body: JsonObject, profile: CompatibilityProfile): CompletionRequest {
  refuseThread(body);
  refuseGeography(body);
  const warnings: string[] = [];
  const topK = readNumber(body, 'top_k', { integer: true, min: 0 });
  const isCortecs = profile === 'cortecs';
  if (isCortecs && topK !== undefined) warnings.push('top_k has no effect');
  return compact<CompletionRequest>({
    model: readModel(body),
    messages: decodeMessages(body),
    stream: readBoolean(body, 'stream') ?? false,
    maxOutputTokens: readNumber(body, 'max_tokens', { integer: true, min: 1 }),
    temperature: readNumber(body, 'temperature', { min: 0, max: isCortecs ? 2 : 1 }),
    topP: readNumber(body, 'top_p', { min: 0, exclusiveMin: true, max: 1 }),
    topK: isCortecs ? undefined : topK,
    stop: readStop(body, isCortecs),
    tools: decodeTools(body),
    ...decodeToolChoice(body),
    responseFormat: readFormat(body),
    reasoning: decodeReasoning(body),
    ...readMetadata(body),
    ownFields: ownFields(body),
    routing: routingOf(body),
    warnings,
  });
}

/**
 * A thread keeps the conversation on the server; a gateway that ignored the member would lose it. Creating one asks for
 * nothing yet and is answered; continuing one that nobody keeps is refused in the words by which @anthropic-ai/sdk sends
 * the whole history again (its `ThreadState`).
 */
function refuseThread(body: JsonObject): void {
  const thread = readObject(body, 'thread');
  const type = thread && readWord(thread, 'type', { words: ['create', 'continue'], path: 'thread' });
  if (thread === undefined || type === 'create') return;
  if (type === undefined) refuse('thread.type', 'is required');
  const message = 'thread: conversations are not kept here; send the whole history in messages';
  throw invalidRequest(message, 'thread', 'thread_not_found');
}

/** Members of single turns that only Anthropic understands (`BetaSystemMessageParam`). */
const OWN_TURN_FIELDS = ['cache_control', 'clear_at', 'output_config'] as const;

/** To be served in one place alone is paid extra, has no price here, and is nothing to be dropped with a warning. */
function refuseGeography(body: JsonObject): void {
  const geography = readString(body, 'inference_geo');
  if (geography !== undefined && geography !== 'global')
    refuse('inference_geo', 'can only be "global": no other place has a price here');
}

function ownFields(body: JsonObject): string[] | undefined {
  const turns = (readArray(body, 'messages') ?? []).filter(isObject);
  const ofTurns = OWN_TURN_FIELDS.filter((name) => turns.some((turn) => optional(turn, name) !== undefined));
  const all = [...(ownFieldsOf(body, OWN_FIELDS) ?? []), ...ofTurns.map((name) => `messages.${name}`)];
  return all.length > 0 ? all : undefined;
}

function readModel(body: JsonObject): string {
  const model = requireString(body, 'model');
  return model === '' ? refuse('model', 'must not be empty') : model;
}

function readStop(body: JsonObject, isCortecs: boolean): string[] | undefined {
  const stop = readArray(body, 'stop_sequences');
  stop?.forEach((item, index) => {
    if (typeof item !== 'string') refuse(at('stop_sequences', index), 'must be a string');
  });
  if (isCortecs && stop && stop.length > CORTECS_STOP_LIMIT) {
    refuse('stop_sequences', `must hold at most ${CORTECS_STOP_LIMIT} texts`);
  }
  return stop as string[] | undefined;
}

/** `output_config.format`, or the `output_format` of the structured-outputs beta. */
function readFormat(body: JsonObject): ResponseFormat | undefined {
  const config = readObject(body, 'output_config');
  const inConfig = config && readObject(config, 'format', 'output_config');
  const format = inConfig ?? readObject(body, 'output_format');
  if (format === undefined) return undefined;
  const path = inConfig ? 'output_config.format' : 'output_format';
  if (readWord(format, 'type', { words: ['json_schema'], path }) === undefined)
    refuse(`${path}.type`, 'is required');
  return { kind: 'json-schema', name: 'response', schema: requireObject(format, 'schema', path) };
}

/** `metadata.user_id` is the end user; other members (Cortecs takes any) stay metadata. */
function readMetadata(body: JsonObject): Pick<CompletionRequest, 'user' | 'metadata'> {
  const metadata = readObject(body, 'metadata');
  if (metadata === undefined) return {};
  const { user_id: _user, ...rest } = metadata;
  return {
    user: readString(metadata, 'user_id', 'metadata'),
    metadata: Object.keys(rest).length === 0 ? undefined : rest,
  };
}
