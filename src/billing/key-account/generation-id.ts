import { parsePublicId, parseShortId } from '../../core/ids.js';

/**
 * The request behind an id that a caller was given: of an answer (`gen-…`, `msg_…`, `resp_…`) or of a request
 * (`req_…`, as `x-request-id` carries it). Null when the text is none of these.
 */
export function requestOfGeneration(id: string): string | null {
  const tail = /^(?:gen-\d+-|msg_|resp_)([0-9A-Za-z]{22})$/.exec(id)?.[1];
  return tail === undefined ? parsePublicId('request', id) : parseShortId(tail);
}
