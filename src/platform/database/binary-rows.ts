/**
 * PostgreSQL's binary form of an array of composite values (`array_recv`, `record_recv` and the `*_recv` of each type), which
 * the server reads far faster than text or JSON. A row's columns are written in the order of its type; a missing value is NULL.
 */

/** Object ids of PostgreSQL's own types, the same in every database (`pg_type.dat`). */
const OID = {
  bool: 16,
  int8: 20,
  int4: 23,
  text: 25,
  textArray: 1009,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
};
const NULL_LENGTH = -1;
const JSONB_VERSION = 1;
/** 2000-01-01, from which PostgreSQL counts, in milliseconds of the epoch. */
const POSTGRES_EPOCH_MS = 946_684_800_000;
const TWO_TO_32 = 4_294_967_296;
const WHOLE = /^-?\d+$/;
const DIGITS = /^\d+$/;
/** Decimal digits that a number holds exactly. */
const SAFE_DIGITS = 15;
const COUNT_AT = 12;
const FIRST_SIZE = 16_384;

/** Writes rows one after the other; `bytes` is the array so far. */
export class BinaryRows {
  private buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  /** Of the same bytes; V8 compiles its setters into the code around them. */
  private view = new DataView(this.buffer.buffer);
  private at = 0;
  private count = 0;
  /** One call's id stands in all its rows. */
  private latestId = '';
  private latestWords: UuidWords = [0, 0, 0, 0];

  /** `rowOid`: the object id of the rows' type, which differs from database to database. */
  constructor(rowOid: number) {
    this.int32(1); // dimensions
    this.int32(0); // no element is NULL
    this.int32(rowOid);
    this.int32(0); // number of rows, set at the end
    this.int32(1); // the first one's index
  }

  /** The array, with the rows written so far. */
  bytes(): Buffer {
    this.view.setInt32(COUNT_AT, this.count);
    return this.buffer.subarray(0, this.at);
  }

  /** Writes one row: `write` gives each of its columns. */
  row(columns: number, write: () => void): void {
    this.int32(0);
    const start = this.at;
    this.int32(columns);
    write();
    this.setLength(start);
    this.count += 1;
  }

  /** 36 characters with dashes. Throws RangeError when they are something else. */
  uuid(text: string | undefined): void {
    if (this.column(OID.uuid, text, 16))
      this.words(text === this.latestId ? this.latestWords : this.readLatest(text));
  }

  /** The same for an id that comes again and again, as those of the catalogue do: it is read once. */
  recurringUuid(text: string | undefined): void {
    if (!this.column(OID.uuid, text, 16)) return;
    let words = RECURRING.get(text);
    if (words === undefined) {
      words = readUuid(text);
      if (RECURRING.size >= MAX_RECURRING) RECURRING.clear();
      RECURRING.set(text, words);
    }
    this.words(words);
  }

  bool(value: boolean | undefined): void {
    if (this.column(OID.bool, value, 1)) this.buffer[this.at++] = value ? 1 : 0;
  }

  /** Throws RangeError when it is no whole number of 32 bits. */
  int4(value: number | undefined): void {
    if (!this.column(OID.int4, value, 4)) return;
    if ((value | 0) !== value) throw new RangeError(`not a whole number of 32 bits: ${value}`);
    this.int32(value);
  }

  /** A whole number, or its decimal digits. Throws RangeError when it is none, or larger than 64 bits. */
  int8(value: number | string | undefined): void {
    if (!this.column(OID.int8, value, 8)) return;
    if (typeof value === 'string' && !WHOLE.test(value)) throw new RangeError(`not a whole number: ${value}`);
    if (typeof value === 'string' && value.length > SAFE_DIGITS) {
      this.at = this.buffer.writeBigInt64BE(BigInt(value), this.at);
    } else {
      this.int64(Number(value));
    }
  }

  /** Decimal digits of a whole number from 0 up. Throws RangeError when they are something else. */
  numeric(digits: string | undefined): void {
    const groups = Math.ceil((digits?.length ?? 0) / 4);
    if (!this.column(OID.numeric, digits, 8 + 2 * groups)) return;
    if (!DIGITS.test(digits)) throw new RangeError(`not a whole number: ${digits}`);
    this.int16(groups);
    this.int16(groups - 1); // weight of the first group
    this.int16(0); // sign: positive
    this.int16(0); // digits behind the point
    for (let end = digits.length - 4 * (groups - 1); end <= digits.length; end += 4) {
      this.int16(Number(digits.slice(Math.max(0, end - 4), end)));
    }
  }

