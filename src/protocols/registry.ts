import { anthropicMessages } from './anthropic-messages/index.js';
import type { ProtocolName } from './completion.js';
import { openaiChat } from './openai-chat/index.js';
import type { Protocol } from './protocol.js';

/** Every wire language the gateway speaks. A new one is a folder and a line here. */
export const PROTOCOLS: readonly Protocol[] = [openaiChat, anthropicMessages];

const BY_NAME = new Map<ProtocolName, Protocol>(PROTOCOLS.map((protocol) => [protocol.name, protocol]));

/** The protocol of a name. Throws when there is none; the admin API lets no such provider into the catalogue. */
export function getProtocol(name: ProtocolName): Protocol {
  const protocol = BY_NAME.get(name);
  if (!protocol) throw new Error(`the protocol "${name}" is not spoken here`);
  return protocol;
}
