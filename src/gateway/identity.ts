import { shortId } from '../core/ids.js';
import type { ProtocolName } from '../protocols/completion.js';

/** The id of an answer in the form its protocol's clients expect (statements 12 and 25). */
export function answerId(protocol: ProtocolName, requestId: string, createdAt: number): string {
  switch (protocol) {
    case 'openai-chat':
      return `gen-${createdAt}-${shortId(requestId)}`;
    case 'anthropic-messages':
      return `msg_${shortId(requestId)}`;
    case 'openai-responses':
      return `resp_${shortId(requestId)}`;
    case 'openai-embeddings':
    case 'google-gemini':
      return shortId(requestId);
  }
}
