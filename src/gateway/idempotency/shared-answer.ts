import { EventEmitter } from 'node:events';
import type { CallerSide } from '../caller-side.js';

/** An answer as it was sent: what a repeated call gets. */
export interface SentAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Longer answers are not kept, and cannot be joined once they have grown beyond it. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024;
/** A reader this far behind is cut where another one keeps up: that one does not wait for it. */
const MAX_BEHIND_BYTES = 4 * 1024 * 1024;

const NOTHING = Buffer.alloc(0);

/** The side of a real caller that an answer goes to. */
export interface Reader extends Pick<
  CallerSide,
  'writableLength' | 'destroyed' | 'writeHead' | 'write' | 'end' | 'destroy' | 'setTimeout'
> {
  /** It was written more than it has taken, and will say `drain`. */
  readonly writableNeedDrain: boolean;
  on(event: 'close' | 'drain', listener: () => void): unknown;
}

/**
 * One answer for everybody who asks for it under one Idempotency-Key: it is made once, from the beginning for those who
 * come while it is made, and to its end even when all of them leave. It waits while none of its readers keeps up, and
 * never for those who left; a reader who takes nothing in time is cut, the answer is not.
 */
export class SharedAnswer extends EventEmitter implements CallerSide {
  readonly writableLength = 0;
  readonly destroyed = false;
  private head: Omit<SentAnswer, 'body'> | undefined;
  private chunks: Buffer[] = [];
  private keptBytes = 0;
  private isWhole = true;
  private hasEnded = false;
  /** Whoever makes the answer was told to wait. */
  private isHeldUp = false;
  private readonly readers = new Set<Reader>();

  constructor(private readonly slowReaderTimeoutMs: number) {
    super();
  }

  get headersSent(): boolean {
    return this.head !== undefined;
  }

  /** Whether everything that was sent is still here. */
  get isKept(): boolean {
    return this.isWhole;
  }

  /** The answer so far; undefined when it has become too long to keep, or nothing was sent. */
  get sent(): SentAnswer | undefined {
    return this.isWhole && this.head ? { ...this.head, body: this.kept.toString('utf8') } : undefined;
  }

  /** Sends a reader all there was and, from now on, all there will be. Only while `isKept`. */
  join(reader: Reader, extraHeaders: Record<string, string> = {}): void {
    // Its connection's clock starts again whenever some of what waits goes out.
    reader.setTimeout(this.slowReaderTimeoutMs, () => {
      if (reader.writableLength > 0) reader.destroy();
    });
    if (this.head) {
      reader.writeHead(this.head.status, { ...this.head.headers, ...extraHeaders });
      if (this.keptBytes > 0) reader.write(this.kept);
    }
    if (this.hasEnded) reader.end();
    else this.follow(reader);
  }

  writeHead(status: number, headers: Record<string, string>): void {
    this.head = { status, headers };
    this.each((reader) => reader.writeHead(status, headers));
  }

  write(bytes: Buffer): boolean {
    this.keep(bytes);
    this.each((reader) => reader.write(bytes));
    this.cutLaggards();
    if (this.nobodyKeepsUp) this.isHeldUp = true;
    else this.goOn();
    return !this.isHeldUp;
  }

  end(bytes: Buffer = NOTHING): void {
    this.keep(bytes);
    this.hasEnded = true;
    this.each((reader) => reader.end(bytes));
    this.readers.clear();
  }

  /** Cuts all who read. The answer is made to its end without them. */
  destroy(): void {
    this.each((reader) => reader.destroy());
    this.readers.clear();
    this.goOn();
  }

  /** Each reader has a clock of its own. */
  setTimeout(): void {}

  private follow(reader: Reader): void {
    this.readers.add(reader);
    reader.on('drain', this.goOn);
    reader.on('close', () => {
      this.readers.delete(reader);
      this.goOn();
    });
    this.goOn();
  }

  private readonly goOn = (): void => {
    if (!this.isHeldUp || this.nobodyKeepsUp) return;
    this.isHeldUp = false;
    this.emit('drain');
  };

  /** There are readers, and all of them have more than they have taken. */
  private get nobodyKeepsUp(): boolean {
    for (const reader of this.readers) if (!reader.writableNeedDrain) return false;
    return this.readers.size > 0;
  }

  private cutLaggards(): void {
    const laggards = [...this.readers].filter(({ writableLength }) => writableLength > MAX_BEHIND_BYTES);
    if (laggards.length === this.readers.size) return;
    for (const reader of laggards) {
      this.readers.delete(reader);
      reader.destroy();
    }
  }

  /** What was sent so far, in one piece. */
  private get kept(): Buffer {
    return Buffer.concat(this.chunks);
  }

  private keep(bytes: Buffer): void {
    if (!this.isWhole) return;
    this.chunks.push(bytes);
    this.keptBytes += bytes.length;
    this.isWhole = this.keptBytes <= MAX_KEPT_BYTES;
    if (!this.isWhole) this.chunks = [];
  }

  private each(send: (reader: Reader) => void): void {
    for (const reader of this.readers) {
      if (reader.destroyed) this.readers.delete(reader);
      else send(reader);
    }
  }
}
