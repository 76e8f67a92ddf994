import type { CompatibilityProfile } from '../core/compatibility.js';
import type { FaregateError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import type { TokenUsage } from '../core/token-usage.js';
import type {
  CompletionEvent,
  CompletionRequest,
  CompletionResult,
  ParameterName,
  ProtocolName,
} from './completion.js';
import type { ObjectText } from './json-splice.js';
import type { SearchWords } from './search-words.js';
import type { SseEvent } from './sse.js';

export type { CompatibilityProfile };

/** What the gateway adds to an answer: one stable id, the canonical model, the price. */
export interface ResponseIdentity {
  /** "gen-…" on chat, "msg_…" on messages. */
  id: string;
  /** Unix seconds. */
  createdAt: number;
  /** Canonical model id, never the upstream's own name. */
  model: string;
  profile: CompatibilityProfile;
  /** Notes on what was dropped or changed; empty when nothing was. */
  warnings: string[];
  /**
   * Price of a usage in major units of the organization's currency, as a decimal text; undefined when the usage is
   * incomplete. For a part of a call, `whole` is the usage of the call: it decides which price tier applies.
   */
  costOf: (usage: TokenUsage, whole?: TokenUsage) => string | undefined;
  /** See EncodedRequest.toolNames: applied before an answer is encoded, so that encoders see the caller's own names. */
  toolNames?: ReadonlyMap<string, string> | undefined;
  /** True when the caller reads a tool call in Chat's older `function_call`. */
  legacyFunctions?: boolean | undefined;
  /** Whose signatures the upstream makes; absent means the owner of its protocol. */
  issuer?: string | undefined;
  /** The request as the caller wrote it, for protocols whose answers repeat it. */
  source?: JsonObject | undefined;
  /** Estimated input tokens, shown where a stream must name a count before the upstream does. */
  inputEstimate?: number | undefined;
}

/**
 * Wire differences between vendors of one protocol, as data. Absent means "as the protocol's owner does". Numbers of
 * rows are those of the mapping table.
 */
export interface WireQuirks {
  /** Role for instructions that the vendor understands (row 3). Default: `developer` stays, `system` stays. */
  systemRole?: 'system' | 'developer' | undefined;
  /** Name of the output limit on chat (row 30). Default `max_completion_tokens`. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens' | undefined;
  /** Whether `stream_options.include_usage` may be sent (row 67). Default true. */
  streamUsage?: boolean | undefined;
  /**
   * Where assistant reasoning of earlier turns goes on chat (row 43). Default: dropped. `reasoning_content` is put on
   * tool-call turns even when there is none; `reasoning_details` is MiniMax's form, `reasoning` OpenRouter's.
   */
  reasoningHistory?: 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'drop' | undefined;
  /**
   * How a chat vendor takes a reasoning request (row 35). Default `reasoning_effort` (OpenAI); `reasoning`:
   * OpenRouter's object; `thinking`: `{type}`; `enable_thinking`: Qwen's pair of fields; `none`: not at all.
   */
  reasoningField?: 'reasoning_effort' | 'reasoning' | 'thinking' | 'enable_thinking' | 'none' | undefined;
  /** Reasoning efforts the vendor takes; another becomes the next higher one. Absent: all, or with `thinking` none. */
  efforts?: readonly string[] | undefined;
  /** How `thinking` is switched on. Default "enabled". */
  thinkingType?: 'enabled' | 'adaptive' | undefined;
  /** Whether a chat vendor thinks in streams alone and refuses a whole answer with thinking on. Default false. */
  thinkingNeedsStream?: boolean | undefined;
  /** Whether a chat vendor takes `cache_control` on content parts. Default false. */
  cacheControl?: boolean | undefined;
  /** Parameters that the vendor refuses: they are left out with a warning (row 32). */
  unsupported?: readonly ParameterName[] | undefined;
  /** Highest temperature the vendor takes (row 32); a higher one is lowered with a warning. */
  maxTemperature?: number | undefined;
  /** Whether the vendor gives one answer a request (row 33): it is then asked once for each answer. Default false. */
  singleChoice?: boolean | undefined;
  /** Name of the seed. Default `seed`. */
  seedField?: string | undefined;
  /** Whether the vendor takes an image by URL (row 44). Default true; else such an image is refused. */
  imageUrls?: boolean | undefined;
  /** Whether messages may carry a participant's `name`. Default true. */
  messageNames?: boolean | undefined;
  /** Form of tool call ids the vendor demands in a history: exactly nine letters and digits (Mistral). */
  toolCallIds?: 'nine-alphanumerics' | undefined;
  /** Members set in every request. */
  members?: Readonly<JsonObject> | undefined;
  /** Whether an answer may begin with its reasoning in `<think>` tags (row 75). Default false. */
  thinkTags?: boolean | undefined;
  /** Whether a Messages model takes `role: "system"` behind a user turn (row 2). Default true. */
  systemTurns?: boolean | undefined;
  /**
   * How a Messages model is asked to think (row 35). `adaptive`: `thinking.type` adaptive with an effort; `budget`:
   * `enabled` with a budget, no effort; `both` (default): either.
   */
  thinking?: 'adaptive' | 'budget' | 'both' | undefined;
}

/** What a request is encoded for. */
export interface EncodeTarget {
  /** The model's name at the vendor. */
  upstreamModel: string;
  /** Output limit to use when the caller gave none; absent when the protocol can leave it out. */
  maxOutputTokens?: number | undefined;
  quirks: WireQuirks;
  /** Issuer name whose thinking signatures may be replayed to this target. */
  issuer: string;
}

/** A request in the words of one protocol, for one upstream. */
export interface EncodedRequest {
  body: JsonObject;
  /** What this protocol could not carry, in words for the caller; each begins with the field's wire name. */
  warnings: string[];
  /**
   * Tool names that had to be written differently: the caller's own by the one sent. The answer's calls are given
   * their own names back. Absent or empty: every name went over as it is.
   */
  toolNames?: ReadonlyMap<string, string> | undefined;
}

/** A request that any protocol can be asked to encode. */
export interface PortableRequest {
  request: CompletionRequest;
  /** What was left behind, in words for the caller; each begins with the field's wire name. */
  warnings: string[];
}

/** Turns an upstream stream into events. One instance per call. */
export interface StreamDecoder {
  push(event: SseEvent): CompletionEvent[];
  /** The upstream closed. A stream without its terminator answers with an `error` event. */
  end(): CompletionEvent[];
  /** The answer is complete, although the upstream goes on: nothing further of it is wanted. Absent: never before its end. */
  readonly isComplete?: boolean;
  /** The upstream has ended its answer: what its connection does from here on changes nothing. Absent: not known before its end. */
  readonly hasEnded?: boolean;
}

/** Turns events into the wire text of a client stream. One instance per call. */
export interface StreamEncoder {
  /** May be "" when the event shows nothing. */
  push(event: CompletionEvent): string;
  /**
   * The source ended well: what closes the stream (finish, usage, terminator), once. Not called after a
   * failure: `encodeStreamError` ends such a stream instead.
   */
  end(): string;
  /** Ends a stream which has begun with a failure; absent: `encodeStreamError` does, which knows nothing of it. */
  fail?(error: FaregateError): string;
}

/** One upstream event, seen twice: as events for metering and as wire text for the client. */
export interface RelayedChunk {
  events: CompletionEvent[];
  /** Text for the client; "" when there is nothing to send. */
  text: string;
}

/**
 * Carries a stream from upstream to client: verbatim, or decoded and encoded. One instance per call. What tells a client that
 * the answer is over comes out of `end` alone, because the call is settled first.
 */
export interface StreamRelay {
  push(event: SseEvent): RelayedChunk;
  end(): RelayedChunk;
  /** As StreamDecoder.isComplete. */
  readonly isComplete?: boolean;
  /** As StreamDecoder.hasEnded. */
  readonly hasEnded?: boolean;
  /** It writes into a stream that goes on after it, so nothing it wrote may be left out. Absent: it does not. */
  readonly isPart?: boolean;
  /** As StreamEncoder.fail; undefined where the encoder has none. */
  fail?(error: FaregateError): string | undefined;
}

/** Top-level changes to the caller's own request bytes. */
export interface RequestChanges {
  /** Members to set, as JSON text by name. */
  set: Record<string, string>;
  /** Members to leave out. */
  remove: string[];
  /** What could not be carried over as it was, in words for the caller. */
  warnings?: string[] | undefined;
}

/**
 * Same protocol on both sides: the bytes go through; only what the gateway adds or takes away by design is changed (the
 * model's name, the price, routing fields).
 */
export interface Passthrough {
  /** Changes this protocol needs; `own` is the caller's own body, for changes inside its members. */
  requestChanges(request: CompletionRequest, target: EncodeTarget, own: ObjectText): RequestChanges;
  /** The upstream's whole answer for the client, and the same answer decoded for metering. */
  response(
    text: string,
    identity: ResponseIdentity,
    quirks?: WireQuirks,
  ): { body: string; result: CompletionResult };
  stream(identity: ResponseIdentity, quirks?: WireQuirks): StreamRelay;
}

/** What an upstream said when it refused, in the inner language. */
export interface UpstreamErrorBody {
  message: string;
  /** The vendor's word: "invalid_request_error", "overloaded_error". */
  type?: string | undefined;
  code?: string | undefined;
  param?: string | undefined;
  /** HTTP status that the body itself names; a vendor may send it with 200, or inside a stream. */
  status?: number | undefined;
}

/** What an endpoint's path may depend on (Gemini names model and manner in its path). */
export interface UpstreamCall {
  /** The model's name at the vendor. */
  model: string;
  streamed: boolean;
}

/** A wire language: the same object serves clients and upstreams that speak it. */
export interface Protocol {
  name: ProtocolName;
  /** Path (and query) of the endpoint below an upstream's base URL, which ends with the version: "/v1", "/v1beta". */
  upstreamPath(call: UpstreamCall): string;
  /** Request headers of the caller that an upstream of the same protocol may see. */
  forwardedHeaders: readonly string[];
  /** Headers every upstream call of this protocol needs. */
  fixedHeaders: Readonly<Record<string, string>>;
  /** Media type of a streamed answer. Default: an event stream. */
  streamContentType?: string | undefined;
  /** Top-level wire field of what the model is given; an encoder that refuses a part of it names it by this. */
  inputField: string;
  /**
   * Names of fields in warnings that callers of this protocol know otherwise: theirs by the one that an encoder uses, with
   * "input." before a part of the input, whichever field that is. Absent: all are the same.
   */
  fieldNames?: Readonly<Record<string, string>> | undefined;
  /** Whether a request must carry a token limit (Anthropic Messages). */
  requiresMaxTokens: boolean;
  /** Whether an upstream of this protocol stops at all of these by itself; absent: it knows no stop sequences. */
  canStopAt?(sequences: readonly string[]): boolean;
  /** Whether one call can give several answers (chat `n`); else each answer is a call of its own. */
  givesSeveralAnswers: boolean;
  /** Issuer name of the signatures that this protocol's owner makes. */
  issuer: string;
  /** Top-level wire fields behind each parameter, so that a verbatim body can lose them too. */
  parameterFields: Partial<Record<ParameterName, readonly string[]>>;
  /** Wire name(s) of the output token limit. */
  maxTokensFields: readonly string[];
  /** Checks types and ranges (400 naming the field) and reads the request. Throws FaregateError. */
  decodeRequest(body: JsonObject, profile: CompatibilityProfile): CompletionRequest;
  /**
   * A request of a caller of this protocol without what only this protocol understands, for an upstream that speaks
   * another. Throws 400 for what must not be ignored. Absent: only `ownFields` are left behind.
   */
  portable?(request: CompletionRequest): PortableRequest;
  /** Throws FaregateError when the request asks for what this protocol cannot do and must not ignore. */
  encodeRequest(request: CompletionRequest, target: EncodeTarget): EncodedRequest;
  /**
   * Throws FaregateError of kind `upstream` when the body is not an answer. `issuer` signed what carries no other
   * name; absent means the protocol's owner.
   */
  decodeResponse(body: JsonObject, quirks?: WireQuirks, issuer?: string): CompletionResult;
  encodeResponse(result: CompletionResult, identity: ResponseIdentity): JsonObject;
  /** `issuer` as of decodeResponse. */
  streamDecoder(quirks?: WireQuirks, issuer?: string): StreamDecoder;
  streamEncoder(identity: ResponseIdentity): StreamEncoder;
  passthrough: Passthrough;
  /** How clients of this protocol are told of searches that the gateway ran; absent: it cannot tell, and runs none. */
  search?: SearchWords | undefined;
  /** Public error body and status of this protocol. */
  encodeError(error: FaregateError, requestId: string): { status: number; body: JsonObject };
  /** Wire text of a sign of life in a silent stream. Absent: a comment, which every reader passes over. */
  keepAlive?: string | undefined;
  /** Wire text that ends a stream which has begun. */
  encodeStreamError(error: FaregateError, requestId: string): string;
  decodeError(body: string): UpstreamErrorBody;
}
