import { CrlfLines, LineCount } from './copy-text.js';
import type { ExportColumn, Notation } from './export-column.js';

/** Turns what PostgreSQL writes into a file, piece by piece and only as fast as it is read. */
export interface FileEncoder {
  /** How the database is asked to write the values. */
  readonly notation: Notation;
  /** Rows written so far, without a header. */
  readonly rows: number;
  encode: (pieces: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>;
}

/** How a CSV file differs from RFC 4180; both only when asked for. */
export interface CsvVariant {
  /** Semicolons between values and a comma before decimals, as German and French spreadsheets read them. */
  semicolon?: boolean | undefined;
  /** Begins with a byte order mark, by which Excel knows UTF-8. */
  bom?: boolean | undefined;
}

const BOM = '\ufeff';

/** CSV: RFC 4180, UTF-8, a header, CRLF. */
export class CsvFile implements FileEncoder {
  readonly notation: Notation;
  private readonly lines = new CrlfLines();

  constructor(
    private readonly columns: readonly ExportColumn[],
    private readonly variant: CsvVariant = {},
  ) {
    this.notation = variant.semicolon === true ? 'csv-semicolon' : 'csv';
  }

  get rows(): number {
    return this.lines.records;
  }

  async *encode(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const names = this.columns.map(({ name }) => name);
    const record = names.join(this.variant.semicolon === true ? ';' : ',');
    const header = Buffer.from(`${this.variant.bom === true ? BOM : ''}${record}\r\n`);
    // The header waits for the first rows, so that a database that is away is still told in words.
    let isFirst = true;
    for await (const piece of pieces) {
      if (isFirst) yield header;
      isFirst = false;
      yield this.lines.write(piece);
    }
    if (isFirst) yield header;
  }
}

/** One JSON object on each line: decimals as strings, an absent value as null. */
export class JsonLinesFile implements FileEncoder {
  readonly notation = 'json';
  private readonly lines = new LineCount();

  get rows(): number {
    return this.lines.records;
  }

  async *encode(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) yield this.lines.write(piece);
  }
}
