import { EventEmitter } from 'node:events';
import { SharedAnswer, type Reader } from './shared-answer.js';

const MEGABYTE = Buffer.alloc(1024 * 1024);
const PIECE = Buffer.from('piece');

/** A caller who takes what it is written when the test says so. */
class FakeReader extends EventEmitter implements Reader {
  writableLength = 0;
  writableNeedDrain = false;
  destroyed = false;
  ended = false;
  received = 0;
  elapsed = (): void => undefined;

  constructor(private readonly takesAtOnce = false) {
    super();
  }

  writeHead(): void {}

  write(bytes: Buffer): boolean {
    this.received += bytes.length;
    if (this.takesAtOnce) return true;
    this.writableLength += bytes.length;
    this.writableNeedDrain = true;
    return false;
  }

  end(bytes: Buffer = Buffer.alloc(0)): void {
    this.write(bytes);
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }

  setTimeout(_: number, elapsed: () => void): void {
    this.elapsed = elapsed;
  }

  drain(): void {
    this.writableLength = 0;
    this.writableNeedDrain = false;
    this.emit('drain');
  }
}

function answerFor(...readers: FakeReader[]): { answer: SharedAnswer; drained: () => number } {
  const answer = new SharedAnswer(1_000);
  let drains = 0;
  answer.on('drain', () => (drains += 1));
  for (const reader of readers) answer.join(reader);
  answer.writeHead(200, {});
  return { answer, drained: () => drains };
}

describe('an answer that several may read', () => {
  it('waits for its only reader, however long it is', () => {
    const reader = new FakeReader();
    const { answer, drained } = answerFor(reader);
    for (let written = 1; written <= 50; written++) {
      expect(answer.write(MEGABYTE)).toBe(false);
      expect(drained()).toBe(written - 1);
      reader.drain();
      expect(drained()).toBe(written);
    }
    expect([reader.destroyed, reader.received]).toEqual([false, 50 * MEGABYTE.length]);
  });

  it('goes on with the first of them who does, and cuts who falls behind that one', () => {
    const [quick, slow] = [new FakeReader(), new FakeReader()];
    const { answer, drained } = answerFor(quick, slow);
    let written = 0;
    while (!slow.destroyed) {
      expect(answer.write(MEGABYTE)).toBe(false);
      quick.drain();
      expect(drained()).toBe((written += 1));
    }
    expect(written).toBe(5);
    expect(quick.destroyed).toBe(false);
    expect(answer.write(PIECE)).toBe(false);
  });

  it('cuts nobody for being behind where all are', () => {
    const readers = [new FakeReader(), new FakeReader()];
    const { answer } = answerFor(...readers);
    for (let count = 0; count < 6; count++) expect(answer.write(MEGABYTE)).toBe(false);
    expect(readers.some(({ destroyed }) => destroyed)).toBe(false);
  });

  it('does not wait when nobody reads', () => {
    const { answer } = answerFor();
    expect(answer.write(PIECE)).toBe(true);
  });

  it.each([
    ['the one it waits for leaves', (reader: FakeReader) => reader.destroy()],
    ['who makes it has it cut', (_: FakeReader, answer: SharedAnswer) => answer.destroy()],
    ['its reader took nothing in time', (reader: FakeReader) => reader.elapsed()],
    [
      'another joins who takes it',
      (_: FakeReader, answer: SharedAnswer) => answer.join(new FakeReader(true)),
    ],
  ])('goes on when %s', (_, happens) => {
    const reader = new FakeReader();
    const { answer, drained } = answerFor(reader);
    expect(answer.write(PIECE)).toBe(false);
    happens(reader, answer);
    expect(drained()).toBe(1);
    expect(answer.write(PIECE)).toBe(true);
    expect(answer.destroyed).toBe(false);
    answer.end(PIECE);
    expect(answer.sent?.body).toBe('piecepiecepiece');
  });

  it('cuts readers of its end, too, who take nothing in time; others keep their connection', () => {
    const [idle, prompt, late] = [new FakeReader(), new FakeReader(true), new FakeReader()];
    const { answer } = answerFor(idle, prompt);
    answer.end(MEGABYTE);
    answer.join(late);
    for (const reader of [idle, prompt, late]) reader.elapsed();
    expect([idle, prompt, late].map(({ destroyed }) => destroyed)).toEqual([true, false, true]);
  });
});
