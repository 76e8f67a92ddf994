import { FaregateError } from '../../core/errors.js';
import { asArray, asObject, asString, isObject, tryParseJson } from '../../core/json.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import type { CompletionRequest, CompletionResult } from '../completion.js';
import type { EncodeTarget, Passthrough, RequestChanges, ResponseIdentity } from '../protocol.js';
import { ROUTING_FIELDS } from '../routing-fields.js';
import { OwnNames } from '../tool-names.js';
import { dropped } from '../warnings.js';
import { encodeInput } from './input-encode.js';
import { LOGPROBS } from './request-decode.js';
import { ENCRYPTED, includes } from './request-encode.js';
import { decodeResponse } from './response.js';
import { identified } from './response-text.js';
import { ISSUER, isMarked, readEncrypted, splitSignature } from './signature.js';
import { ResponsesRelay } from './stream-relay.js';
import { encodeTools } from './tools.js';

/** A reasoning item as this target takes it back; undefined when it is another's, or nobody can check it (row 42). */
function ownReasoning(item: JsonObject, issuer: string): JsonObject | undefined {
  const text = asString(item['encrypted_content']);
  if (!text) return issuer === ISSUER ? undefined : item;
  const { kind, signature } = readEncrypted(text, item['id']);
  if (kind !== 'thinking' || signature.issuer !== issuer) return undefined;
  if (!isMarked(text)) return item;
  const { id, content } = splitSignature(signature.value);
  return { ...item, ...(id === undefined ? {} : { id }), encrypted_content: content };
}

/** The caller's items without reasoning that this target would refuse; undefined when they can stay as they are. */
function ownInput(input: JsonValue | undefined, issuer: string): JsonValue[] | undefined {
  let isChanged = false;
  const items = asArray(input).flatMap((item) => {
    if (!isObject(item) || item['type'] !== 'reasoning') return [item];
    const own = ownReasoning(item, issuer);
    isChanged ||= own !== item;
    return own ? [own] : [];
  });
  return isChanged ? items : undefined;
}

/** `include` with encrypted reasoning, which a client without stored responses needs, and what the caller asked. */
function ownIncludes(request: CompletionRequest, target: EncodeTarget): JsonValue[] {
  const asked = asArray(request.source?.['include']).filter(
    (item) => item !== ENCRYPTED && item !== LOGPROBS,
  );
  return [...asked, ...includes(request, target)];
}

/** `text` without what the model was found to lack. */
function ownText(request: CompletionRequest): JsonObject | undefined {
  const text = asObject(request.source?.['text']);
  if (!text) return undefined;
  const { format, verbosity, ...rest } = text;
  const losesFormat = isObject(format) && !request.responseFormat;
  const losesVerbosity = verbosity !== undefined && request.verbosity === undefined;
  if (!losesFormat && !losesVerbosity) return undefined;
  return {
    ...rest,
    ...(losesFormat || format === undefined ? {} : { format }),
    ...(losesVerbosity || verbosity === undefined ? {} : { verbosity }),
  };
}

/**
 * The caller's own bytes with the upstream's model name, without router fields, never kept by the upstream, and
 * without reasoning that another vendor encrypted.
 */
function requestChanges(request: CompletionRequest, target: EncodeTarget): RequestChanges {
  const members: JsonObject = { model: target.upstreamModel, store: false };
  const remove: string[] = [...ROUTING_FIELDS, 'previous_response_id'];
  const warnings: string[] = [];
  const include = ownIncludes(request, target);
  if (include.length > 0) members['include'] = include;
  else remove.push('include');
  const text = ownText(request);
  if (text) members['text'] = text;
  if (!request.toolChoice) remove.push('tool_choice');
  if (request.replacesTools) replaceTools(request, { members, remove, warnings });
  const source = request.source?.['input'];
  const input = request.replacesMessages ? undefined : ownInput(source, target.issuer);
  if (request.replacesMessages) {
    // Instructions are the first of the messages.
    remove.push('instructions');
    const written = encodeInput(request.messages, target, new OwnNames());
    members['input'] = written.input;
    warnings.push(...written.warnings);
  }
  if (input) {
    members['input'] = input;
    if (input.length < asArray(source).length)
      warnings.push(dropped('input.reasoning', 'another model made it'));
  }
  const set = Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, JSON.stringify(value)] as const),
  );
  return { set, remove, warnings };
}

/** Tools and choice that are not those of the caller's body. */
function replaceTools(
  request: CompletionRequest,
  changes: { members: JsonObject; remove: string[]; warnings: string[] },
): void {
  const written = encodeTools(request, { names: new OwnNames(), warnings: changes.warnings });
  for (const name of ['tools', 'tool_choice', 'parallel_tool_calls']) {
    if (written[name] === undefined) changes.remove.push(name);
    else changes.members[name] = written[name];
  }
}

/** The upstream's whole answer with the gateway's identity and price spliced in. */
function response(text: string, identity: ResponseIdentity): { body: string; result: CompletionResult } {
  const parsed = tryParseJson(text);
  if (!isObject(parsed)) {
    const internal = text.slice(0, 500);
    throw new FaregateError('upstream', 'The upstream sent something that is not a completion', { internal });
  }
  const result = decodeResponse(parsed, undefined, identity.issuer);
  return { body: identified(text, parsed, { identity, usage: result.usage }), result };
}

/** Responses on both sides: the bytes go through, changed only as said above. */
export const passthrough: Passthrough = {
  requestChanges,
  response,
  stream: (identity) => new ResponsesRelay(identity),
};
