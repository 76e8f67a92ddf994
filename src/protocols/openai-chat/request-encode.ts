import { createHash } from 'node:crypto';
import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest, ResponseFormat } from '../completion.js';
import type { EncodedRequest, EncodeTarget } from '../protocol.js';
import { ToolNames } from '../tool-names.js';
import { dropped } from '../warnings.js';
import { encodeMessages } from './messages-encode.js';
import { encodeReasoning } from './reasoning-encode.js';
import { isStrictSchema } from './strict-schema.js';
import { encodeTools } from './tools.js';
import { vendorMembers } from './vendor-members.js';

/** Longest end-user id that OpenAI takes. */
const MAX_USER = 64;

/** Parameters whose value goes over as it is. */
const DIRECT = [
  ['temperature', 'temperature'],
  ['topP', 'top_p'],
  ['topK', 'top_k'],
  ['minP', 'min_p'],
  ['topA', 'top_a'],
  ['frequencyPenalty', 'frequency_penalty'],
  ['presencePenalty', 'presence_penalty'],
  ['repetitionPenalty', 'repetition_penalty'],
  ['seed', 'seed'],
  ['logitBias', 'logit_bias'],
  ['logprobs', 'logprobs'],
  ['topLogprobs', 'top_logprobs'],
  ['choiceCount', 'n'],
  ['verbosity', 'verbosity'],
  ['metadata', 'metadata'],
] as const satisfies readonly (readonly [keyof CompletionRequest, string])[];

function encodeResponseFormat(format: ResponseFormat, warnings: string[]): JsonObject {
  if (format.kind === 'text') return { type: 'text' };
  if (format.kind === 'json-object') return { type: 'json_object' };
  const { name, schema, strict, description } = format;
  const isLoose = strict === true && !isStrictSchema(schema);
  if (isLoose) warnings.push(dropped('response_format.strict', 'its schema leaves properties open'));
  return {
    type: 'json_schema',
    json_schema: {
      name,
      ...(description === undefined ? {} : { description }),
      schema,
      ...(strict === undefined || isLoose ? {} : { strict }),
    },
  };
}

/** A longer id (Claude Code sends a JSON text) becomes its hash: still stable, still pseudonymous. */
export const encodeUser = (user: string): string =>
  user.length <= MAX_USER ? user : createHash('sha256').update(user).digest('hex');

/** The output limit under the name that the vendor reads; empty when there is none. */
export function encodeMaxTokens(request: CompletionRequest, target: EncodeTarget): JsonObject {
  const limit = request.maxOutputTokens ?? target.maxOutputTokens;
  return limit === undefined ? {} : { [target.quirks.maxTokensField ?? 'max_completion_tokens']: limit };
}

/** A stream's options: usage is always asked for, because a stream is billed from it. */
export function encodeStreamOptions(request: CompletionRequest, target: EncodeTarget): JsonObject {
  if (!request.stream || target.quirks.streamUsage === false) return {};
  return { stream_options: { ...request.streamOptions, include_usage: true } };
}

/** Writes a request for one vendor. Schemas, tool ids and arguments go over untouched. */
export function encodeRequest(request: CompletionRequest, target: EncodeTarget): EncodedRequest {
  const warnings: string[] = [];
  const names = new ToolNames();
  const encoded = encodeMessages(request.messages, target, names);
  warnings.push(...encoded.warnings);
  const body: JsonObject = { model: target.upstreamModel, messages: encoded.messages };
  if (request.stream) body['stream'] = true;
  Object.assign(body, encodeStreamOptions(request, target), encodeMaxTokens(request, target));
  for (const [name, wire] of DIRECT) {
    if (request[name] !== undefined) body[wire] = request[name];
  }
  if (request.stop) body['stop'] = [...request.stop];
  Object.assign(
    body,
    encodeTools(request, { names, warnings, quirks: target.quirks }),
    encodeReasoning(request, target.quirks, warnings),
  );
  if (request.responseFormat) {
    body['response_format'] = encodeResponseFormat(request.responseFormat, warnings);
  }
  if (request.user !== undefined) body['user'] = encodeUser(request.user);
  const vendor = vendorMembers(request, target.quirks, warnings);
  for (const name of vendor.remove) delete body[name];
  Object.assign(body, vendor.set);
  return { body, warnings, toolNames: names.given };
}
