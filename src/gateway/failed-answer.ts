import { FaregateError } from '../core/errors.js';
import type { CompletionEvent, CompletionResult } from '../protocols/completion.js';
import { failureOf, streamFailure, type UpstreamFailure } from '../providers/upstream-failure.js';

const failed = (): FaregateError => new FaregateError('upstream', 'The upstream failed while it answered');

/** The failure that an event of a stream tells; undefined when it tells none. An answer that ends in `error` has failed. */
export function failureIn(event: CompletionEvent): FaregateError | undefined {
  if (event.type === 'error') return streamFailure(event.failure);
  return event.type === 'finish' && event.reason === 'error' ? failed() : undefined;
}

/** The failure that a whole answer tells as the reason why it, or one of its choices, ended; undefined when it tells none. */
export const failureOfAnswer = ({ choices }: CompletionResult): UpstreamFailure | undefined =>
  choices.some(({ finishReason }) => finishReason === 'error') ? failureOf('fault', failed()) : undefined;
