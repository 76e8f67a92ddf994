import { appendFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonValue } from '../../core/json.js';
import type { SimulatedProtocol } from './prompt.js';
import type { SimulatedUsage } from './usage.js';

/** A request as it arrived. */
export interface JournalRequest {
  /** 1 for the first request since the start or the last reset. */
  id: number;
  /** Wall-clock milliseconds. */
  atMs: number;
  protocol: SimulatedProtocol;
  method: string;
  /** Without the query. */
  path: string;
  /** The query as sent, without `?`; empty when there is none. */
  query: string;
  /** Lower-case names; of a credential only the last four characters are kept. */
  headers: Record<string, string>;
  /** Parsed JSON; the text when it is not JSON; null when there was none. */
  body: JsonValue;
}

/**
 * How an answer ended: `pending` while under way; `complete` as a vendor would end it; `refused` with a status
 * of 400 or more; `client-aborted` when the caller hung up first; `reset` when the simulator broke the
 * connection; `cut` when it ended the body early.
 */
export type AnswerEnd = 'pending' | 'complete' | 'client-aborted' | 'reset' | 'cut' | 'refused';

/** What was sent back; updated while the answer is under way. */
export interface JournalAnswer {
  /** 0 until the status line was sent. */
  status: number;
  streamed: boolean;
  /** The usage in the frames that were sent, as the latest of them says; null when none carried any. */
  usage: SimulatedUsage | null;
  /** What the whole answer costs the vendor, sent or not; null when no model answered. */
  modelUsage: SimulatedUsage | null;
  finished: AnswerEnd;
  /** Whole frames handed to the socket; the body of an answer that does not stream is one frame. */
  framesSent: number;
  /** Body bytes handed to the socket. */
  bytesSent: number;
  /** Wall-clock milliseconds of the end, whichever it was; null while pending. */
  endedAtMs: number | null;
}

/** One request and its answer. */
export interface JournalEntry extends JournalRequest {
  answer: JournalAnswer;
}

/** Appends every request, and writes finished ones to a JSONL file when one is named. */
export class Journal {
  readonly entries: JournalEntry[] = [];
  private readonly watchers = new Set<() => void>();
  private lastId = 0;

  constructor(private readonly file?: string | undefined) {}

  record(request: Omit<JournalRequest, 'id'>): JournalEntry {
    const answer: JournalAnswer = {
      status: 0,
      streamed: false,
      usage: null,
      modelUsage: null,
      finished: 'pending',
      framesSent: 0,
      bytesSent: 0,
      endedAtMs: null,
    };
    const entry = { id: ++this.lastId, ...request, answer };
    this.entries.push(entry);
    this.changed();
    return entry;
  }

  /** Notes how an answer ended; the first end counts. */
  end(entry: JournalEntry, finished: AnswerEnd, atMs: number): void {
    if (entry.answer.finished !== 'pending') return;
    entry.answer.finished = finished;
    entry.answer.endedAtMs = atMs;
    if (this.file !== undefined) appendFileSync(this.file, `${JSON.stringify(entry)}\n`);
    this.changed();
  }

  /** Tells those who wait in `until` that an entry has changed. */
  changed(): void {
    for (const watcher of this.watchers) watcher();
  }

  /** Resolves once the condition holds; rejects when it does not within the time. */
  async until(condition: (entries: readonly JournalEntry[]) => boolean, timeoutMs: number): Promise<void> {
    if (condition(this.entries)) return;
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        this.watchers.delete(look);
      };
      const look = (): void => {
        if (!condition(this.entries)) return;
        stop();
        resolve();
      };
      const timer = setTimeout(() => {
        stop();
        reject(
          new Error(`The simulator's journal did not get there in ${timeoutMs} ms: ${condition.toString()}`),
        );
      }, timeoutMs);
      this.watchers.add(look);
    });
  }

  clear(): void {
    this.entries.length = 0;
    this.lastId = 0;
  }
}

const CREDENTIAL_HEADERS = new Set(['authorization', 'x-api-key', 'x-goog-api-key', 'api-key', 'cookie']);

/** Headers for the journal: one text each, credentials cut to "…" and their last four characters. */
export function journalHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
    kept[name] = CREDENTIAL_HEADERS.has(name) ? `…${text.slice(-4)}` : text;
  }
  return kept;
}
