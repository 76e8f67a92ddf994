/** Reading what PostgreSQL's COPY writes, from pieces cut anywhere. */

const LINE_FEED = 10;
const QUOTE = 34;
const CR = Buffer.from('\r');

/**
 * Ends the records of a CSV file with CRLF, as RFC 4180 wants; PostgreSQL ends them with a line feed. Line feeds inside
 * quotes belong to a value and stay.
 */
export class CrlfLines {
  private quoted = false;
  /** Records ended so far. */
  records = 0;

  /** The next piece of the file with its line ends changed. */
  write(piece: Buffer): Buffer {
    const parts: Buffer[] = [];
    let start = 0;
    for (let index = 0; index < piece.length; index++) {
      const byte = piece[index];
      if (byte === QUOTE) this.quoted = !this.quoted;
      else if (byte === LINE_FEED && !this.quoted) {
        this.records += 1;
        parts.push(piece.subarray(start, index), CR);
        start = index;
      }
    }
    parts.push(piece.subarray(start));
    return Buffer.concat(parts);
  }
}

/** Counts lines of pieces that go on unchanged. */
export class LineCount {
  records = 0;

  write(piece: Buffer): Buffer {
    for (let at = piece.indexOf(LINE_FEED); at !== -1; at = piece.indexOf(LINE_FEED, at + 1))
      this.records += 1;
    return piece;
  }
}

/** Rows of COPY's text format: values by tabs, `\N` for none, a backslash before what would be misread. */
export class CopyRows {
  private rest: Buffer = Buffer.alloc(0);

  /** The rows that are whole with this piece. */
  write(piece: Buffer): (string | null)[][] {
    const all = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    const end = all.lastIndexOf(LINE_FEED);
    // A copy: a view would keep the whole piece in memory.
    this.rest = Buffer.from(all.subarray(end + 1));
    if (end === -1) return [];
    return all
      .toString('utf8', 0, end)
      .split('\n')
      .map((line) => line.split('\t').map(readValue));
  }
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function readValue(text: string): string | null {
  if (text === '\\N') return null;
  if (!text.includes('\\')) return text;
  return text.replace(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char);
}
