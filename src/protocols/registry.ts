import { anthropicMessages } from './anthropic-messages/index.js';
import type { ProtocolName } from './completion.js';
import { googleGemini } from './google-gemini/index.js';
import { openaiEmbeddings } from './openai-embeddings/index.js';
import { openaiChat } from './openai-chat/index.js';
import { openaiResponses } from './openai-responses/index.js';
import { invalidRequest } from '../core/errors.js';
import type { Protocol } from './protocol.js';

/** Every wire language the gateway speaks. A new one is a folder and a line here. */
export const PROTOCOLS: readonly Protocol[] = [openaiChat, openaiResponses, anthropicMessages, googleGemini];

const BY_NAME = new Map<ProtocolName, Protocol>(PROTOCOLS.map((protocol) => [protocol.name, protocol]));

/**
 * What an upstream of this protocol is spoken to for a caller of another. Embeddings are no protocol of an upstream but
 * an endpoint of OpenAI's family. Throws 400 where there is none.
 */
export function speakerFor(client: Protocol, upstream: ProtocolName): Protocol {
  if (client !== openaiEmbeddings) return getProtocol(upstream);
  if (upstream === 'openai-chat' || upstream === 'openai-responses') return openaiEmbeddings;
  throw invalidRequest('This model makes no embeddings', 'model');
}

/** The protocol of a name. Throws when there is none; the admin API lets no such provider into the catalogue. */
export function getProtocol(name: ProtocolName): Protocol {
  const protocol = BY_NAME.get(name);
  if (!protocol) throw new Error(`the protocol "${name}" is not spoken here`);
  return protocol;
}
