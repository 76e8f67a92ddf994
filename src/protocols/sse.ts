import { StringDecoder } from 'node:string_decoder';

/** One server-sent event (WHATWG HTML §9.2). */
export interface SseEvent {
  /** The `event:` field; absent when the frame has none. */
  event?: string | undefined;
  /** The `data:` lines joined with a line feed. */
  data: string;
}

/** A line longer than this is a hostile or broken upstream (bytes of text). */
export const MAX_SSE_LINE = 8 * 1024 * 1024;

/** Thrown when an upstream sends a line without end. */
export class SseLimitError extends Error {
  override readonly name = 'SseLimitError';
}

/**
 * Cuts a byte stream into events at any chunk boundary: LF, CRLF and CR line ends, a character split over two
 * chunks, comments, several data lines. Throws SseLimitError on an endless line.
 */
export class SseParser {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';
  private event: string | undefined;
  private data: string | undefined;

  push(chunk: Buffer): SseEvent[] {
    return this.consume(this.decoder.write(chunk), false);
  }

  /** The upstream closed: a last event without its blank line still counts. */
  end(): SseEvent[] {
    const events = this.consume(this.decoder.end(), true);
    if (this.data !== undefined) events.push({ event: this.event, data: this.data });
    this.event = this.data = undefined;
    return events;
  }

  private consume(text: string, last: boolean): SseEvent[] {
    const buffer = this.rest === '' ? text : this.rest + text;
    const events: SseEvent[] = [];
    const hasCr = buffer.includes('\r');
    let start = 0;
    while (start < buffer.length) {
      const end = hasCr ? lineEnd(buffer, start) : buffer.indexOf('\n', start);
      const isCrAtEnd = end === buffer.length - 1 && buffer.charCodeAt(end) === 13;
      if (end === -1 || (isCrAtEnd && !last)) break;
      this.line(buffer, start, end, events);
      start = buffer.charCodeAt(end) === 13 && buffer.charCodeAt(end + 1) === 10 ? end + 2 : end + 1;
    }
    this.rest = start === 0 ? buffer : buffer.slice(start);
    if (this.rest.length > MAX_SSE_LINE) throw new SseLimitError('upstream sent a line without end');
    if (last && this.rest !== '') {
      this.line(this.rest, 0, this.rest.length, events);
      this.rest = '';
    }
    return events;
  }

  private line(buffer: string, start: number, end: number, events: SseEvent[]): void {
    if (start === end) {
      if (this.data !== undefined) events.push({ event: this.event, data: this.data });
      this.event = this.data = undefined;
      return;
    }
    const colon = buffer.indexOf(':', start);
    if (colon === start) return;
    const nameEnd = colon === -1 || colon > end ? end : colon;
    const name = buffer.slice(start, nameEnd);
    let valueStart = Math.min(nameEnd + 1, end);
    if (buffer.charCodeAt(valueStart) === 32 && valueStart < end) valueStart += 1;
    const value = buffer.slice(valueStart, end);
    if (name === 'data') this.data = this.data === undefined ? value : `${this.data}\n${value}`;
    else if (name === 'event') this.event = value;
  }
}

/** Index of the next CR or LF at or after `from`, or -1. */
function lineEnd(text: string, from: number): number {
  const lf = text.indexOf('\n', from);
  const cr = text.indexOf('\r', from);
  if (lf === -1) return cr;
  return cr === -1 || cr > lf ? lf : cr;
}

/** A frame with an event name, as Anthropic and Responses streams need. */
export const namedEvent = (event: string, data: string): string => `event: ${event}\ndata: ${data}\n\n`;

/** A frame of data only, as Chat streams need. */
export const dataEvent = (data: string): string => `data: ${data}\n\n`;
