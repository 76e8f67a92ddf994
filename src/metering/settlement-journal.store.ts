import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { nowDate, nowMs } from '../core/clock.js';
import { uuidv7 } from '../core/ids.js';
import { AppConfig } from '../platform/config/app-config.js';
import { JournalFile } from './journal-file.store.js';
import { linesOf, readLines, type JournalLines } from './journal-lines.js';
import type { SettlementCall } from './settlement.js';

/** A file is followed by a new one at this size, so that a busy process sheds old lines. */
const ROTATE_BYTES = 8 * 1024 * 1024;
/** A file untouched for this long belongs to a process that is gone. */
const ABANDONED_MS = 30_000;

/** A settlement until the database has it. */
export interface JournalEntry {
  call: SettlementCall;
  /** Where it is on disk; absent when the disk refused it. */
  file?: JournalFile;
}

/** A journal whose process is gone, or is starting. */
export interface AbandonedFile extends JournalLines {
  path: string;
  /** What was read of it; one that has grown since has an owner who is alive. */
  sizeBytes: number;
}

/**
 * Settlements are written here before the caller sees the end of the answer and stay until the database has
 * them. Replaying a line twice is harmless: a hold is settled once.
 */
@Injectable()
export class SettlementJournal {
  private readonly dir: string;
  private current: JournalFile;
  /** Size at which a new file is tried next; later than usual after one could not be made. */
  private rotateAtBytes = ROTATE_BYTES;
  /** Full files with lines to confirm, or that could not be removed yet. */
  private readonly draining = new Set<JournalFile>();
  private readonly log = new Logger(SettlementJournal.name);

  constructor(config: AppConfig) {
    this.dir = config.journalDir;
    mkdirSync(this.dir, { recursive: true });
    this.current = this.newFile();
  }

  /**
   * Writes the lines, in one piece, before it returns. Throws when the disk refuses. A file that somebody removed, who took
   * its owner for dead, is left for a new one: what is appended to it would be lost.
   */
  append(calls: readonly SettlementCall[]): JournalEntry[] {
    if (this.current.isOrphaned) this.rotate();
    else this.rotateWhenFull();
    const file = this.current;
    file.append(Buffer.from(linesOf(calls)), calls.length);
    return calls.map((call) => ({ call, file }));
  }

  /** The database has them: each entry is confirmed once. Never throws; a file that cannot be removed goes later. */
  confirm(entries: readonly JournalEntry[]): void {
    for (const { file } of entries) {
      if (!file) continue;
      file.pending -= 1;
      if (file.pending === 0 && file !== this.current) this.forget(file);
    }
    if (this.current.pending === 0) this.rotateWhenFull();
  }

  /** Makes the lines survive the machine too; called when the database is away for longer than a moment. Never throws. */
  sync(): void {
    for (const file of this.own()) this.tolerate(`${file.path} is not synced to disk`, () => file.sync());
  }

  /** Says that this process still owns its files, and removes those that could not be removed before. */
  touch(): void {
    for (const file of this.draining) if (file.pending === 0) this.forget(file);
    for (const file of this.own()) {
      try {
        utimesSync(file.path, nowDate(), nowDate());
      } catch {
        // Removed since: nothing is left to own.
      }
    }
  }

  /** Paths of what other processes left behind; `removeAbandoned` forgets them once they are recorded. */
  listAbandoned(includeFresh: boolean): string[] {
    const own = new Set(this.own().map((file) => file.path));
    return readdirSync(this.dir)
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => join(this.dir, name))
      .filter((path) => !own.has(path) && (includeFresh || isAbandoned(path)));
  }

  /** Throws when it cannot be read. */
  readAbandoned(path: string): AbandonedFile {
    const bytes = readFileSync(path);
    return { path, sizeBytes: bytes.length, ...readLines(bytes) };
  }

  /**
   * Removes a replayed file, unless its owner turns out to be alive. Lines that are damaged or were refused go to a file
   * beside it that nobody replays; returns its path when there is one.
   */
  removeAbandoned(
    { path, sizeBytes, damaged }: AbandonedFile,
    refused: readonly SettlementCall[],
  ): string | undefined {
    if (!isAbandoned(path, sizeBytes)) return undefined;
    const lines = Buffer.concat([...damaged, Buffer.from(linesOf(refused))]);
    const aside = lines.length > 0 ? `${path}.refused` : undefined;
    if (aside) writeFileSync(aside, lines, { flush: true, mode: 0o600 });
    unlinkSync(path);
    return aside;
  }

  /** At shutdown: a journal with nothing pending leaves nothing behind. */
  close(): void {
    const { current } = this;
    this.tolerate(`${current.path} is not closed`, () =>
      current.pending === 0 ? current.remove() : current.close(),
    );
  }

  private own(): JournalFile[] {
    return [this.current, ...this.draining];
  }

  /** Where no new file can be made, the full one is written on. */
  private rotateWhenFull(): void {
    if (this.current.sizeBytes <= this.rotateAtBytes) return;
    this.rotateAtBytes = this.current.sizeBytes + ROTATE_BYTES;
    this.tolerate('there is no new journal', () => this.rotate());
  }

  private rotate(): void {
    const old = this.current;
    this.current = this.newFile();
    this.rotateAtBytes = ROTATE_BYTES;
    this.draining.add(old);
    if (old.pending === 0) this.forget(old);
    else this.tolerate(`${old.path} is not closed`, () => old.close());
  }

  private forget(file: JournalFile): void {
    this.tolerate(`${file.path} is not removed`, () => {
      file.remove();
      this.draining.delete(file);
    });
  }

  /** Does what settlement must not fail for; what does not succeed is said. */
  private tolerate(otherwise: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.log.error(`${otherwise}: ${(error as Error).message}`);
    }
  }

  private newFile(): JournalFile {
    return new JournalFile(join(this.dir, `settlements-${uuidv7()}.jsonl`));
  }
}

/** `sizeBytes`: what it had when it was read. */
function isAbandoned(path: string, sizeBytes?: number): boolean {
  try {
    const { mtimeMs, size } = statSync(path);
    return nowMs() - mtimeMs > ABANDONED_MS && (sizeBytes === undefined || size === sizeBytes);
  } catch {
    return false;
  }
}
