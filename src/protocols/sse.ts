import { StringDecoder } from 'node:string_decoder';
import { FaregateError } from '../core/errors.js';

/** One server-sent event (WHATWG HTML §9.2). */
export interface SseEvent {
  /** The `event:` field; absent when the frame has none. */
  event?: string | undefined;
  /** The `data:` lines joined with a line feed. */
  data: string;
}

/** A line or an event longer than this (UTF-16 units) is a hostile or broken upstream. */
export const MAX_SSE_LINE = 1024 * 1024;

const tooLong = (what: 'line' | 'event'): FaregateError =>
  new FaregateError(
    'upstream',
    `The upstream sent ${what === 'line' ? 'a line' : 'an event'} of more than 1 MB`,
  );

/**
 * Cuts a byte stream into events at any chunk boundary: LF, CRLF and CR line ends, a character split over two
 * chunks, comments, several data lines, a leading byte order mark. Throws a FaregateError of kind `upstream` on
 * an endless line or event.
 */
export class SseParser {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';
  /** How much of `rest` is known to hold no line end. */
  private scanned = 0;
  private started = false;
  private event: string | undefined;
  private data: string | undefined;

  push(chunk: Buffer): SseEvent[] {
    return this.consume(this.decoder.write(chunk), false);
  }

  /** The upstream closed: a last event without its blank line still counts. */
  end(): SseEvent[] {
    const events = this.consume(this.decoder.end(), true);
    this.dispatch(events);
    return events;
  }

  private consume(text: string, last: boolean): SseEvent[] {
    if (!last && this.goesOn(text)) return [];
    const buffer = this.withoutMark(this.rest === '' ? text : this.rest + text);
    const events: SseEvent[] = [];
    const ends = new LineEnds(buffer, this.scanned);
    let start = 0;
    for (let end = ends.next(); end !== -1; end = ends.next()) {
      const isCr = buffer.charCodeAt(end) === CR;
      // Whether a lone CR ends the line or opens CRLF shows only in the next chunk.
      if (isCr && end === buffer.length - 1 && !last) break;
      this.line(buffer, start, end, events);
      start = isCr && buffer.charCodeAt(end + 1) === LF ? end + 2 : end + 1;
      ends.skipTo(start);
    }
    this.rest = start === 0 ? buffer : buffer.slice(start);
    this.scanned = this.rest.endsWith('\r') ? this.rest.length - 1 : this.rest.length;
    if (this.rest.length > MAX_SSE_LINE) throw tooLong('line');
    if (last && this.rest !== '') {
      this.line(this.rest, 0, this.rest.length, events);
      this.rest = '';
      this.scanned = 0;
    }
    return events;
  }

  /**
   * True when the text only makes the line at hand longer. It is added without being looked at again: a long line in
   * many chunks would otherwise be copied once a chunk.
   */
  private goesOn(text: string): boolean {
    if (this.rest === '' || this.scanned < this.rest.length || /[\r\n]/.test(text)) return false;
    this.rest += text;
    this.scanned = this.rest.length;
    if (this.rest.length > MAX_SSE_LINE) throw tooLong('line');
    return true;
  }

  private withoutMark(buffer: string): string {
    if (this.started || buffer === '') return buffer;
    this.started = true;
    return buffer.charCodeAt(0) === BYTE_ORDER_MARK ? buffer.slice(1) : buffer;
  }

  private line(buffer: string, start: number, end: number, events: SseEvent[]): void {
    if (start === end) {
      this.dispatch(events);
      return;
    }
    if (buffer.startsWith('data:', start)) this.addData(fieldValue(buffer, start + 5, end));
    else if (buffer.startsWith('event:', start)) this.event = fieldValue(buffer, start + 6, end);
    // A name alone is a field with an empty value.
    else if (end - start === 4 && buffer.startsWith('data', start)) this.addData('');
  }

  private addData(value: string): void {
    this.data = this.data === undefined ? value : `${this.data}\n${value}`;
    if (this.data.length > MAX_SSE_LINE) throw tooLong('event');
  }

  /** An event without data is none (WHATWG HTML §9.2.6). */
  private dispatch(events: SseEvent[]): void {
    if (this.data !== undefined) events.push({ event: this.event, data: this.data });
    this.event = this.data = undefined;
  }
}

const LF = 10;
const CR = 13;
const BYTE_ORDER_MARK = 0xfeff;

/** The value of a field, less the one space that may stand after the colon. */
const fieldValue = (buffer: string, from: number, end: number): string =>
  buffer.slice(from < end && buffer.charCodeAt(from) === 32 ? from + 1 : from, end);

/** Walks the line ends of a text, looking at each character once for each kind of line end. */
class LineEnds {
  private lf: number;
  private cr: number;

  constructor(
    private readonly text: string,
    from: number,
  ) {
    this.lf = text.indexOf('\n', from);
    this.cr = text.indexOf('\r', from);
  }

  /** Index of the next CR or LF, or -1. */
  next(): number {
    if (this.cr === -1 || this.lf === -1) return Math.max(this.cr, this.lf);
    return Math.min(this.cr, this.lf);
  }

  /** The next line starts here. */
  skipTo(start: number): void {
    if (this.lf !== -1 && this.lf < start) this.lf = this.text.indexOf('\n', start);
    if (this.cr !== -1 && this.cr < start) this.cr = this.text.indexOf('\r', start);
  }
}

/** A sign of life that every reader of server-sent events passes over (WHATWG HTML §9.2.6). */
export const KEEP_ALIVE_COMMENT = ': keep-alive\n\n';

/** A frame with an event name, as Anthropic and Responses streams need. */
export const namedEvent = (event: string, data: string): string => `event: ${event}\ndata: ${data}\n\n`;

/** A frame of data only, as Chat streams need. */
export const dataEvent = (data: string): string => `data: ${data}\n\n`;
