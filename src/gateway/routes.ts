import type { IncomingHttpHeaders } from 'node:http';
import { isGooglePath } from '../platform/http/google-paths.js';
import { anthropicMessages } from '../protocols/anthropic-messages/index.js';
import { googleGemini } from '../protocols/google-gemini/index.js';
import { openaiEmbeddings } from '../protocols/openai-embeddings/index.js';
import { openaiChat } from '../protocols/openai-chat/index.js';
import { openaiResponses } from '../protocols/openai-responses/index.js';
import type { Protocol } from '../protocols/protocol.js';

/** Paths of the customers' endpoints and the protocol each speaks, errors included. */
export const COMPLETION_ROUTES = {
  '/v1/chat/completions': openaiChat,
  '/v1/messages': anthropicMessages,
  '/v1/responses': openaiResponses,
  '/v1/embeddings': openaiEmbeddings,
} as const satisfies Record<string, Protocol>;

/** Path template of a customers' endpoint, for logs and metrics: one of few, whatever the caller wrote. */
export function routeOf(url: string): string {
  const path = url.split('?', 1)[0] ?? '';
  if (Object.hasOwn(COMPLETION_ROUTES, path)) return path;
  if (isGooglePath(path) && path.includes('/models/')) return '/v1beta/models/{model}';
  if (path === '/v1/messages/count_tokens') return path;
  return path === '/v1/models' || path.startsWith('/v1/models/') ? '/v1/models' : 'other';
}

/** The protocol whose error shape a path's callers expect; that of the models goes by their headers, as the answers do. */
export function dialectOf(path: string, headers: IncomingHttpHeaders): Protocol {
  if (isGooglePath(path)) return googleGemini;
  if (path.startsWith('/v1/messages')) return anthropicMessages;
  return routeOf(path) === '/v1/models' && readsAnthropic(headers) ? anthropicMessages : openaiChat;
}

/** Whether the caller of a route that several vendors have reads Anthropic's shape of it. */
export const readsAnthropic = (headers: IncomingHttpHeaders): boolean =>
  headers['anthropic-version'] !== undefined;
