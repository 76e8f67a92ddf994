import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import { compact } from './wire.js';

/**
 * Google's `logprobsResult` ↔ Chat's `logprobs`, which is the form of the inner language. Google lists the chosen
 * candidates and, beside them, the best ones of each step.
 */

const token = (candidate: JsonObject): JsonObject => {
  const text = asString(candidate['token']) ?? '';
  const logprob = candidate['logProbability'];
  return {
    token: text,
    logprob: typeof logprob === 'number' ? logprob : 0,
    bytes: [...Buffer.from(text, 'utf8')],
  };
};

/** Chat's object; undefined when Google's says nothing. */
export function decodeLogprobs(result: JsonValue | undefined): JsonObject | undefined {
  const raw = asObject(result);
  const chosen = asArray(raw?.['chosenCandidates']).filter(isObject);
  if (chosen.length === 0) return undefined;
  const best = asArray(raw?.['topCandidates']).filter(isObject);
  return {
    content: chosen.map((candidate, step) => ({
      ...token(candidate),
      top_logprobs: asArray(best[step]?.['candidates']).filter(isObject).map(token),
    })),
    refusal: null,
  };
}

const candidate = (entry: JsonObject): JsonObject =>
  compact<JsonObject>({ token: entry['token'], logProbability: entry['logprob'] });

/** Google's object; undefined when Chat's says nothing. */
export function encodeLogprobs(logprobs: JsonValue | undefined): JsonObject | undefined {
  const content = asArray(asObject(logprobs)?.['content']).filter(isObject);
  if (content.length === 0) return undefined;
  const best = content.map((entry) => asArray(entry['top_logprobs']).filter(isObject));
  return compact<JsonObject>({
    topCandidates: best.some((entries) => entries.length > 0)
      ? best.map((entries) => ({ candidates: entries.map(candidate) }))
      : undefined,
    chosenCandidates: content.map(candidate),
  });
}
