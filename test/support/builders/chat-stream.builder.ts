import type { JsonObject, JsonValue } from '../../../src/core/json.js';

/** A chunk of choice 0 as OpenAI writes it; `more` goes on the top level. */
export const chunk = (delta: JsonObject, more: JsonObject = {}): JsonObject => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-x',
  choices: [{ index: 0, delta, finish_reason: null }],
  ...more,
});

/** A chunk whose choices are given whole. */
export const choicesChunk = (choices: JsonValue[], more: JsonObject = {}): JsonObject =>
  chunk({}, { ...more, choices });

/** A finish chunk of choice 0. */
export const finishChunk = (reason: string, delta: JsonObject = {}, more: JsonObject = {}): JsonObject =>
  choicesChunk([{ index: 0, delta, finish_reason: reason }], more);

/** An extra chunk that only carries usage. */
export const usageChunk = (usage: JsonObject): JsonObject => choicesChunk([], { usage });

/** A tool delta in a chunk of choice 0. */
export const toolChunk = (...calls: JsonObject[]): JsonObject => chunk({ tool_calls: calls });

/** Wire text of chunks, without a terminator. */
export const openWire = (...chunks: JsonObject[]): string =>
  chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('');

/** Wire text of chunks, with the terminator. */
export const wire = (...chunks: JsonObject[]): string => `${openWire(...chunks)}data: [DONE]\n\n`;
