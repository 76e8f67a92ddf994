import { closeSync, existsSync, fstatSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';

/**
 * One append-only file of settlements. Lines are in the operating system's hands when `append` returns, so they
 * survive the death of the process; `sync` makes them survive the machine's.
 */
export class JournalFile {
  private readonly fd: number;
  private open = true;
  /** What the disk took last is not whole. */
  private torn = false;
  /** Lines appended and not yet confirmed. */
  pending = 0;
  sizeBytes = 0;

  /** Throws when the folder cannot be written to. */
  constructor(readonly path: string) {
    this.fd = openSync(path, 'a', 0o600);
  }

  /**
   * Appends so many lines, each with its line feed. Throws when the disk refuses; what it took of them is then kept apart from
   * the next ones.
   */
  append(lines: Buffer, count: number): void {
    const bytes = this.torn ? Buffer.concat([Buffer.from('\n'), lines]) : lines;
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.fd, bytes, written);
      this.torn = false;
      this.pending += count;
    } finally {
      this.torn ||= written > 0 && written < bytes.length;
      this.sizeBytes += written;
    }
  }

  sync(): void {
    if (this.open) fsyncSync(this.fd);
  }

  /** Whether somebody removed the file while it was open; what is appended then would be lost. */
  get isOrphaned(): boolean {
    return this.open && fstatSync(this.fd).nlink === 0;
  }

  /** No more lines will come. The file goes when its last line is confirmed. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    closeSync(this.fd);
  }

  remove(): void {
    this.close();
    if (existsSync(this.path)) unlinkSync(this.path);
  }
}
