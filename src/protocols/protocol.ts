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
   * Price of a usage in USD as a decimal text; undefined when the usage is incomplete. For a part of a call,
   * `whole` is the usage of the call: it decides which price tier applies.
   */
  costOf: (usage: TokenUsage, whole?: TokenUsage) => string | undefined;
  /** Estimated input tokens, shown where a stream must name a count before the upstream does. */
  inputEstimate?: number | undefined;
}

/** Wire differences between vendors of one protocol, as data. Absent means "as the protocol's owner does". */
export interface WireQuirks {
  /** Role for instructions that the vendor understands. Default: `developer` stays, `system` stays. */
  systemRole?: 'system' | 'developer' | undefined;
  /** Name of the output limit on chat. Default `max_completion_tokens`. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens' | undefined;
  /** Whether `stream_options.include_usage` may be sent. Default true. */
  streamUsage?: boolean | undefined;
  /** Where assistant reasoning of earlier turns goes on chat. Default: dropped. */
  reasoningHistory?: 'reasoning_content' | 'reasoning' | 'drop' | undefined;
  /** How a chat vendor takes a reasoning request. Default `reasoning_effort` (OpenAI); `reasoning`: OpenRouter's object. */
  reasoningField?: 'reasoning_effort' | 'reasoning' | undefined;
  /** Whether a chat vendor takes `cache_control` on content parts. Default false. */
  cacheControl?: boolean | undefined;
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

export interface EncodedRequest {
  body: JsonObject;
  /** What this protocol could not carry, in words for the caller. */
  warnings: string[];
}

/** Turns an upstream stream into events. One instance per call. */
export interface StreamDecoder {
  push(event: SseEvent): CompletionEvent[];
  /** The upstream closed. A stream without its terminator answers with an `error` event. */
  end(): CompletionEvent[];
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
}

/** One upstream event, seen twice: as events for metering and as wire text for the client. */
export interface RelayedChunk {
  events: CompletionEvent[];
  /** Text for the client; "" when there is nothing to send. */
  text: string;
}

/** Carries a stream from upstream to client: verbatim, or decoded and encoded. One instance per call. */
export interface StreamRelay {
  push(event: SseEvent): RelayedChunk;
  end(): RelayedChunk;
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

/** Same protocol on both sides: the bytes go through, changed only where the contract says so. */
export interface Passthrough {
  /** Changes this protocol needs to bill a stream (chat: ask for usage). */
  requestChanges(request: CompletionRequest, target: EncodeTarget): RequestChanges;
  /** The upstream's whole answer for the client, and the same answer decoded for metering. */
  response(text: string, identity: ResponseIdentity): { body: string; result: CompletionResult };
  stream(identity: ResponseIdentity): StreamRelay;
}

/** What an upstream said when it refused, in the inner language. */
export interface UpstreamErrorBody {
  message: string;
  /** The vendor's word: "invalid_request_error", "overloaded_error". */
  type?: string | undefined;
  code?: string | undefined;
  param?: string | undefined;
}

/** A wire language: the same object serves clients and upstreams that speak it. */
export interface Protocol {
  name: ProtocolName;
  /** Path of the endpoint below an upstream's base URL (which ends before `/chat/completions`). */
  upstreamPath: string;
  /** Request headers of the caller that an upstream of the same protocol may see. */
  forwardedHeaders: readonly string[];
  /** Headers every upstream call of this protocol needs. */
  fixedHeaders: Readonly<Record<string, string>>;
  /** Whether a request must carry a token limit (Anthropic Messages). */
  requiresMaxTokens: boolean;
  /** Issuer name of the signatures that this protocol's owner makes. */
  issuer: string;
  /** Top-level wire fields behind each parameter, so that a verbatim body can lose them too. */
  parameterFields: Partial<Record<ParameterName, readonly string[]>>;
  /** Wire name(s) of the output token limit. */
  maxTokensFields: readonly string[];
  /** Checks types and ranges (400 naming the field) and reads the request. Throws FaregateError. */
  decodeRequest(body: JsonObject, profile: CompatibilityProfile): CompletionRequest;
  /** Throws FaregateError when the request asks for what this protocol cannot do and must not ignore. */
  encodeRequest(request: CompletionRequest, target: EncodeTarget): EncodedRequest;
  /** Throws FaregateError of kind `upstream` when the body is not an answer. */
  decodeResponse(body: JsonObject): CompletionResult;
  encodeResponse(result: CompletionResult, identity: ResponseIdentity): JsonObject;
  streamDecoder(): StreamDecoder;
  streamEncoder(identity: ResponseIdentity): StreamEncoder;
  passthrough: Passthrough;
  /** Public error body and status of this protocol. */
  encodeError(error: FaregateError, requestId: string): { status: number; body: JsonObject };
  /** Wire text that ends a stream which has begun. */
  encodeStreamError(error: FaregateError, requestId: string): string;
  decodeError(body: string): UpstreamErrorBody;
}
