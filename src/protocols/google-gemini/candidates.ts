import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { CompletionChoice, ContentPart, OpaquePart } from '../completion.js';
import { decodeFinishReason } from './finish-reason.js';
import { decodeLogprobs } from './logprobs.js';
import { joinPieces, readCall, readPart } from './parts-decode.js';
import { synthesizedId } from './tool-ids.js';
import { compact } from './wire.js';

/** The parts of a candidate; none when it was blocked before it said anything. */
export const partsOf = (candidate: JsonObject): JsonObject[] =>
  asArray(asObject(candidate['content'])?.['parts']).filter(isObject);

/** A part that this version does not understand, kept as it came. */
export const opaquePart = (raw: JsonObject): OpaquePart => ({
  type: 'opaque',
  protocol: 'google-gemini',
  raw,
});

/** What Google says of a blocked answer, shown as its refusal. `finishMessage` of other ends is no refusal. */
export function refusalOf(candidate: JsonObject): string | undefined {
  const isBlocked = decodeFinishReason(candidate['finishReason'], false) === 'content-filter';
  return (isBlocked && asString(candidate['finishMessage'])) || undefined;
}

/** The reason why a prompt was blocked; undefined when it was not (row 55). */
export function blockedPrompt(body: JsonObject): { message: string | undefined } | undefined {
  const feedback = asObject(body['promptFeedback']);
  if (asString(feedback?.['blockReason']) === undefined) return undefined;
  return { message: asString(feedback?.['blockReasonMessage']) || undefined };
}

/** One candidate of a whole answer. Nothing is refused here: a part that lacks what it must have is kept as it came. */
export function decodeCandidate(candidate: JsonObject, answerId: string, first: number): CompletionChoice {
  let calls = first;
  const content = partsOf(candidate).flatMap((part): ContentPart[] => {
    try {
      const call = readCall(part, '');
      return call === undefined
        ? readPart(part, '')
        : [{ ...call, id: call.id ?? synthesizedId(answerId, calls++) }];
    } catch {
      return Object.keys(part).length === 0 ? [] : [opaquePart(part)];
    }
  });
  const refusal = refusalOf(candidate);
  const hasCalls = content.some((part) => part.type === 'tool-call');
  const logprobs: JsonValue | undefined = decodeLogprobs(candidate['logprobsResult']);
  return compact<CompletionChoice>({
    content: [
      ...joinPieces(content),
      ...(refusal === undefined ? [] : [{ type: 'refusal' as const, text: refusal }]),
    ],
    finishReason: decodeFinishReason(candidate['finishReason'], hasCalls),
    logprobs,
  });
}

/** The index that a candidate names; 0 for one that names none, or an absurd one. */
export function candidateIndex(candidate: JsonObject): number {
  const index = asObject(candidate)?.['index'];
  return typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < 128 ? index : 0;
}
