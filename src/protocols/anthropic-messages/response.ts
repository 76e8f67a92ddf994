import { FaregateError } from '../../core/errors.js';
import { asObject, asString, type JsonObject, type JsonValue } from '../../core/json.js';
import type { CompletionChoice, CompletionResult, ContentPart } from '../completion.js';
import type { ResponseIdentity } from '../protocol.js';
import { decodeAnswerBlocks } from './content-decode.js';
import { encodeRedacted, encodeText, encodeThinking, encodeToolUse } from './content-encode.js';
import { costMembers } from '../usage-cost.js';
import { decodeFinishReason, encodeStopReason, endingOf } from './finish-reason.js';
import { toWireId } from './tool-ids.js';
import { decodeUsage, encodeUsage } from './usage.js';
import { compact } from './wire.js';

/** Reads a whole answer. Throws FaregateError of kind `upstream` when the body is not a message. */
export function decodeResponse(body: JsonObject): CompletionResult {
  if (body['type'] !== 'message' || !Array.isArray(body['content'])) {
    throw new FaregateError('upstream', 'The upstream sent something that is not an answer', {
      internal: body['type'],
    });
  }
  const choice = compact<CompletionChoice>({
    content: [...decodeAnswerBlocks(body['content']), ...decodeRefusal(body['stop_details'])],
    finishReason: decodeFinishReason(body['stop_reason']),
    stopSequence: asString(body['stop_sequence']),
  });
  return compact<CompletionResult>({
    id: asString(body['id']),
    model: asString(body['model']),
    choices: [choice],
    usage: decodeUsage(asObject(body['usage']) ?? {}),
  });
}

/** `stop_details` of a refusal → a refusal part with the vendor's explanation; nothing when it gives none. */
export function decodeRefusal(details: JsonValue | undefined): Extract<ContentPart, { type: 'refusal' }>[] {
  const explanation = asString(asObject(details)?.['explanation']);
  return explanation === undefined ? [] : [{ type: 'refusal', text: explanation }];
}

export const refusalDetails = (explanation: string): JsonObject => ({
  type: 'refusal',
  category: null,
  explanation,
});

/** One part of an answer as a block. Parts that an answer of this protocol has no block for show nothing. */
function encodePart(part: ContentPart): JsonObject[] {
  if (part.type === 'text') return encodeText(part);
  if (part.type === 'thinking') return [encodeThinking(part)];
  if (part.type === 'redacted-thinking') return [encodeRedacted(part)];
  if (part.type === 'tool-call') return [encodeToolUse(part, toWireId(part.id))];
  return part.type === 'opaque' && part.protocol === 'anthropic-messages' ? [part.raw] : [];
}

/**
 * Writes the first choice as a message; `stop_sequence` is always there, null when unused. Foreign tool ids
 * are escaped. The price is in `usage` as the caller's profile shows it.
 */
export function encodeResponse(result: CompletionResult, identity: ResponseIdentity): JsonObject {
  const choice = result.choices[0] ?? { content: [], finishReason: 'other' as const };
  const refusals = choice.content.filter((part) => part.type === 'refusal');
  const stopReason = encodeStopReason(endingOf(choice));
  const usage = encodeUsage(result.usage);
  for (const [name, text] of Object.entries(costMembers(result.usage, identity))) {
    usage[name] = JSON.parse(text) as JsonValue;
  }
  return compact<JsonObject>({
    id: identity.id,
    type: 'message',
    role: 'assistant',
    model: identity.model,
    content: choice.content.flatMap(encodePart),
    stop_reason: stopReason,
    stop_sequence: stopReason === 'stop_sequence' ? (choice.stopSequence ?? null) : null,
    stop_details:
      refusals.length === 0 ? undefined : refusalDetails(refusals.map((part) => part.text).join('')),
    usage,
  });
}
