import { FaregateError } from '../../core/errors.js';
import { asObject, asString, type JsonObject, type JsonValue } from '../../core/json.js';
import type { CompletionChoice, CompletionResult, ContentPart } from '../completion.js';
import type { ResponseIdentity } from '../protocol.js';
import { decodeAnswerBlocks } from './content-decode.js';
import { encodeRedacted, encodeText, encodeThinking, encodeToolUse } from './content-encode.js';
import { costMembers } from '../usage-cost.js';
import { decodeFinishReason, encodeStopReason, endingOf } from './finish-reason.js';
import { ISSUER } from './signature.js';
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

/** `stop_details` of a refusal; the vendor's category is not known here. */
export const refusalDetails = (explanation: string): JsonObject => ({
  type: 'refusal',
  category: null,
  explanation,
});

/** What is said of an answer that the vendor itself broke off. */
export const FAILED_ANSWER = 'The upstream failed while it answered';

/**
 * Whether the last part is only the signature that Google puts behind its last text. Anthropic never ends an answer with
 * a thought, and clients take the last block for the result (Claude Code prints an empty one); Google asks for it
 * back but does without (ai.google.dev/gemini-api/docs/thought-signatures), so it is left out.
 */
function isClosingSeal(part: ContentPart, index: number, all: readonly ContentPart[]): boolean {
  const isLast = index > 0 && index === all.length - 1;
  return (
    isLast && part.type === 'thinking' && part.text === '' && (part.signature?.issuer ?? ISSUER) !== ISSUER
  );
}

/**
 * One part of an answer as blocks. A signature on a call itself (Gemini) goes before it as an empty thought, which
 * clients of this protocol replay untouched (row 41). Parts that an answer of this protocol has no block for
 * show nothing.
 */
function encodePart(part: ContentPart, answer: string): JsonObject[] {
  if (part.type === 'text') return encodeText(part);
  if (part.type === 'thinking') return [encodeThinking(part)];
  if (part.type === 'redacted-thinking') return [encodeRedacted(part)];
  if (part.type === 'tool-call') {
    const use = encodeToolUse(part, toWireId(part.id, { answer }));
    return part.signature
      ? [encodeThinking({ type: 'thinking', text: '', signature: part.signature }), use]
      : [use];
  }
  return part.type === 'opaque' && part.protocol === 'anthropic-messages' ? [part.raw] : [];
}

/**
 * Writes the first choice as a message; `stop_sequence` is always there, null when unused. Foreign tool ids
 * are escaped. The price is in `usage` as the caller's profile shows it.
 */
export function encodeResponse(result: CompletionResult, identity: ResponseIdentity): JsonObject {
  const choice = result.choices[0] ?? { content: [], finishReason: 'other' as const };
  // This protocol has no word for an answer that failed, and a clean end would be a lie (mapping row 70).
  if (choice.finishReason === 'error') throw new FaregateError('upstream', FAILED_ANSWER);
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
    content: choice.content
      .filter((part, index, all) => !isClosingSeal(part, index, all))
      .flatMap((part) => encodePart(part, identity.id)),
    stop_reason: stopReason,
    stop_sequence: stopReason === 'stop_sequence' ? (choice.stopSequence ?? null) : null,
    stop_details:
      refusals.length === 0 ? undefined : refusalDetails(refusals.map((part) => part.text).join('')),
    usage,
  });
}
