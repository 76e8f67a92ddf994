import { FaregateError } from '../../core/errors.js';
import { asArray, asObject, isObject, tryParseJson, type JsonObject } from '../../core/json.js';
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
import type { SseEvent } from '../sse.js';
import { GEMINI_NAMES, ToolNames } from '../tool-names.js';
import { costMembers, UPSTREAM_COST_MEMBERS } from '../usage-cost.js';
import { encodeContents } from './contents-encode.js';
import { sseFraming, type Framing } from './framing.js';
import { CONFIG_MEMBERS, encodeGenerationConfig } from './generation-config.js';
import { generationOf } from './generation.js';
import { decodeResponse } from './response.js';
import { GeminiDecoder } from './stream-decode.js';
import { contentTurns } from './turns.js';
import { member, nameIn, spellings } from './wire.js';

/** What the route's path says, which an upstream of this protocol reads there and refuses in the body. */
const PATH_MEMBERS = ['model', 'stream'];

/**
 * The caller's own bytes with: no router fields, the output limit that is paid for, none of the parameters that the
 * model lacks, and no signature of another vendor.
 */
function requestChanges(request: CompletionRequest, target: EncodeTarget, own: ObjectText): RequestChanges {
  const set: Record<string, string> = {};
  const remove: string[] = [...ROUTING_FIELDS, ...PATH_MEMBERS];
  const warnings: string[] = [];
  if (request.tools === undefined) remove.push('tools');
  if (request.toolChoice === undefined) withoutChoice(own, { set, remove });
  const [name, other] = ownSpellings(own, 'generationConfig');
  const config = generationConfig(request, target, own.valueText(name));
  if (config !== undefined) set[name] = config;
  remove.push(...other);
  if (needsNewContents(request, target)) {
    const {
      systemInstruction,
      contents,
      warnings: lost,
    } = encodeContents(request.messages, target, new ToolNames(GEMINI_NAMES));
    warnings.push(...lost);
    set['contents'] = JSON.stringify(contents);
    remove.push(...spellings('systemInstruction'));
    if (systemInstruction) set['systemInstruction'] = JSON.stringify(systemInstruction);
  } else if (request.rewriteMessages) set['contents'] = joinedTurns(own);
  return { set, remove, warnings };
}

/**
 * The caller's own contents, those of one turn of the model joined: Google takes each for a step of its own, whose first call
 * must be signed, and wants the results right behind all calls (ai.google.dev/gemini-api/docs/thought-signatures).
 */
function joinedTurns(own: ObjectText): string {
  const contents = asArray(tryParseJson(own.valueText('contents') ?? '[]')).filter(isObject);
  const joined = contentTurns(contents).map((turn) => ({
    ...turn[0],
    parts: turn.flatMap(({ parts }) => asArray(parts)),
  }));
  return JSON.stringify(joined);
}

/** Gemini refuses a calling config without functions; the rest of `toolConfig` stays (row 21). */
function withoutChoice(own: ObjectText, changes: Pick<RequestChanges, 'set' | 'remove'>): void {
  for (const name of spellings('toolConfig')) {
    const given = own.valueText(name);
    if (!given?.startsWith('{')) continue;
    const rest = spliceMembers(given, { remove: spellings('functionCallingConfig') });
    if (rest === '{}') changes.remove.push(name);
    else changes.set[name] = rest;
  }
}

/** The spelling under which a member of the body was read, and the other one, which nobody has paid for. */
function ownSpellings(own: ObjectText, member: string): [string, string[]] {
  const isGiven = (name: string): boolean => (own.valueText(name) ?? 'null') !== 'null';
  const name = spellings(member).find(isGiven) ?? member;
  return [name, spellings(member).filter((spelling) => spelling !== name)];
}

/**
 * The caller's `generationConfig` with the limit in force, without what was dropped, and without the second spelling of a
 * member that stands in it twice; undefined when it can stay.
 */
