import { rateLimitHeaders } from '../admission/rate-limit-headers.js';
import type { Candidate, Ticket } from '../admission/ticket.js';
import { publicId } from '../core/ids.js';

type Headers = Record<string, string>;

/** Headers that every answered call carries. */
function commonHeaders(ticket: Ticket, serving: Candidate | undefined, warnings: readonly string[]): Headers {
  const headers: Headers = {
    'x-request-id': publicId('request', ticket.requestId),
  };
  if (serving) {
    headers['x-faregate-provider'] = serving.deployment.provider.slug;
    headers['x-faregate-model'] = serving.model.id;
  }
  if (warnings.length > 0) headers['x-faregate-warnings'] = headerText(warnings.join('; '));
  if (ticket.rateLimits) Object.assign(headers, rateLimitHeaders(ticket.rateLimits));
  return headers;
}

/** The head of a stream; `serving` is absent when it is sent before anybody serves. Nothing between here and the caller may buffer or keep it. */
export function streamHeaders(
  ticket: Ticket,
  serving: Candidate | undefined,
  warnings: readonly string[],
  contentType = 'text/event-stream',
): Headers {
  return {
    'content-type': `${contentType}; charset=utf-8`,
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    ...commonHeaders(ticket, serving, warnings),
  };
}

/** The head of a whole answer; `cost` is absent when the call could not be priced exactly. */
export function wholeHeaders(
  ticket: Ticket,
  serving: Candidate,
  warnings: readonly string[],
  answer: { bytes: number; cost: string | undefined },
): Headers {
  const headers: Headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(answer.bytes),
    ...commonHeaders(ticket, serving, warnings),
  };
  if (answer.cost !== undefined) headers['x-faregate-cost'] = answer.cost;
  return headers;
}

/** Header values carry printable ASCII only. */
export const headerText = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 2_000);
