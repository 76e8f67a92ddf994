import { FaregateError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import { asArray, isObject, tryParseJson } from '../../core/json.js';
import type { CompletionRequest, CompletionResult, Message } from '../completion.js';
import { ObjectText } from '../json-splice.js';
import type { EncodeTarget, Passthrough, RequestChanges, ResponseIdentity, WireQuirks } from '../protocol.js';
import { ROUTING_FIELDS } from '../routing-fields.js';
import { OwnNames } from '../tool-names.js';
import { completedChoices } from './completed-choices.js';
import { encodeMessages, hasForeignSignature } from './messages-encode.js';
import { ownCall } from './own-calls.js';
import { encodeReasoning } from './reasoning-encode.js';
import { encodeMaxTokens, encodeStreamOptions } from './request-encode.js';
import { decodeResponse, warningText } from './response.js';
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
 * True when the caller's own messages would not be understood as they stand: a form of another vendor, a role that
 * this one lacks, or thinking, which each vendor wants back in another field or not at all.
 */
function needsNewMessages(request: CompletionRequest, target: EncodeTarget): boolean {
  const { quirks } = target;
  if (request.rewriteMessages || request.replacesMessages) return true;
  if (quirks.toolCallIds !== undefined && request.messages.some(({ role }) => role === 'tool')) return true;
  return request.messages.some((message) => {
    if (quirks.messageNames === false && message.name !== undefined) return true;
    if (quirks.imageUrls === false && message.content.some((part) => part.type === 'image')) return true;
    if (message.role === 'system') {
      const role = message.developer ? 'developer' : 'system';
      return (quirks.systemRole ?? role) !== role;
    }
    return needsNewThinking(message, target);
  });
}

/** The same for the thinking of a turn. OpenRouter's own form stands: said anew it would lose members that only it knows. */
function needsNewThinking({ role, content }: Message, target: EncodeTarget): boolean {
  const field = target.quirks.reasoningHistory;
  if (field === 'reasoning') return hasForeignSignature(content, target);
  if (content.some(({ type }) => type === 'thinking' || type === 'redacted-thinking')) return true;
  const hasCalls = content.some((part) => part.type === 'tool-call' || ownCall(part) !== undefined);
  return field === 'reasoning_content' && role === 'assistant' && hasCalls;
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
    Object.assign(set, encodeTools(request, { names: new OwnNames(), warnings, quirks }));
  } else if (!request.tools) remove.push(...TOOL_FIELDS);
  else if (!request.toolChoice) remove.push('tool_choice', 'function_call');
  if (needsNewMessages(request, target)) {
    const encoded = encodeMessages(request.messages, target);
    set['messages'] = encoded.messages;
    warnings.push(...encoded.warnings.filter((warning) => !warnings.includes(warning)));
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
  const whole = new ObjectText(text);
  const own = whole.valueText('choices') ?? '[]';
  const said = parsed === given ? own : JSON.stringify(parsed['choices']);
  const choices = completedChoices(said, asArray(parsed['choices']), { decoded: result.choices, identity });
  if (choices !== own) set['choices'] = choices;
  const usage = encodeUsage(result.usage, identity);
  if (usage) set['usage'] = JSON.stringify(usage);
  const warning = warningText(identity);
  if (warning !== undefined) set['warning'] = JSON.stringify(warning);
  const remove = usage ? [] : ['usage'];
  return { body: whole.spliced({ set, remove }), result };
}

/** Chat to Chat. */
export const passthrough: Passthrough = {
  requestChanges,
  response,
  stream: (identity, quirks) => new ChatStreamRelay(identity, quirks),
};
