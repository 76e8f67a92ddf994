import type { CompletionRequest, ContentPart } from '../protocols/completion.js';

/** Bytes of text that are taken for one token. */
const BYTES_PER_TOKEN = 4;
/** Tokens that an image, a file or a sound is taken for; the call's end brings the true figure. */
const MEDIA_TOKENS = 1_000;
/** More output than this is reserved for nobody: most answers are shorter, and few callers set a true limit. */
const MAX_RESERVED_OUTPUT = 4_096;

export interface ReservationQuestion {
  request: CompletionRequest;
  /** Bytes of the request body. */
  bodyBytes: number;
  /** Output limit in force. */
  maxOutputTokens: number;
}

/**
 * Tokens that a call reserves of its limits until it ends: a likely figure, not an upper bound. What it used above or
 * below that is counted when it ends.
 */
export function tokensToReserve({ request, bodyBytes, maxOutputTokens }: ReservationQuestion): number {
  let [bytes, tokens] = [bodyBytes, 0];
  const visit = (part: ContentPart): void => {
    if (part.type === 'tool-result') part.content.forEach(visit);
    const size = mediaSize(part);
    if (size === undefined) return;
    bytes -= size;
    tokens += MEDIA_TOKENS;
  };
  for (const message of request.messages) message.content.forEach(visit);
  tokens += Math.ceil(Math.max(0, bytes) / BYTES_PER_TOKEN);
  tokens += Math.min(maxOutputTokens * (request.choiceCount ?? 1), MAX_RESERVED_OUTPUT);
  return tokens;
}

/** Bytes that a part which is not text has in the body; undefined for text. */
function mediaSize(part: ContentPart): number | undefined {
  if (part.type === 'audio') return part.data.length;
  if (part.type !== 'image' && part.type !== 'document') return undefined;
  const { source } = part;
  if (source.kind === 'text' || source.kind === 'parts') return undefined;
  return source.kind === 'base64' ? source.data.length : 0;
}
