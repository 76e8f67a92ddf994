import type { SettlementCall } from './settlement.js';

const LINE_FEED = 10;

/** What the bytes of a journal say. */
export interface JournalLines {
  calls: SettlementCall[];
  /** Whole lines that are no settlement, byte by byte with their line feeds: calls that somebody may have been answered for. */
  damaged: Buffer[];
  /** Whether the last line has no line feed and says nothing: a crash cut it short, and no caller was answered for it. */
  isCutShort: boolean;
}

/** Settlements as a journal has them, each on a line of its own. */
export const linesOf = (calls: readonly SettlementCall[]): string =>
  calls.map((call) => `${JSON.stringify(call)}\n`).join('');

/** Reads the bytes of a journal, line by line; empty lines are nothing. */
export function readLines(bytes: Buffer): JournalLines {
  const lines: JournalLines = { calls: [], damaged: [], isCutShort: false };
  for (let start = 0, end = 0; start < bytes.length; start = end) {
    const feed = bytes.indexOf(LINE_FEED, start);
    if (feed === start) {
      end = start + 1;
      continue;
    }
    end = feed < 0 ? bytes.length : feed + 1;
    const line = bytes.subarray(start, end);
    const call = readCall(line.toString());
    if (call) lines.calls.push(call);
    else if (feed < 0) lines.isCutShort = true;
    else lines.damaged.push(line);
  }
  return lines;
}

/** The settlement on a line; undefined when it is none. What else is wrong with it, the database says. */
function readCall(line: string): SettlementCall | undefined {
  try {
    const call = JSON.parse(line) as Partial<SettlementCall> | null;
    const isSettlement =
      typeof call?.hold === 'string' &&
      typeof call.request === 'object' &&
      call.request !== null &&
      Array.isArray(call.attempts);
    return isSettlement ? (call as SettlementCall) : undefined;
  } catch {
    return undefined;
  }
}
