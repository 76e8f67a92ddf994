import type { ErrorKind } from '../core/errors.js';
import type { JsonObject, JsonValue } from '../core/json.js';
import type { TokenUsage } from '../core/token-usage.js';

/**
 * The inner language: one request, one result, one stream of events, that every wire protocol is decoded
 * into and encoded from. A field that is absent was not said by the caller or the upstream.
 */

/** The wire languages, by the endpoint that speaks each. */
export type ProtocolName =
  'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'google-gemini' | 'openai-embeddings';

/** A prompt-cache breakpoint (Anthropic `cache_control`). */
export interface CacheControl {
  /** Lifetime asked for; absent means the vendor's default of five minutes. */
  ttl?: '5m' | '1h' | undefined;
}

/** Where the bytes of an image or document are. URLs are passed on, never fetched. */
export type MediaSource =
  | { kind: 'base64'; mediaType: string; data: string }
  | { kind: 'url'; url: string }
  | { kind: 'file'; id: string };

/** Text, of either side. */
export interface TextPart {
  type: 'text';
  text: string;
  /** Citations in the wire form of the protocol that produced them. */
  citations?: JsonValue[] | undefined;
  cacheControl?: CacheControl | undefined;
}

/** An image that the caller shows, or that a tool answered with. */
export interface ImagePart {
  type: 'image';
  source: MediaSource;
  /** OpenAI's resolution hint: auto, low, high. */
  detail?: string | undefined;
  cacheControl?: CacheControl | undefined;
}

/** A document, PDF or text, that the caller gives the model to read. */
export interface DocumentPart {
  type: 'document';
  source: MediaSource | { kind: 'text'; text: string } | { kind: 'parts'; parts: (TextPart | ImagePart)[] };
  /** File name or title. */
  title?: string | undefined;
  /** Words about the document that are not to be cited. */
  context?: string | undefined;
  /** Whether the model shall cite the document. */
  citationsEnabled?: boolean | undefined;
  cacheControl?: CacheControl | undefined;
}

/** Sound that the caller sends. */
export interface AudioPart {
  type: 'audio';
  /** "wav", "mp3". */
  format: string;
  /** Base64. */
  data: string;
}

/** Who signed a thinking block; a signature is only ever sent back to its own issuer. */
export interface ThinkingSignature {
  /** Protocol family that issued it: "anthropic", "openai", "google", or a vendor's name. */
  issuer: string;
  value: string;
}

/** What the model thought before it answered, as far as its vendor shows it. */
export interface ThinkingPart {
  type: 'thinking';
  /** May be "" while a signature is present (thinking shown to nobody): such a part must be kept. */
  text: string;
  signature?: ThinkingSignature | undefined;
}

/** Thinking that its vendor encrypted: `data` means nothing but to `issuer`, and must go back to it unchanged. */
export interface RedactedThinkingPart {
  type: 'redacted-thinking';
  data: string;
  issuer: string;
}

/** The model calls a tool of the caller. */
export interface ToolCallPart {
  type: 'tool-call';
  id: string;
  name: string;
  /** The arguments as JSON text, exactly as the model wrote them ("{}" when it wrote none). */
  arguments: string;
  /** Signature that some vendors put on the call itself (Gemini `thoughtSignature`). */
  signature?: ThinkingSignature | undefined;
  cacheControl?: CacheControl | undefined;
}

/** What the caller's tool answered to the call `callId`. */
export interface ToolResultPart {
  type: 'tool-result';
  callId: string;
  content: (TextPart | ImagePart | DocumentPart | OpaquePart)[];
  /** Only Anthropic Messages can say it; other encoders write it into the text. */
  isError?: boolean | undefined;
  cacheControl?: CacheControl | undefined;
}

/** Words in which the model declined to answer. */
export interface RefusalPart {
  type: 'refusal';
  text: string;
}

/** A block that only its own protocol understands (server tools and the like), kept as it came. */
export interface OpaquePart {
  type: 'opaque';
  protocol: ProtocolName;
  raw: JsonObject;
}

/** What a turn is made of. */
export type ContentPart =
  | TextPart
  | ImagePart
  | DocumentPart
  | AudioPart
  | ThinkingPart
  | RedactedThinkingPart
  | ToolCallPart
  | ToolResultPart
  | RefusalPart
  | OpaquePart;

/**
 * One turn. `system` may stand anywhere. `tool` holds tool-result parts only: one message answers all calls
 * of the assistant turn before it.
 */
export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: ContentPart[];
  /** True when a system message came as OpenAI's `developer` role. */
  developer?: boolean | undefined;
  /** Participant name (OpenAI `name`). */
  name?: string | undefined;
}

