import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { CopyRows } from './copy-text.js';
import type { ExportColumn } from './export-column.js';
import type { FileEncoder } from './file-encoder.js';

/** Rows held in memory at a time, and those of one row group. */
const ROW_GROUP = 20_000;
/** Digits a 64-bit integer surely holds. */
const NARROW_PRECISION = 18;
/** The most that DECIMAL of Parquet readers goes to, in 16 bytes. */
const WIDE_PRECISION = 38;
const WIDE_BYTES = 16;
/** Values of a column chunk that repeat are written once, up to so many bytes. */
const DICTIONARY_BYTES = 256 * 1_024;

type Value = string | bigint | boolean | null;

/** Collects what a row group makes until it is taken away. */
class PieceWriter extends ByteWriter {
  private pieces: Buffer[] = [];

  flush(): void {
    this.pieces.push(Buffer.from(this.getBytes().slice()));
    this.index = 0;
  }

  override finish(): void {
    this.flush();
  }

  take(): Buffer[] {
    const taken = this.pieces;
    this.pieces = [];
    return taken;
  }
}

/** A Parquet file: money as DECIMAL, exact; instants as UTC milliseconds; absent values as null. */
export class ParquetFile implements FileEncoder {
  readonly notation = 'unscaled';
  rows = 0;

  constructor(private readonly columns: readonly ExportColumn[]) {}

  async *encode(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const writer = new PieceWriter();
    const file = new ParquetWriter({
      writer,
      schema: this.schema(),
      createdBy: 'faregate',
    });
    const reader = new CopyRows();
    let group = this.emptyGroup();
    for await (const piece of pieces) {
      for (const row of reader.write(piece)) {
        this.rows += 1;
        row.forEach((text, index) => group[index]?.push(valueOf(text, this.columns[index] as ExportColumn)));
        if (group[0]?.length === ROW_GROUP) {
          await this.writeGroup(file, group);
          yield* writer.take();
          group = this.emptyGroup();
        }
      }
    }
    if (group[0]?.length !== 0) await this.writeGroup(file, group);
    await file.finish();
    yield* writer.take();
  }

  private emptyGroup(): Value[][] {
    return this.columns.map(() => []);
  }

  private async writeGroup(file: ParquetWriter, group: Value[][]): Promise<void> {
    const columnData = this.columns.map(({ name, kind }, index) => ({
      name,
      data: group[index] ?? [],
      offsetIndex: false,
      // The least and the greatest text would stay in memory to the end of the file, each with the piece that it was cut from.
      statistics: kind !== 'text' && kind !== 'id',
    }));
    await file.write({ columnData, rowGroupSize: ROW_GROUP, dictionarySize: DICTIONARY_BYTES });
  }

  private schema(): SchemaElement[] {
    return [{ name: 'root', num_children: this.columns.length }, ...this.columns.map(elementOf)];
  }
}

function elementOf({ name, kind, scale = 0, wide }: ExportColumn): SchemaElement {
  const optional = { name, repetition_type: 'OPTIONAL' } as const;
  switch (kind) {
    case 'text':
    case 'id':
      return { ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' };
    case 'time':
      return { ...optional, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' };
    case 'flag':
      return { ...optional, type: 'BOOLEAN' };
    case 'integer':
      return { ...optional, type: 'INT64' };
    case 'decimal':
      return wide === true
        ? {
            ...optional,
            type: 'FIXED_LEN_BYTE_ARRAY',
            type_length: WIDE_BYTES,
            converted_type: 'DECIMAL',
            scale,
            precision: WIDE_PRECISION,
          }
        : { ...optional, type: 'INT64', converted_type: 'DECIMAL', scale, precision: NARROW_PRECISION };
  }
}

function valueOf(text: string | null, { name, kind, wide }: ExportColumn): Value {
  if (text === null) return null;
  if (kind === 'flag') return text === 'true';
  if (kind === 'text' || kind === 'id') return text;
  const digits = text.startsWith('-') ? text.length - 1 : text.length;
  if (kind === 'decimal' && wide !== true && digits > NARROW_PRECISION) {
    throw new RangeError(`${name} is too large for its Parquet column: ${text}`);
  }
  return BigInt(text);
}
