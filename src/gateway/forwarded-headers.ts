import type { IncomingHttpHeaders } from 'node:http';
import type { Protocol } from '../protocols/protocol.js';

/** Headers of the caller that an upstream of the same protocol may see; values in plain characters only. */
export function forwardedHeaders(headers: IncomingHttpHeaders, protocol: Protocol): Record<string, string> {
  const forwarded: Record<string, string> = {};
  for (const name of protocol.forwardedHeaders) {
    const value = headers[name];
    if (typeof value === 'string' && /^[\w.,;=:/ +-]{1,1000}$/.test(value)) forwarded[name] = value;
  }
  return forwarded;
}