/**
 * A tool that the model may call: a function of the caller, or one that a vendor runs (`server`), kept as it was
 * declared.
 */
export type ToolDefinition =
  | {
      kind: 'function';
      name: string;
      description?: string | undefined;
      /** JSON Schema, key order untouched. Absent: a function without parameters. */
      parameters?: JsonObject | undefined;
      /** Whether arguments must follow the schema; absent: as the vendor does. */
      strict?: boolean | undefined;
      cacheControl?: CacheControl | undefined;
      /** Fields of the declaring protocol that the inner language has no word for. */
      extra?: JsonObject | undefined;
    }
  | { kind: 'server'; protocol: ProtocolName; raw: JsonObject };

/**
 * Which tools may be called. `allowed` narrows `auto` and `required` to some of the declared ones (Chat and Responses
 * `allowed_tools`, Gemini `allowedFunctionNames`); absent means every one.
 */
export type ToolChoice =
  | { kind: 'auto' | 'required'; allowed?: readonly string[] | undefined }
  | { kind: 'none' }
  | { kind: 'tool'; name: string };

/** How much the model shall think, as far as the caller said; what is absent is left to the vendor. */
export interface ReasoningRequest {
  /** Absent: the caller only gave an effort. */
  mode?: 'enabled' | 'disabled' | 'adaptive' | undefined;
  /** "none", "minimal", "low", "medium", "high", "xhigh", "max". */
  effort?: string | undefined;
  /** Tokens that thinking may take at most. */
  budgetTokens?: number | undefined;
  /** Whether thinking text is shown: "summarized", "omitted". */
  display?: string | undefined;
}

/** The form that the text of the answer must have. */
export type ResponseFormat =
  | { kind: 'text' }
  | { kind: 'json-object' }
  | {
      kind: 'json-schema';
      name: string;
      schema: JsonObject;
      strict?: boolean | undefined;
      description?: string | undefined;
    };

/** Names of the optional parameters, as `supported_parameters` and warnings use them. */
export const PARAMETERS = [
  'temperature',
  'topP',
  'topK',
  'minP',
  'topA',
  'frequencyPenalty',
  'presencePenalty',
  'repetitionPenalty',
  'seed',
  'stop',
  'logitBias',
  'logprobs',
  'topLogprobs',
  'choiceCount',
  'tools',
  'toolChoice',
  'parallelToolCalls',
  'responseFormat',
  'reasoning',
  'verbosity',
  'user',
  'metadata',
] as const;

/** One of the optional parameters. */
export type ParameterName = (typeof PARAMETERS)[number];

/** What a caller asks, in the inner language. A parameter that is absent was not given: the vendor's default holds. */
export interface CompletionRequest {
  /** As the caller wrote it; the catalogue resolves aliases. */
  model: string;
  messages: Message[];
  stream: boolean;
  /** Upper bound on output tokens, reasoning included. */
  maxOutputTokens?: number | undefined;
  temperature?: number | undefined;
  topP?: number | undefined;
  topK?: number | undefined;
  minP?: number | undefined;
  topA?: number | undefined;
  frequencyPenalty?: number | undefined;
  presencePenalty?: number | undefined;
  repetitionPenalty?: number | undefined;
  seed?: number | undefined;
  /** Sequences at which the text ends, themselves left out. */
  stop?: string[] | undefined;
  /** Stop sequences that who serves cannot keep, so that the gateway does; never sent. */
  stopAtGateway?: string[] | undefined;
  logitBias?: JsonObject | undefined;
  logprobs?: boolean | undefined;
  topLogprobs?: number | undefined;
  /** How many answers are wanted (OpenAI `n`); absent means one. */
  choiceCount?: number | undefined;
  tools?: ToolDefinition[] | undefined;
  toolChoice?: ToolChoice | undefined;
  parallelToolCalls?: boolean | undefined;
  responseFormat?: ResponseFormat | undefined;
  reasoning?: ReasoningRequest | undefined;
  verbosity?: string | undefined;
  /** Pseudonymous end-user id. */
  user?: string | undefined;
  metadata?: JsonObject | undefined;
  /** An earlier response that the caller wants continued; nothing is kept, so it never is (statements 35, 36). */
  previousResponseId?: string | undefined;
  /** The request as the caller wrote it, where the protocol's answers repeat it (Responses). */
  source?: JsonObject | undefined;
  /** Whether the caller asked for a usage chunk (chat `stream_options.include_usage`). */
  includeUsage?: boolean | undefined;
  /** Chat `stream_options` as they came, so that the gateway can add to them. */
  streamOptions?: JsonObject | undefined;
  /** True when each message is read by itself, so that the context window bounds each alone (embeddings). */
  readsEachAlone?: boolean | undefined;
  /**
   * True when the messages use a form that vendors of the same protocol refuse (Octen's `image` part, one turn's
   * calls in several Gemini contents): a verbatim body then needs its messages written anew.
   */
  rewriteMessages?: boolean | undefined;
  /** True when the tools are not those of the caller's body (the gateway runs one of them itself). */
  replacesTools?: boolean | undefined;
  /** The same of the messages: results were added, or earlier searches put another way. */
  replacesMessages?: boolean | undefined;
  /**
   * Top-level wire members of the caller's own protocol that mean something and that the inner language has no word for
   * (`prompt_cache_key`, `context_management`). They go through where both sides speak that protocol and are named in a
   * warning where they do not. Absent: none.
   */
  ownFields?: string[] | undefined;
  /** True when the caller declared its tools as Chat's older `functions` and reads the call in `function_call`. */
  legacyFunctions?: boolean | undefined;
  /** Fields for the router: preference, allowed_providers and the like; never sent upstream. */
  routing: JsonObject;
  /**
   * Notes for the caller that decoding already found (a tool choice without tools, and so on). Like every warning each
   * begins with the wire name of the field it is about.
   */
  warnings: string[];
}

