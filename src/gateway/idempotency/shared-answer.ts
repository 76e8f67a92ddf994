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
/** A reader this far behind is cut: the others and the upstream do not wait for it. */
const MAX_BEHIND_BYTES = 4 * 1024 * 1024;

const NOTHING = Buffer.alloc(0);

/** The side of a real caller that an answer goes to. */
export type Reader = Pick<
  CallerSide,
  'writableLength' | 'destroyed' | 'writeHead' | 'write' | 'end' | 'destroy'
>;

/**
 * One answer for everybody who asks for it under one Idempotency-Key: it is made once, from the beginning for those who
 * come while it is made, and to its end even when all of them leave.
 */
export class SharedAnswer extends EventEmitter implements CallerSide {
  readonly writableLength = 0;
  destroyed = false;
  private head: Omit<SentAnswer, 'body'> | undefined;
  private chunks: Buffer[] = [];
  private keptBytes = 0;
  private isWhole = true;
  private hasEnded = false;
  private readonly readers = new Set<Reader>();

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
    if (this.head) {
      reader.writeHead(this.head.status, { ...this.head.headers, ...extraHeaders });
      if (this.keptBytes > 0) reader.write(this.kept);
    }
    if (this.hasEnded) reader.end();
    else this.readers.add(reader);
  }

  writeHead(status: number, headers: Record<string, string>): void {
    this.head = { status, headers };
    this.each((reader) => reader.writeHead(status, headers));
  }

  /** Never asks to wait: a reader who does not keep up is cut. */
  write(bytes: Buffer): boolean {
    this.keep(bytes);
    this.each((reader) => {
      reader.write(bytes);
      if (reader.writableLength > MAX_BEHIND_BYTES) reader.destroy();
    });
    return true;
  }

  end(bytes: Buffer = NOTHING): void {
    this.keep(bytes);
    this.hasEnded = true;
    this.each((reader) => reader.end(bytes));
    this.readers.clear();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.each((reader) => reader.destroy());
    this.readers.clear();
    this.emit('close');
  }

  /** Nothing here is ever waiting to be sent. */
  setTimeout(): void {}

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
