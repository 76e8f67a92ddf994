import { FaregateError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import { asArray, asObject, isObject, tryParseJson } from '../../core/json.js';
import type { CompletionRequest, CompletionResult } from '../completion.js';
import { spliceMembers } from '../json-splice.js';
import type { EncodeTarget, Passthrough, RequestChanges, ResponseIdentity } from '../protocol.js';
import { ROUTING_FIELDS } from '../routing-fields.js';
import { flattened } from './content.js';
import { encodeMessages } from './messages-encode.js';
import { encodeReasoning, plainReasoning } from './reasoning.js';
import { encodeMaxTokens, encodeStreamOptions } from './request-encode.js';
import { decodeResponse, warningText } from './response.js';
import { ChatStreamRelay } from './stream-relay.js';
import { encodeUsage } from './usage.js';

/** Request fields that mean nothing to an upstream without tools; OpenAI refuses them then. */
const TOOL_FIELDS = ['tool_choice', 'function_call', 'parallel_tool_calls'];

/**
 * True when the caller's own messages would not be understood as they stand: a form of the seeds, a role that
 * the vendor lacks, or thinking, which each vendor wants back in another field or not at all.
 */
function needsNewMessages(request: CompletionRequest, { quirks }: EncodeTarget): boolean {
  if (request.rewriteMessages) return true;
  return request.messages.some((message) => {
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
): { set: JsonObject; remove: string[] } {
  const set: JsonObject = {};
  const remove: string[] = [];
  const { quirks } = target;
  const ownLimit = request.maxOutputTokens === undefined;
  if (ownLimit ? target.maxOutputTokens !== undefined : quirks.maxTokensField !== undefined) {
    remove.push('max_tokens', 'max_completion_tokens');
    Object.assign(set, encodeMaxTokens(request, target));
  }
  if (request.reasoning) {
    remove.push('reasoning', 'reasoning_effort');
    Object.assign(set, encodeReasoning(request.reasoning, quirks));
  }
  if (request.stream) {
    remove.push('stream_options');
    Object.assign(set, encodeStreamOptions(request, target));
  }
  if (!request.tools) remove.push(...TOOL_FIELDS);
  else if (!request.toolChoice) remove.push('tool_choice', 'function_call');
  if (needsNewMessages(request, target)) set['messages'] = encodeMessages(request.messages, target).messages;
  return { set, remove };
}

/** Changes to the caller's bytes: the vendor's model name, no router fields, usage asked for on streams. */
export function requestChanges(request: CompletionRequest, target: EncodeTarget): RequestChanges {
  const { set, remove } = translatedMembers(request, target);
  const members: JsonObject = { model: target.upstreamModel, ...set };
  const entries = Object.entries(members).map(([name, value]) => [name, JSON.stringify(value)] as const);
  return {
    set: Object.fromEntries(entries),
    remove: [...ROUTING_FIELDS, 'previous_response_id', ...remove].filter(
      (name) => !Object.hasOwn(members, name),
    ),
  };
}

/** The choices with `refusal`, `reasoning` (statement 26) and plain content; undefined when they already are so. */
function completedChoices(choices: readonly JsonValue[]): string | undefined {
  let isChanged = false;
  const completed = choices.map((choice) => {
    const given = isObject(choice) ? asObject(choice['message']) : undefined;
    if (!isObject(choice) || !given) return choice;
    const isWhole = given['refusal'] !== undefined && given['reasoning'] !== undefined;
    if (isWhole && !Array.isArray(given['content'])) return choice;
    isChanged = true;
    const message = flattened(given);
    const reasoning = message['reasoning'] ?? (plainReasoning(message) || null);
    return { ...choice, message: { ...message, refusal: message['refusal'] ?? null, reasoning } };
  });
  return isChanged ? JSON.stringify(completed) : undefined;
}

/** The upstream's whole answer with the gateway's identity, usage and warning spliced in. */
function response(text: string, identity: ResponseIdentity): { body: string; result: CompletionResult } {
  const parsed = tryParseJson(text);
  if (!isObject(parsed)) {
    const internal = text.slice(0, 500);
    throw new FaregateError('upstream', 'The upstream sent something that is not a completion', { internal });
  }
  const result = decodeResponse(parsed);
  const set: Record<string, string> = {
    id: JSON.stringify(identity.id),
    object: '"chat.completion"',
    created: String(identity.createdAt),
    model: JSON.stringify(identity.model),
  };
  const choices = completedChoices(asArray(parsed['choices']));
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
  stream: (identity) => new ChatStreamRelay(identity),
};
