import { asArray, asObject, asString, isObject, tryParseJson, type JsonObject } from '../../core/json.js';
import { FaregateError } from '../../core/errors.js';
import type { TokenUsage } from '../../core/token-usage.js';
import type { CompletionRequest, CompletionResult } from '../completion.js';
import { ObjectText, spliceMembers } from '../json-splice.js';
import type {
  EncodeTarget,
  Passthrough,
  RelayedChunk,
  RequestChanges,
  ResponseIdentity,
  StreamRelay,
} from '../protocol.js';
import { ROUTING_FIELDS } from '../routing-fields.js';
import { OwnNames } from '../tool-names.js';
import { dataEvent, type SseEvent } from '../sse.js';
import { costMembers, UPSTREAM_COST_MEMBERS } from '../usage-cost.js';
import { dropped } from '../warnings.js';
import { encodeMessages } from './messages-encode.js';
import { encodeReasoning } from './reasoning.js';
import { decodeResponse } from './response.js';
import { DONE, MessagesDecoder } from './stream-decode.js';
import { lacksThinking } from './thinking-history.js';
import { encodeTools } from './tools.js';
import { encodeUsage } from './usage.js';

/** Members left out of the caller's body when the request as it will be sent has no such parameter. */
const LOSABLE: readonly (readonly [string, (request: CompletionRequest) => unknown])[] = [
  ['temperature', (request) => request.temperature],
  ['top_p', (request) => request.topP],
  ['top_k', (request) => request.topK],
  ['stop_sequences', (request) => request.stop],
  ['tools', (request) => request.tools],
  ['tool_choice', (request) => request.toolChoice],
  ['thinking', (request) => request.reasoning?.mode],
];

/** A mode with prices of its own (fast costs several times the list), which no price list here can have. */
const UNPRICED = 'speed';

/**
 * The caller's own bytes with: the upstream's model name, no router fields, a token limit where the caller gave none,
 * no mode that has no price, no thinking that another vendor signed (Anthropic refuses a signature that is not its own),
 * and no thinking budget that Anthropic would refuse.
 */
function requestChanges(request: CompletionRequest, target: EncodeTarget, own: ObjectText): RequestChanges {
  const set: Record<string, string> = { model: JSON.stringify(target.upstreamModel) };
  const remove: string[] = [...ROUTING_FIELDS, 'thread'];
  for (const [member, valueOf] of LOSABLE) if (valueOf(request) === undefined) remove.push(member);
  const warnings: string[] = [];
  if (request.ownFields?.includes(UNPRICED)) {
    remove.push(UNPRICED);
    warnings.push(dropped(UNPRICED, 'it has no price here'));
  }
  if (request.temperature !== undefined && request.temperature > 1) {
    set['temperature'] = '1';
    warnings.push('temperature was lowered to 1');
  }
  const limit = request.maxOutputTokens ?? target.maxOutputTokens;
  if (request.maxOutputTokens === undefined && limit !== undefined) set['max_tokens'] = `${limit}`;
  fitThinking(request, { limit, issuer: target.issuer, own }, { set, remove, warnings });
  if (request.replacesTools) replaceTools(request, { set, remove, warnings });
  if (request.replacesMessages || hasForeignThinking(request, target.issuer)) {
    const { system, messages, warnings: lost } = encodeMessages(request.messages, target);
    warnings.push(...lost);
    set['messages'] = JSON.stringify(messages);
    if (system === undefined) remove.push('system');
    else set['system'] = JSON.stringify(system);
  }
  return { set, remove, warnings };
}

/**
 * A budget has to stay below the limit, also where the gateway had to lower that, and cannot be taken in the middle of a
 * turn that was begun without thinking, as other models begin theirs.
 */
function fitThinking(
  request: CompletionRequest,
  { limit, issuer, own }: { limit: number | undefined; issuer: string; own: ObjectText },
  { set, remove, warnings }: Required<RequestChanges>,
): void {
  if (request.reasoning?.mode !== 'enabled') return;
  const isBelow = limit === undefined || (request.reasoning.budgetTokens ?? 0) < limit;
  const isLacking = lacksThinking(request.messages, issuer);
  if (isBelow && !isLacking) return;
  const { thinking, warnings: notes } = encodeReasoning(request, {
    maxTokens: limit,
    lacksThinking: isLacking,
  });
  warnings?.push(...notes);
  if (thinking) set['thinking'] = JSON.stringify(thinking);
  else remove.push('thinking');
  if (thinking?.['type'] !== 'enabled') stopClearing(own, { set, remove, warnings });
}

/** Without thinking, Anthropic refuses the edit of the context that clears it ("`clear_thinking_…` strategy requires…"). */
function stopClearing(own: ObjectText, { set, remove, warnings }: Required<RequestChanges>): void {
  const member = 'context_management';
  const management = tryParseJson(own.valueText(member) ?? 'null');
  const edits = isObject(management) ? asArray(management['edits']).filter(isObject) : [];
  const kept = edits.filter((edit) => asString(edit['type'])?.startsWith('clear_thinking_') !== true);
  if (kept.length === edits.length) return;
  warnings?.push(dropped(`${member}.edits`, 'there is no thinking to clear'));
  if (kept.length === 0) remove.push(member);
  else set[member] = JSON.stringify({ ...asObject(management), edits: kept });
}

