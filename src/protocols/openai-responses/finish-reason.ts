import { asObject, asString, type JsonObject } from '../../core/json.js';
import type { FinishReason } from '../completion.js';

/** `incomplete_details.reason` in the inner language (mapping row 53). */
const INCOMPLETE: ReadonlyMap<string, FinishReason> = new Map([
  ['max_output_tokens', 'length'],
  ['max_tokens', 'length'],
  ['content_filter', 'content-filter'],
]);

/** How a response ended, by its `status` and what it holds; a word this version does not know is `other`. */
export function decodeFinishReason(response: JsonObject, hasToolCalls: boolean): FinishReason {
  const details = asObject(response['incomplete_details']);
  const reason = asString(details?.['reason']);
  if (reason !== undefined) return INCOMPLETE.get(reason) ?? 'other';
  if (response['status'] === 'incomplete') return 'other';
  return hasToolCalls ? 'tool-calls' : 'stop';
}

/** `status` and `incomplete_details` of an answer. */
export interface ResponseEnding {
  status: 'completed' | 'incomplete';
  incomplete_details: { reason: string } | null;
}

/** A finish reason as the protocol says it; only an answer that was cut short is not complete. */
export function encodeFinishReason(reason: FinishReason): ResponseEnding {
  if (reason === 'length')
    return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
  if (reason === 'content-filter')
    return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };
  return { status: 'completed', incomplete_details: null };
}
