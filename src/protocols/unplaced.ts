import type { CompletionRequest, ContentPart } from './completion.js';
import { dropped } from './warnings.js';

/** What callers are told of a cache mark where a vendor knows none. */
export const UNMARKED = dropped('cache_control', "this model's provider caches as it sees fit");

const NOT_TAKEN = "this model's provider does not take it";

/** A last turn of the model's is continued by Messages, and the beginning of another answer elsewhere (mapping row 7). */
export const ANSWERED = 'messages: the last assistant message is answered, not continued, by this model';

function withInner(part: ContentPart): readonly ContentPart[] {
  if (part.type === 'tool-result') return [part, ...part.content.flatMap(withInner)];
  if (part.type === 'document' && part.source.kind === 'parts') return [part, ...part.source.parts];
  return [part];
}

/**
 * What a request says of its messages and tools that an upstream without cache marks, citations of documents and names of
 * participants (Responses, Gemini) cannot be told, in words for the caller. Their text and media still go over.
 */
export function unplaced({ messages, tools = [] }: CompletionRequest): string[] {
  const parts = messages.flatMap(({ content }) => content.flatMap(withInner));
  const isMarked = (part: object): boolean => 'cacheControl' in part && part.cacheControl !== undefined;
  return [
    ...(parts.some(isMarked) || tools.some(isMarked) ? [UNMARKED] : []),
    ...(parts.some((part) => part.type === 'document' && part.citationsEnabled)
      ? [dropped('messages.document.citations', NOT_TAKEN)]
      : []),
    ...(messages.some(({ name }) => name !== undefined) ? [dropped('messages.name', NOT_TAKEN)] : []),
  ];
}
