import { invalidRequest } from '../core/errors.js';
import type { CompletionRequest } from '../protocols/completion.js';
import type { Protocol } from '../protocols/protocol.js';

const FIELD = 'previous_response_id';

/**
 * What becomes of an earlier response that the caller wants continued. None is kept, so none is: a model that is
 * served over the Responses API says so with 400, any other ignores the field with a warning, as its vendors do
 * (statements 35 and 36).
 */
export function previousResponse(
  { previousResponseId: id }: CompletionRequest,
  upstream: Protocol,
): string[] {
  if (id === undefined) return [];
  if (upstream.name !== 'openai-responses')
    return [`${FIELD} was ignored: this model keeps no earlier responses`];
  const reason = id.startsWith('gen-')
    ? 'an id of Chat Completions ("gen-…") is no stored response'
    : 'responses are not kept here; send the whole history instead';
  throw invalidRequest(`${FIELD}: ${reason}`, FIELD);
}
