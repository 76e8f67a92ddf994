import type { JsonObject, JsonValue } from '../../src/core/json.js';

/** One way in which a vendor streams an answer over Chat, and what a client must read in it. */
export interface VendorShape {
  /** Begins with the mapping row it shows. */
  name: string;
  adapter: string;
  model: string;
  wire: string;
  says: {
    text?: string;
    thinking?: string;
    calls?: { id: string | RegExp; name: string; input: JsonValue }[];
    finish: 'stop' | 'length' | 'tool_calls' | 'content_filter';
    /** Input (cached included), cached, output. */
    usage?: readonly [number, number, number];
  };
}

/** One event. */
export const frame = (data: JsonObject): string => `data: ${JSON.stringify(data)}\n\n`;
/** The terminator. */
export const DONE = 'data: [DONE]\n\n';
/** 30 tokens in, 12 out. */
export const USAGE = { prompt_tokens: 30, completion_tokens: 12, total_tokens: 42 };

/** A chunk with one choice. */
export const chunk = (delta: JsonObject, choice: JsonObject = {}, more: JsonObject = {}): string =>
  frame({
    id: 'chatcmpl-9',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: null, ...choice }],
    ...more,
  });
/** A finish chunk. */
export const finish = (reason: string, choice: JsonObject = {}, more: JsonObject = {}): string =>
  chunk({}, { finish_reason: reason, ...choice }, more);
/** A chunk that only carries usage. */
export const usageOnly = (usage: JsonObject = USAGE): string =>
  frame({
    id: 'chatcmpl-9',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [],
    usage,
  });
/** A tool delta. */
export const tool = (...calls: JsonObject[]): string => chunk({ tool_calls: calls });
/** The first chunk. */
export const ROLE = chunk({ role: 'assistant', content: '' });
/** What most shapes say. */
export const hello = { text: 'Hello', finish: 'stop', usage: [30, 0, 12] } as const;
/** Chunks of text. */
export const texts = (...parts: string[]): string => parts.map((content) => chunk({ content })).join('');
