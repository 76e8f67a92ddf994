import type { JsonObject } from '../../core/json.js';

/** The wire languages the simulator speaks; `other` is any further path. */
export type SimulatedProtocol =
  'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'google-gemini' | 'other';

/** A stretch of the prompt, in the order the model reads it; the prompt cache works on whole segments. */
export interface Segment {
  /** Characters of text. */
  chars: number;
  /** Tokens of images and documents. */
  mediaTokens: number;
  /** Digest of what the segment says. */
  fingerprint: string;
  /** Set when a cache breakpoint follows the segment. */
  cacheTtl?: '5m' | '1h' | undefined;
}

/** An image or document of the last turn. */
export interface Attachment {
  kind: 'image' | 'document';
  /** "image/png"; "url" or "file" when the bytes were not sent. */
  mediaType: string;
  /** Decoded size; absent when the bytes were not sent. */
  bytes?: number | undefined;
}

export interface PromptTool {
  name: string;
  description: string;
  /** JSON Schema of the arguments. */
  schema: JsonObject;
}

/** What the simulated model reads, whichever protocol it came in. */
export interface Prompt {
  protocol: SimulatedProtocol;
  model: string;
  /** The last thing the user said; empty when the last turn holds no text. */
  lastText: string;
  /** Tool results of the last turn. */
  toolResults: { name: string; text: string; isError: boolean }[];
  attachments: Attachment[];
  tools: PromptTool[];
  toolChoice: { mode: 'auto' | 'none' | 'required'; name?: string | undefined };
  parallelCalls: boolean;
  /** Reasoning was asked for. */
  thinks: boolean;
  /** Reasoning is counted but its text is not shown. */
  hidesThinking: boolean;
  /** Structured output: a schema, or any JSON object. */
  format?: { schema: JsonObject } | 'json_object' | undefined;
  stop: string[];
  /** Absent means no limit. */
  maxTokens?: number | undefined;
  choiceCount: number;
  /** Alternatives per token; absent when no log probabilities were asked for. */
  topLogprobs?: number | undefined;
  streamed: boolean;
  /** Chat only: `stream_options.include_usage`. */
  usageInStream: boolean;
  segments: Segment[];
}
