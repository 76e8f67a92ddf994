import type { CompletionRequest } from '../protocols/completion.js';
import { likelyInput, type Media } from '../protocols/media.js';

/** More output than this is reserved for nobody: most answers are shorter, and few callers set a true limit. */
const MAX_RESERVED_OUTPUT = 4_096;

export interface ReservationQuestion {
  request: Pick<CompletionRequest, 'choiceCount'>;
  media: Pick<Media, 'bytes' | 'count'>;
  /** Bytes of the request body. */
  bodyBytes: number;
  /** Output limit in force. */
  maxOutputTokens: number;
}

/**
 * Tokens that a call reserves of its limits until it ends: a likely figure, not an upper bound. What it used above or
 * below that is counted when it ends.
 */
export function tokensToReserve(question: ReservationQuestion): number {
  const { request, media, bodyBytes, maxOutputTokens } = question;
  const output = Math.min(maxOutputTokens * (request.choiceCount ?? 1), MAX_RESERVED_OUTPUT);
  return likelyInput(bodyBytes, media) + output;
}