/**
 * Why an answer ended. pause: the vendor broke off a turn of its own tools, to be continued by the caller. other: a
 * word that is not known.
 */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'pause' | 'error' | 'other';

/** One answer of a call; its parts stand in the order in which they were made. */
export interface CompletionChoice {
  content: ContentPart[];
  finishReason: FinishReason;
  /** The stop sequence that ended the text, when the upstream says which. */
  stopSequence?: string | undefined;
  /** Chat's `logprobs` object as it came. */
  logprobs?: JsonValue | undefined;
}

/** A whole answer. There is always at least one choice. */
export interface CompletionResult {
  /** The upstream's own id of this answer. */
  id?: string | undefined;
  /** The upstream's own name of the model. */
  model?: string | undefined;
  choices: CompletionChoice[];
  usage: TokenUsage;
}

/** A failure that an upstream reported inside a stream, or the cut of one. */
export interface StreamFailure {
  kind: ErrorKind;
  message: string;
  /** The vendor's own word for it, for the log: "overloaded_error". */
  vendorType?: string | undefined;
  /** The vendor's machine-readable code: "context_length_exceeded". */
  code?: string | undefined;
  /** HTTP status that the vendor would have sent, when it says so. */
  status?: number | undefined;
}

/**
 * A streamed answer. Every block has a number, unique and rising within the stream; a block starts once, ends
 * once, and `finish` comes after every block has ended. `choice` is absent for choice 0. `usage` may come more
 * than once; a later report replaces an earlier one class by class.
 */
export type CompletionEvent =
  | { type: 'start'; id?: string | undefined; model?: string | undefined }
  | { type: 'text-start'; block: number; choice?: number | undefined }
  | { type: 'text-delta'; block: number; text: string; logprobs?: JsonValue | undefined }
  | { type: 'text-end'; block: number }
  | { type: 'citation'; block: number; citation: JsonValue }
  | { type: 'refusal-delta'; text: string; choice?: number | undefined }
  | { type: 'thinking-start'; block: number; choice?: number | undefined }
  | { type: 'thinking-delta'; block: number; text: string }
  | { type: 'thinking-signature'; block: number; signature: ThinkingSignature }
  | { type: 'thinking-end'; block: number }
  | {
      type: 'redacted-thinking';
      block: number;
      data: string;
      issuer: string;
      choice?: number | undefined;
    }
  | {
      type: 'tool-start';
      block: number;
      id: string;
      name: string;
      choice?: number | undefined;
      /** The call's signature, where the upstream gives it before the arguments; else it is in `tool-end`. */
      signature?: ThinkingSignature | undefined;
    }
  | { type: 'tool-delta'; block: number; text: string }
  | { type: 'tool-end'; block: number; signature?: ThinkingSignature | undefined }
  | {
      type: 'opaque-block';
      block: number;
      protocol: ProtocolName;
      raw: JsonObject;
      choice?: number | undefined;
    }
  /** `estimated`: made by the gateway from what it saw, because the upstream was cancelled before it reported. */
  | { type: 'usage'; usage: TokenUsage; estimated?: true }
  | {
      type: 'finish';
      reason: FinishReason;
      stopSequence?: string | undefined;
      choice?: number | undefined;
    }
  | { type: 'error'; failure: StreamFailure };
