import { anthropicMessages } from '../protocols/anthropic-messages/index.js';
import { openaiChat } from '../protocols/openai-chat/index.js';
import type { Protocol } from '../protocols/protocol.js';

/** Paths of the customers' endpoints and the protocol each speaks, errors included. */
export const COMPLETION_ROUTES = {
  '/v1/chat/completions': openaiChat,
  '/v1/messages': anthropicMessages,
} as const satisfies Record<string, Protocol>;

/** The protocol whose error shape a path's callers expect. */
export function dialectOf(path: string): Protocol {
  return path.startsWith('/v1/messages') ? anthropicMessages : openaiChat;
}