function generationConfig(
  request: CompletionRequest,
  target: EncodeTarget,
  given: string | undefined,
): string | undefined {
  const own = given === undefined || given === 'null' ? '{}' : given;
  const known = asObject(tryParseJson(own)) ?? {};
  const { config = {} } = encodeGenerationConfig(request, target);
  const remove = Object.entries(CONFIG_MEMBERS)
    .filter(([parameter]) => request[parameter as keyof CompletionRequest] === undefined)
    .flatMap(([, members]) => members.flatMap(spellings))
    .filter((spelling) => (known[spelling] ?? undefined) !== undefined && spelling !== 'responseMimeType');
  remove.push(...Object.values(CONFIG_MEMBERS).flatMap((members) => unread(known, members)));
  const limit = config['maxOutputTokens'];
  const isLimited = limit !== undefined && limit !== member(known, 'maxOutputTokens');
  if (!isLimited && remove.length === 0) return undefined;
  const changes = isLimited
    ? { set: { maxOutputTokens: String(limit) }, remove: [...remove, 'max_output_tokens'] }
    : { remove };
  return spliceMembers(own, changes);
}

/** Spellings that stand beside the one that was read. */
const unread = (known: JsonObject, members: readonly string[]): string[] =>
  members.flatMap((name) =>
    spellings(name).filter((spelling) => known[spelling] !== undefined && spelling !== nameIn(known, name)),
  );

/** True when the history holds another vendor's thinking, or lacks the signatures that the model demands. */
function needsNewContents({ messages }: CompletionRequest, target: EncodeTarget): boolean {
  const demands = generationOf(target.upstreamModel).demandsSignatures;
  return messages.some(({ content }) => {
    const [first] = content.filter((part) => part.type === 'tool-call');
    if (demands && first && !first.signature) return true;
    return content.some((part) => {
      if (part.type === 'redacted-thinking') return part.issuer !== target.issuer;
      const signature = part.type === 'thinking' || part.type === 'tool-call' ? part.signature : undefined;
      return signature !== undefined && signature.issuer !== target.issuer;
    });
  });
}

/** The upstream's answer with the canonical model, and the price of `usage` where it is given. */
function identified(text: string, identity: ResponseIdentity, usage?: TokenUsage): string {
  const set: Record<string, string> = { modelVersion: JSON.stringify(identity.model) };
  const own = new ObjectText(text);
  const given = own.valueText('usageMetadata');
  if (usage !== undefined && given?.startsWith('{')) {
    const cost = costMembers(usage, identity);
    set['usageMetadata'] = spliceMembers(given, { set: cost, remove: UPSTREAM_COST_MEMBERS });
  }
  return own.spliced({ set });
}

function response(text: string, identity: ResponseIdentity): { body: string; result: CompletionResult } {
  const raw = tryParseJson(text);
  if (!isObject(raw))
    throw new FaregateError('upstream', 'The upstream sent something that is not an answer');
  const result = decodeResponse(raw);
  return { body: identified(text, identity, result.usage), result };
}

/**
 * Carries the upstream's own answers, parsed once for metering; the price is in the usage of those that finish. The one with
 * which the last candidate finishes, and what follows it, waits for the end.
 */
class GeminiRelay implements StreamRelay {
  private readonly decoder = new GeminiDecoder();
  private held = '';

  constructor(
    private readonly identity: ResponseIdentity,
    private readonly framing: Framing,
  ) {}

  get hasEnded(): boolean {
    return this.decoder.hasEnded;
  }

  push(event: SseEvent): RelayedChunk {
    if (this.decoder.closed || event.data.trim() === '') return { events: [], text: '' };
    const chunk = tryParseJson(event.data);
    if (!isObject(chunk)) return { events: this.decoder.push(event), text: '' };
    const events = this.decoder.read(chunk);
    if (this.decoder.closed) return { events, text: '' };
    const isLast = asArray(chunk['candidates'])
      .filter(isObject)
      .some(({ finishReason }) => finishReason !== undefined);
    this.held += this.framing.frame(
      identified(event.data, this.identity, isLast ? this.decoder.usage : undefined),
    );
    if (this.decoder.isFinished) return { events, text: '' };
    const text = this.held;
    this.held = '';
    return { events, text };
  }

  end(): RelayedChunk {
    const events = this.decoder.end();
    const hasFailed = events.some((event) => event.type === 'error');
    return { events, text: hasFailed ? '' : this.held + this.framing.end() };
  }
}

/** generateContent on both sides: the bytes go through, changed only as said above. */
export const passthroughIn = (framing: () => Framing): Passthrough => ({
  requestChanges,
  response,
  stream: (identity) => new GeminiRelay(identity, framing()),
});

/** The same for callers who read server-sent events. */
export const passthrough = passthroughIn(sseFraming);
