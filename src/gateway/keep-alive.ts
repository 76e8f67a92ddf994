import type { ServerResponse } from 'node:http';
import type { Protocol } from '../protocols/protocol.js';

/** What every reader of server-sent events passes over (WHATWG HTML §9.2.6). */
export const KEEP_ALIVE_COMMENT = ': keep-alive\n\n';

/**
 * Writes a sign of life into a stream that has begun and in which nothing has moved for `everyMs`, so that nothing
 * between gateway and caller takes a model that thinks for a dead connection (mapping row 69). The upstream's own are
 * never passed on. Does nothing to an answer in one piece. Call what it returns when the call is over.
 */
export function keepAlive(
  response: ServerResponse,
  { keepAlive: sign = KEEP_ALIVE_COMMENT }: Protocol,
  everyMs: number,
): () => void {
  let seen = 0;
  const timer = setInterval(() => {
    const written = response.socket?.bytesWritten ?? 0;
    const isSilent = written === seen && response.writableLength === 0;
    seen = written;
    if (isSilent && isOpenStream(response)) response.write(sign);
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Begun and not ended: an answer in one piece, or an error, is both at once. */
const isOpenStream = ({ headersSent, writableEnded, destroyed }: ServerResponse): boolean =>
  headersSent && !writableEnded && !destroyed;
