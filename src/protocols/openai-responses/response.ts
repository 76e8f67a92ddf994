import { FaregateError } from '../../core/errors.js';
import { asString, isObject, withMembers, type JsonObject } from '../../core/json.js';
import type { CompletionChoice, CompletionResult } from '../completion.js';
import type { ResponseIdentity, WireQuirks } from '../protocol.js';
import { envelope } from './envelope.js';
import { decodeFinishReason, encodeFinishReason } from './finish-reason.js';
import { decodeLogprobs, decodeOutput } from './output-decode.js';
import { OutputEncoder } from './output-encode.js';
import { ClientTools } from './client-tools.js';
import { encodeUsage, usageOf } from './usage.js';
import { compact } from './wire.js';

/** Statuses of a response that holds no answer: it failed, or was never finished. */
const UNANSWERED = ['failed', 'cancelled', 'queued', 'in_progress'];

/**
 * Reads a whole answer; `issuer` signed its reasoning (default OpenAI). Throws FaregateError of kind `upstream` when
 * the response failed or the body is none.
 */
export function decodeResponse(body: JsonObject, _quirks?: WireQuirks, issuer?: string): CompletionResult {
  if (isObject(body['error']) || UNANSWERED.includes(asString(body['status']) ?? '')) {
    throw new FaregateError('upstream', 'The upstream reported an error', {
      internal: body['error'] ?? body['status'],
    });
  }
  if (!Array.isArray(body['output'])) {
    throw new FaregateError('upstream', 'The upstream sent something that is not a completion', {
      internal: body['object'],
    });
  }
  const content = decodeOutput(body, issuer);
  const hasCalls = content.some((part) => part.type === 'tool-call');
  return compact<CompletionResult>({
    id: asString(body['id']),
    model: asString(body['model']),
    choices: [
      compact<CompletionChoice>({
        content,
        finishReason: decodeFinishReason(body, hasCalls),
        logprobs: decodeLogprobs(body['output']),
      }),
    ],
    usage: usageOf(body),
  });
}

/** Writes the first choice as a response; this protocol has one. */
export function encodeResponse(result: CompletionResult, identity: ResponseIdentity): JsonObject {
  const choice = result.choices[0] ?? { content: [], finishReason: 'other' as const };
  const ending = encodeFinishReason(choice.finishReason);
  const names = new ClientTools(identity.source?.['tools']);
  const encoder = new OutputEncoder(identity.id, names, choice.logprobs);
  const output = encoder.encode(choice.content, ending.status);
  return envelope(identity, withMembers(ending, { output, usage: encodeUsage(result.usage, identity) }));
}
