import type { SettlementCall } from './settlement.js';

/** A settlement as the disk and the database take it: its JSON, written once, somewhere in the bytes of its batch. */
export interface SettlementLine {
  bytes: Buffer;
  start: number;
  /** Behind its last byte. */
  end: number;
}

const LINE_FEED = 0x0a;
const COMMA = 0x2c;
/** PostgreSQL's binary form of jsonb is this version and the JSON text (`jsonb_recv`). */
const JSONB_VERSION = 1;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Writes settlements one a line, as a journal has them: all the bytes, and where each stands. */
export function writeLines(calls: readonly SettlementCall[]): { bytes: Buffer; lines: SettlementLine[] } {
  const texts = calls.map((call) => JSON.stringify(call));
  const bytes = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0));
  let at = 0;
  const lines = texts.map((text) => {
    const start = at;
    const end = start + bytes.write(text, start);
    bytes[end] = LINE_FEED;
    at = end + 1;
    return { bytes, start, end };
  });
  return { bytes, lines };
}

/** The settlement of a line. */
export const readLine = ({ bytes, start, end }: SettlementLine): SettlementCall =>
  JSON.parse(bytes.toString('utf8', start, end)) as SettlementCall;

/** The lines as one array, in PostgreSQL's binary form of jsonb: bytes are copied, and no text is made of them. */
export function jsonbOf(lines: readonly SettlementLine[]): Buffer {
  const size = lines.reduce((sum, { start, end }) => sum + end - start + 1, 0);
  const array = Buffer.allocUnsafe(2 + Math.max(1, size));
  array[0] = JSONB_VERSION;
  array[1] = OPEN;
  let at = 2;
  for (const { bytes, start, end } of lines) {
    at += bytes.copy(array, at, start, end);
    array[at] = COMMA;
    at += 1;
  }
  array[array.length - 1] = CLOSE;
  return array;
}
