import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { CompletionRequest } from '../protocols/completion.js';
import type { Media } from '../protocols/media.js';
import type { RouteNeeds } from '../routing/plan-route.js';
import { PUBLIC_NAMES, usedParameters } from './effective-request.js';

/** Tokens are never fewer than this: a text of one byte a token is rare, one of eight is not. */
const BYTES_PER_TOKEN_AT_MOST = 8;
/** Headers with which a caller names the conversation (Claude Code and others send the first). */
const SESSION_HEADERS = ['x-session-id', 'x-faregate-session'];
/** A shorter beginning is cached by no vendor (Anthropic and OpenAI: 1,024 tokens). */
const MIN_PREFIX = 4_096;

/** What a request needs of whoever serves it. */
export function needsOf(request: CompletionRequest, media: Media, bodyBytes: number): RouteNeeds {
  const capabilities: string[] = [];
  if (media.hasImage) capabilities.push('image_input');
  if (media.hasDocument) capabilities.push('document_input');
  return {
    capabilities,
    // Stop sequences are kept by the gateway where nobody else can.
    parameters: usedParameters(request)
      .filter((name) => name !== 'stop')
      .map((name) => ({ name, capability: PUBLIC_NAMES[name] })),
    inputTokens: Math.floor(Math.max(0, bodyBytes - media.bytes) / BYTES_PER_TOKEN_AT_MOST),
    outputTokens: request.maxOutputTokens,
  };
}

/**
 * Which conversation a call belongs to: as its session header or `prompt_cache_key` says, else by the hash of its
 * stable beginning (tools, system and first user turn). Organizations never share one. Absent: too short to be cached.
 */
export function sessionOf(
  organizationId: string,
  request: CompletionRequest,
  given: { headers: IncomingHttpHeaders; promptCacheKey: unknown; bodyBytes: number },
): string | undefined {
  const header = SESSION_HEADERS.map((name) => given.headers[name]).find(
    (value) => typeof value === 'string',
  );
  const named = header ?? (typeof given.promptCacheKey === 'string' ? given.promptCacheKey : undefined);
  if (named !== undefined) return `${organizationId} ${request.model} ${String(named).slice(0, 200)}`;
  if (given.bodyBytes < MIN_PREFIX) return undefined;
  const end = request.messages.findIndex(({ role }) => role === 'user') + 1;
  const stable = JSON.stringify([request.tools ?? [], request.messages.slice(0, Math.max(1, end))]);
  const hash = createHash('sha256').update(stable).digest('base64url');
  return `${organizationId} ${request.model} ${hash}`;
}
