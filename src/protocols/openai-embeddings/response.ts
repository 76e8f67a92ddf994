import { FaregateError } from '../../core/errors.js';
import { asObject, tryParseJson, type JsonObject } from '../../core/json.js';
import { tokenCount, type TokenUsage } from '../../core/token-usage.js';
import { reportedCostNano } from '../../core/vendor-report.js';
import type { CompletionRequest, CompletionResult } from '../completion.js';
import { spliceMembers } from '../json-splice.js';
import type { EncodeTarget, RequestChanges, ResponseIdentity } from '../protocol.js';
import { ROUTING_FIELDS } from '../routing-fields.js';
import { isAnswer } from './request.js';

/** Input only: vectors are not tokens. A vendor that counts nothing leaves the input unknown, and it is estimated. */
function decodeUsage(raw: JsonObject | undefined): TokenUsage {
  const noCache = tokenCount(raw?.['prompt_tokens']) ?? tokenCount(raw?.['total_tokens']);
  return {
    input: noCache === undefined ? {} : { noCache },
    output: { total: 0 },
    vendorCostNano: raw && reportedCostNano(raw),
  };
}

/** An answer for metering; the vectors themselves are nobody's business. Throws FaregateError `upstream`. */
export function decodeResponse(body: JsonObject): CompletionResult {
  if (!isAnswer(body)) {
    throw new FaregateError('upstream', 'The upstream sent something that is not an answer');
  }
  return { choices: [{ content: [], finishReason: 'stop' }], usage: decodeUsage(asObject(body['usage'])) };
}

/** The vendor's own bytes under the canonical name of the model. */
export function response(
  text: string,
  identity: ResponseIdentity,
): { body: string; result: CompletionResult } {
  const raw = tryParseJson(text);
  if (!isAnswer(raw)) {
    throw new FaregateError('upstream', 'The upstream sent something that is not an answer');
  }
  const result = decodeResponse(raw);
  return { body: spliceMembers(text, { set: { model: JSON.stringify(identity.model) } }), result };
}

/** The caller's own bytes with the vendor's name of the model and without router fields. */
export const requestChanges = (_: CompletionRequest, target: EncodeTarget): RequestChanges => ({
  set: { model: JSON.stringify(target.upstreamModel) },
  remove: [...ROUTING_FIELDS],
});
