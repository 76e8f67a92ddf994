import { FaregateError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import { asArray, asObject, asString, isObject, tryParseJson, withMembers } from '../../core/json.js';
import type { CompletionChoice, CompletionRequest, CompletionResult } from '../completion.js';
import { spliceMembers } from '../json-splice.js';
import type { EncodeTarget, Passthrough, RequestChanges, ResponseIdentity, WireQuirks } from '../protocol.js';
import { ROUTING_FIELDS } from '../routing-fields.js';
import { OwnNames } from '../tool-names.js';
import { flattened } from './content.js';
import { encodeFinishReason } from './finish-reason.js';
import { encodeMessages } from './messages-encode.js';
import { encodeReasoning } from './reasoning-encode.js';
import { plainReasoning } from './reasoning.js';
import { encodeMaxTokens, encodeStreamOptions } from './request-encode.js';
import { decodeResponse, encodeCall, warningText } from './response.js';
import { ChatStreamRelay } from './stream-relay.js';
import { encodeTools } from './tools.js';
import { withoutThinkTags } from './think-tags.js';
import { encodeUsage } from './usage.js';
import { vendorMembers } from './vendor-members.js';

/** Request fields that no upstream is sent. */
const NEVER_SENT = [...ROUTING_FIELDS, 'previous_response_id'];

/** Request fields that mean nothing to an upstream without tools; OpenAI refuses them then. */
const TOOL_FIELDS = ['tool_choice', 'function_call', 'parallel_tool_calls'];

/**
 * True when the caller's own messages would not be understood as they stand: a form of the seeds, a role that
 * the vendor lacks, or thinking, which each vendor wants back in another field or not at all.
 */
function needsNewMessages(request: CompletionRequest, { quirks }: EncodeTarget): boolean {
  if (request.rewriteMessages || request.replacesMessages) return true;
  if (quirks.toolCallIds !== undefined && request.messages.some(({ role }) => role === 'tool')) return true;
  return request.messages.some((message) => {
    if (quirks.messageNames === false && message.name !== undefined) return true;
    if (quirks.imageUrls === false && message.content.some((part) => part.type === 'image')) return true;
    if (message.role === 'system') {
      const role = message.developer ? 'developer' : 'system';
      return (quirks.systemRole ?? role) !== role;
    }
    const isThinking = message.content.some(
      (part) => part.type === 'thinking' || part.type === 'redacted-thinking',
    );
    const wantsBlank = quirks.reasoningHistory === 'reasoning_content' && message.role === 'assistant';
    return isThinking || (wantsBlank && message.content.some((part) => part.type === 'tool-call'));
  });
}

/** Members of the caller's body that this target wants under another name or in another form. */
function translatedMembers(
  request: CompletionRequest,
  target: EncodeTarget,
): { set: JsonObject; remove: string[]; warnings: string[] } {
  const warnings: string[] = [];
  const { quirks } = target;
  const { set, remove } = vendorMembers(request, quirks, warnings);
  const ownLimit = request.maxOutputTokens === undefined;
  if (ownLimit ? target.maxOutputTokens !== undefined : quirks.maxTokensField !== undefined) {
    remove.push('max_tokens', 'max_completion_tokens');
    Object.assign(set, encodeMaxTokens(request, target));
  }
  if (request.reasoning) remove.push('reasoning', 'reasoning_effort');
  Object.assign(set, encodeReasoning(request, quirks, warnings));
  if (request.stream) {
    remove.push('stream_options');
    Object.assign(set, encodeStreamOptions(request, target));
  }
  if (request.replacesTools) {
    remove.push('tools', 'functions', ...TOOL_FIELDS);
    Object.assign(set, encodeTools(request, { names: new OwnNames(), warnings }));
  } else if (!request.tools) remove.push(...TOOL_FIELDS);
  else if (!request.toolChoice) remove.push('tool_choice', 'function_call');
  if (needsNewMessages(request, target)) {
    const encoded = encodeMessages(request.messages, target);
    set['messages'] = encoded.messages;
    warnings.push(...encoded.warnings);
  }
  return { set, remove, warnings };
}

/** Changes to the caller's bytes: the vendor's model name, no router fields, usage asked for on streams. */
export function requestChanges(request: CompletionRequest, target: EncodeTarget): RequestChanges {
  const { set, remove, warnings } = translatedMembers(request, target);
  const texts: Record<string, string> = { model: JSON.stringify(target.upstreamModel) };
  for (const [name, value] of Object.entries(set)) texts[name] = JSON.stringify(value);
  return { set: texts, remove: [...NEVER_SENT, ...remove], warnings };
}

/** True for a tool call that the strictest client takes as it is; other kinds than functions are the vendor's own. */
function isCleanCall(call: JsonValue): boolean {
  if (!isObject(call) || !asString(call['id']) || !asString(call['type'])) return false;
  const named = asObject(call['function']);
  return named === undefined || (!!asString(named['name']) && !!asString(named['arguments']));
}

/** Members of a choice that a strict client needs and the vendor left out or said in its own way. */
function repairsOf(given: JsonObject, { content, finishReason }: CompletionChoice): JsonObject {
  const calls = asArray(asObject(given['message'])?.['tool_calls']);
  const repairs: JsonObject = {};
  const reason = encodeFinishReason(finishReason);
  if (given['finish_reason'] !== reason && (finishReason !== 'other' || !given['finish_reason']))
    repairs['finish_reason'] = reason;
  if (!calls.every(isCleanCall))
    repairs['tool_calls'] = content.filter((part) => part.type === 'tool-call').map(encodeCall);
  return repairs;
}

/**
 * The choices with `refusal`, `reasoning` (statement 26), plain content, and all that a strict client needs; undefined
 * when they already are so.
 */
function completedChoices(
  choices: readonly JsonValue[],
  decoded: readonly CompletionChoice[],
): string | undefined {
  let isChanged = false;
  const completed = choices.filter(isObject).map((choice, position) => {
    const given = asObject(choice['message']) ?? {};
    const { tool_calls: calls, ...repairs } = repairsOf(choice, decoded[position] as CompletionChoice);
    const isWhole = given['refusal'] !== undefined && given['reasoning'] !== undefined;
    const isRepaired = calls !== undefined || Object.keys(repairs).length > 0;
    if (isWhole && !isRepaired && !Array.isArray(given['content'])) return choice;
    isChanged = true;
    const message = flattened(given);
    const reasoning = message['reasoning'] ?? (plainReasoning(message) || null);
    const refusal = message['refusal'] ?? null;
    const repaired = calls === undefined ? message : withMembers(message, { tool_calls: calls });
    const written = withMembers(repaired, { refusal, reasoning });
    return { index: position, ...choice, ...repairs, message: written };
  });
  return isChanged ? JSON.stringify(completed) : undefined;
}

/** The upstream's whole answer with the gateway's identity, usage and warning spliced in. */
function response(
  text: string,
  identity: ResponseIdentity,
  quirks: WireQuirks = {},
): { body: string; result: CompletionResult } {
  const given = tryParseJson(text);
  if (!isObject(given)) {
    const internal = text.slice(0, 500);
    throw new FaregateError('upstream', 'The upstream sent something that is not a completion', { internal });
  }
  const parsed = quirks.thinkTags ? withoutThinkTags(given) : given;
  const result = decodeResponse(parsed);
  const set: Record<string, string> = {
    id: JSON.stringify(identity.id),
    object: '"chat.completion"',
    created: String(identity.createdAt),
    model: JSON.stringify(identity.model),
  };
  const choices = completedChoices(asArray(parsed['choices']), result.choices);
  if (choices !== undefined) set['choices'] = choices;
  const usage = encodeUsage(result.usage, identity);
  if (usage) set['usage'] = JSON.stringify(usage);
  const warning = warningText(identity);
  if (warning !== undefined) set['warning'] = JSON.stringify(warning);
  const remove = usage ? [] : ['usage'];
  return { body: spliceMembers(text, { set, remove }), result };
}

/** Chat to Chat. */
export const passthrough: Passthrough = {
  requestChanges,
  response,
  stream: (identity, quirks) => new ChatStreamRelay(identity, quirks),
};
