import { crlfEvent } from './error.js';

/** How the answers of a stream follow each other. One instance per call. */
export interface Framing {
  /** One answer, as JSON text. */
  frame(data: string): string;
  /** What closes the stream. */
  end(): string;
}

/** `?alt=sse`: events with CRLF, and no terminator. */
export const sseFraming = (): Framing => ({ frame: crlfEvent, end: () => '' });

/** Without it: one JSON array that grows. */
export function arrayFraming(): Framing {
  let count = 0;
  return {
    frame: (data) => (count++ === 0 ? `[${data}` : `,\r\n${data}`),
    end: () => (count === 0 ? '[]' : ']'),
  };
}

/** The last element of an array that has begun, and its end. */
export const lastElement = (data: string): string => `,\r\n${data}]`;
