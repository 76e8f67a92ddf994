import { closeSync, existsSync, fstatSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';

/**
 * One append-only file of settlements. A line is in the operating system's hands when `append` returns, so it
 * survives the death of the process; `sync` makes it survive the machine's.
 */
export class JournalFile {
  private readonly fd: number;
  private open = true;
  /** Lines appended and not yet confirmed. */
  pending = 0;
  sizeBytes = 0;

  /** Throws when the folder cannot be written to. */
  constructor(readonly path: string) {
    this.fd = openSync(path, 'a', 0o600);
  }

  append(line: string): void {
    this.sizeBytes += writeSync(this.fd, `${line}\n`);
    this.pending += 1;
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