/** Tools and choice that are not those of the caller's body. */
function replaceTools(request: CompletionRequest, changes: Required<RequestChanges>): void {
  const { tools, toolChoice, warnings } = encodeTools(request, new OwnNames());
  for (const [member, value] of Object.entries({ tools, tool_choice: toolChoice })) {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) changes.remove.push(member);
    else changes.set[member] = JSON.stringify(value);
  }
  changes.warnings?.push(...warnings);
}

function hasForeignThinking(request: CompletionRequest, issuer: string): boolean {
  return request.messages.some((message) =>
    message.content.some(
      (part) =>
        (part.type === 'thinking' && part.signature?.issuer !== issuer) ||
        (part.type === 'redacted-thinking' && part.issuer !== issuer) ||
        (part.type === 'tool-call' && part.signature !== undefined),
    ),
  );
}

/**
 * The `usage` member of an object without the upstream's price and with ours, as JSON text; undefined when it can stay as
 * it is. A usage that the upstream left out is written from `known`, because SDKs fail without it.
 */
function pricedUsage(object: ObjectText, known: TokenUsage, identity: ResponseIdentity): string | undefined {
  const cost = costMembers(known, identity);
  const own = object.valueText('usage');
  const raw = own === undefined ? undefined : tryParseJson(own);
  if (own === undefined || !isObject(raw)) {
    return spliceMembers(JSON.stringify(encodeUsage(known)), { set: cost });
  }
  const isClean = UPSTREAM_COST_MEMBERS.every((member) => raw[member] === undefined);
  if (isClean && Object.keys(cost).length === 0) return undefined;
  return spliceMembers(own, { set: cost, remove: UPSTREAM_COST_MEMBERS });
}

/**
 * A whole answer: our id, by which the call is found again, the canonical model, a `stop_sequence` that is always
 * there, and our price in `usage`. Everything else is the upstream's text.
 */
function response(text: string, identity: ResponseIdentity): { body: string; result: CompletionResult } {
  const raw = tryParseJson(text);
  if (!isObject(raw))
    throw new FaregateError('upstream', 'The upstream sent something that is not an answer');
  const result = decodeResponse(raw);
  const set: Record<string, string> = {
    id: JSON.stringify(identity.id),
    model: JSON.stringify(identity.model),
  };
  if (raw['stop_sequence'] === undefined) set['stop_sequence'] = 'null';
  const own = new ObjectText(text);
  const usage = pricedUsage(own, result.usage, identity);
  if (usage !== undefined) set['usage'] = usage;
  return { body: own.spliced({ set }), result };
}

const NOTHING: RelayedChunk = { events: [], text: '' };

/** An upstream event as its own bytes. */
function frame(name: string | undefined, data: string): string {
  const lines = data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data;
  return name === undefined ? dataEvent(lines) : `event: ${name}\ndata: ${lines}\n\n`;
}

/**
 * Carries the upstream's own events, parsed once for metering. Only `message_start` (id, model, a missing usage) and
 * `message_delta` (price, a missing usage) are changed; a repeated `message_start` is left out. The upstream's `message_stop`
 * waits for `end()`, which fails when it never came.
 */
class MessagesRelay implements StreamRelay {
  private readonly decoder = new MessagesDecoder();
  private hasStarted = false;
  private stop = '';

  constructor(private readonly identity: ResponseIdentity) {}

  get hasEnded(): boolean {
    return this.decoder.hasEnded;
  }

  push(event: SseEvent): RelayedChunk {
    if (this.decoder.closed || event.data === DONE) return NOTHING;
    const raw = tryParseJson(event.data);
    if (!isObject(raw)) return { events: this.decoder.push(event), text: '' };
    const events = this.decoder.read(raw, event.event);
    if (events.length === 1 && events[0]?.type === 'error') return { events, text: '' };
    const type = asString(raw['type']);
    const text = this.text(type ?? event.event, raw, event);
    if (!this.decoder.closed) return { events, text };
    this.stop = text;
    return { events, text: '' };
  }

  end(): RelayedChunk {
    return { events: this.decoder.cut(), text: this.stop };
  }

  private text(type: string | undefined, raw: JsonObject, event: SseEvent): string {
    const name = event.event ?? type;
    if (type === 'message_start')
      return this.hasStarted ? '' : frame(name, this.messageStart(raw, event.data));
    if (type === 'message_delta') return frame(name, this.messageDelta(event.data));
    if (type === 'message_stop' && this.identity.profile === 'cortecs')
      return frame(name, event.data) + dataEvent(DONE);
    return frame(name, event.data);
  }

  private messageStart(raw: JsonObject, data: string): string {
    this.hasStarted = true;
    const message = asObject(raw['message']) ?? {};
    const set: Record<string, string> = {
      id: JSON.stringify(this.identity.id),
      model: JSON.stringify(this.identity.model),
    };
    if (!isObject(message['usage'])) set['usage'] = JSON.stringify(encodeUsage(this.decoder.usage));
    const own = new ObjectText(data);
    const text = own.valueText('message') ?? '{}';
    return own.spliced({ set: { message: spliceMembers(text, { set }) } });
  }

  private messageDelta(data: string): string {
    const own = new ObjectText(data);
    const usage = pricedUsage(own, this.decoder.usage, this.identity);
    return usage === undefined ? data : own.spliced({ set: { usage } });
  }
}

/** Messages on both sides: the bytes go through, changed only as said above. */
export const passthrough: Passthrough = {
  requestChanges,
  response,
  stream: (identity) => new MessagesRelay(identity),
};
