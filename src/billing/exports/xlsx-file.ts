import { writeXlsxStream, XLSX_MAX_ROWS_PER_SHEET, type CellValue } from 'hucre';
import { CopyRows } from './copy-text.js';
import type { ExportColumn } from './export-column.js';
import type { FileEncoder } from './file-encoder.js';

/** Rows a sheet holds besides its header. */
export const XLSX_MAX_ROWS = XLSX_MAX_ROWS_PER_SHEET - 1;
/** Digits a cell keeps. */
const CELL_DIGITS = 15;
/** Characters a cell keeps. */
const CELL_CHARACTERS = 32_767;

/** One sheet: numbers are cells of numbers where no digit is lost, everything else is text, which no program runs. */
export class XlsxFile implements FileEncoder {
  readonly notation = 'plain';
  rows = 0;
  /** Above 4 GiB a part of the file needs ZIP64, which not every program reads: only when there are so many rows. */
  large = false;

  constructor(private readonly columns: readonly ExportColumn[]) {}

  async *encode(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const stream = writeXlsxStream(this.sheet(pieces), { name: 'report', zip64: this.large });
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) yield Buffer.from(chunk);
  }

  private async *sheet(pieces: AsyncIterable<Buffer>): AsyncGenerator<CellValue[]> {
    yield this.columns.map(({ name }) => name);
    const reader = new CopyRows();
    for await (const piece of pieces) {
      for (const row of reader.write(piece)) {
        this.rows += 1;
        yield row.map((text, index) => cellOf(text, this.columns[index] as ExportColumn));
      }
    }
  }
}

/** The cell of a value: by the type of its column, and as text where a number would lose digits. */
export function cellOf(text: string | null, { kind }: Pick<ExportColumn, 'kind'>): CellValue {
  if (text === null) return null;
  if (kind === 'flag') return text === 'true';
  if (kind === 'integer' || kind === 'decimal') return fitsCell(text) ? Number(text) : text;
  return text.slice(0, CELL_CHARACTERS);
}

/** Whether a decimal has no more significant digits than a cell keeps. */
function fitsCell(text: string): boolean {
  const digits = text.includes('.') ? text.replace(/0+$/, '').replace('.', '') : text.replace(/0+$/, '');
  return digits.replace(/^-?0*/, '').length <= CELL_DIGITS;
}
