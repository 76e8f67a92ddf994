import { FaregateError } from '../../core/errors.js';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../core/json.js';
import type { CompletionChoice, CompletionResult, ContentPart } from '../completion.js';
import type { ResponseIdentity } from '../protocol.js';
import { blockedPrompt, decodeCandidate } from './candidates.js';
import { findError } from './error.js';
import { encodeFinishReason } from './finish-reason.js';
import { encodeGrounding, GroundedSearches } from './grounding.js';
import { encodeLogprobs } from './logprobs.js';
import { callArguments, signed } from './parts-encode.js';
import { ISSUER, redactedText, signatureText } from './signature.js';
import { answerIdOf } from './tool-ids.js';
import { decodeUsage, encodeUsage } from './usage.js';
import { compact } from './wire.js';

/**
 * Reads a whole answer; a blocked prompt is an answer of nothing that ended in a filter. Throws FaregateError of kind
 * `upstream` for an error with status 200 and for what is no answer.
 */
export function decodeResponse(body: JsonObject): CompletionResult {
  const error = findError(body);
  if (error) throw new FaregateError('upstream', 'The upstream reported an error', { internal: error });
  const id = asString(body['responseId']);
  const searches = new GroundedSearches();
  searches.note(body);
  return compact<CompletionResult>({
    id,
    model: asString(body['modelVersion']),
    choices: decodeChoices(body, answerIdOf(body)),
    usage: { ...decodeUsage(asObject(body['usageMetadata']) ?? {}), searches: searches.count },
  });
}

function decodeChoices(body: JsonObject, answerId: string): CompletionChoice[] {
  const candidates = asArray(body['candidates']).filter(isObject);
  if (candidates.length > 0) {
    let calls = 0;
    return candidates.map((candidate) => {
      const choice = decodeCandidate(candidate, answerId, calls);
      calls += choice.content.length;
      return choice;
    });
  }
  const blocked = blockedPrompt(body);
  if (blocked === undefined) {
    throw new FaregateError('upstream', 'The upstream sent something that is not an answer', {
      internal: Object.keys(body).join(', '),
    });
  }
  const content: ContentPart[] =
    blocked.message === undefined ? [] : [{ type: 'refusal', text: blocked.message }];
  return [{ content, finishReason: 'content-filter' }];
}

/** A part of an answer on the wire; nothing for what an answer of this protocol cannot show. */
function encodePart(part: ContentPart): JsonObject[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ text: part.text }];
    case 'thinking':
      return [
        encodeThought(part.text, part.signature && signatureText(part.signature), part.signature?.issuer),
      ];
    case 'redacted-thinking':
      return [{ text: '', thought: true, thoughtSignature: redactedText(part.data, part.issuer) }];
    case 'tool-call':
      return [encodeCall({ ...part, signature: part.signature && signatureText(part.signature) })];
    case 'opaque':
      return part.protocol === 'google-gemini' ? [part.raw] : [];
    default:
      return [];
  }
}

/** A thought; Google's own signature without text belongs to the answer around it and so is no thought. */
export function encodeThought(
  text: string,
  thoughtSignature: string | undefined,
  issuer: string | undefined,
): JsonObject {
  const isSeal = text === '' && issuer === ISSUER;
  return signed(isSeal ? { text } : { text, thought: true }, thoughtSignature);
}

/** A function call; the id is always there, so that clients can name it in their answer. */
export const encodeCall = (call: {
  id: string;
  name: string;
  arguments: string;
  signature: string | undefined;
}): JsonObject => {
  const { id, name, arguments: text, signature } = call;
  return signed({ functionCall: { id, name, args: callArguments(text) } }, signature);
};

/** Writes an answer. Warnings have no place in this shape; they are in a header. */
export function encodeResponse(result: CompletionResult, identity: ResponseIdentity): JsonObject {
  return compact<JsonObject>({
    candidates: result.choices.map((choice, index) => encodeChoice(choice, index)),
    usageMetadata: encodeUsage(result.usage, identity),
    modelVersion: identity.model,
    responseId: identity.id,
  });
}

function encodeChoice({ content, finishReason, logprobs }: CompletionChoice, index: number): JsonObject {
  const refusal = content.flatMap((part) => (part.type === 'refusal' ? [part.text] : [])).join('');
  return compact<JsonObject>({
    content: { parts: content.flatMap(encodePart), role: 'model' },
    finishReason: encodeFinishReason(finishReason, refusal !== ''),
    finishMessage: refusal === '' ? undefined : refusal,
    index,
    groundingMetadata: encodeGrounding(
      content.flatMap((part) => (part.type === 'text' ? (part.citations ?? []) : [])),
    ),
    logprobsResult: encodeLogprobs(logprobs),
  });
}