  /** An instant until 2285, as ISO text or in milliseconds of the epoch. Throws RangeError when it is none. */
  timestamptz(instant: string | number | undefined): void {
    if (!this.column(OID.timestamptz, instant, 8)) return;
    const epochMs = typeof instant === 'number' ? instant : Date.parse(instant);
    this.int64((epochMs - POSTGRES_EPOCH_MS) * 1000);
  }

  /** Must have no NUL and no half of a surrogate pair. */
  text(value: string | undefined): void {
    if (!this.column(OID.text, value, 0)) return;
    const start = this.at;
    this.utf8(value);
    this.setLength(start);
  }

  textArray(values: readonly string[] | undefined): void {
    if (!this.column(OID.textArray, values, 0)) return;
    const start = this.at;
    this.reserve(20);
    this.int32(values.length === 0 ? 0 : 1);
    this.int32(0);
    this.int32(OID.text);
    if (values.length > 0) {
      this.int32(values.length);
      this.int32(1);
      for (const value of values) this.item(value);
    }
    this.setLength(start);
  }

  /** Any JSON value; undefined and null are NULL. */
  jsonb(value: unknown): void {
    const json = value === undefined || value === null ? undefined : JSON.stringify(value);
    if (!this.column(OID.jsonb, json, 0)) return;
    const start = this.at;
    this.buffer[this.at++] = JSONB_VERSION;
    this.utf8(json);
    this.setLength(start);
  }

  private readLatest(text: string): UuidWords {
    this.latestWords = readUuid(text);
    this.latestId = text;
    return this.latestWords;
  }

  private words([first, second, third, fourth]: UuidWords): void {
    this.int32(first);
    this.int32(second);
    this.int32(third);
    this.int32(fourth);
  }

  /** Type and length of a column, and room for its value; false when it is NULL and thereby written. */
  private column<Value>(oid: number, value: Value | null | undefined, length: number): value is Value {
    const present = value !== undefined && value !== null;
    this.reserve(8 + length);
    this.int32(oid);
    this.int32(present ? length : NULL_LENGTH);
    return present;
  }

  /** A text of an array. */
  private item(text: string): void {
    this.int32(0);
    const start = this.at;
    this.utf8(text);
    this.setLength(start);
  }

  private utf8(text: string): void {
    this.reserve(3 * text.length);
    this.at += this.buffer.write(text, this.at);
  }

  /** Sets the length that stands before `start`: all that was written since. */
  private setLength(start: number): void {
    this.view.setInt32(start - 4, this.at - start);
  }

  private int16(value: number): void {
    this.view.setInt16(this.at, value);
    this.at += 2;
  }

  private int32(value: number): void {
    this.view.setInt32(this.at, value);
    this.at += 4;
  }

  private int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number: ${value}`);
    const high = Math.floor(value / TWO_TO_32);
    this.int32(high);
    this.view.setUint32(this.at, value - high * TWO_TO_32);
    this.at += 4;
  }

  /** Makes room for so many bytes and the few fixed ones that may follow. */
  private reserve(bytes: number): void {
    if (this.at + bytes + 16 <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.buffer.length + bytes));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }
}

/** The 16 bytes of a UUID as four signed 32-bit numbers. */
type UuidWords = readonly [number, number, number, number];

/** Ids that come again, as they were read; forgotten when they are too many. */
const RECURRING = new Map<string, UuidWords>();
const MAX_RECURRING = 10_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function readUuid(text: string): UuidWords {
  if (!UUID.test(text)) throw new RangeError(`not a UUID: ${text}`);
  return [
    parseInt(text.slice(0, 8), 16) | 0,
    parseInt(text.slice(9, 13) + text.slice(14, 18), 16) | 0,
    parseInt(text.slice(19, 23) + text.slice(24, 28), 16) | 0,
    parseInt(text.slice(28), 16) | 0,
  ];
}
