import fc from 'fast-check';
import { pieces, type Cuts } from './pacing.js';

const anyCuts: fc.Arbitrary<Cuts> = fc.oneof(
  fc.constant<Cuts>('per-event'),
  fc.constant<Cuts>('per-byte'),
  fc.array(fc.integer({ min: 1, max: 9 })),
  fc.record({ randomSeed: fc.integer() }),
);

describe('pieces', () => {
  it('keeps every byte and completes every frame once, in order, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, unit: 'grapheme' })), anyCuts, (texts, cuts) => {
        const cut = [
          ...pieces(
            texts.map((text) => ({ text })),
            cuts,
          ),
        ];
        expect(Buffer.concat(cut.map((piece) => piece.bytes)).toString()).toBe(texts.join(''));
        expect(cut.flatMap((piece) => piece.completes.map((frame) => frame.text))).toEqual(texts);
      }),
    );
  });

  it('counts a frame as complete only with its last byte', () => {
    const cut = [...pieces([{ text: 'ab' }, { text: 'cd' }], [1, 2])];
    expect(cut.map((piece) => [piece.bytes.toString(), piece.completes.length])).toEqual([
      ['a', 0],
      ['bc', 1],
      ['d', 1],
    ]);
  });
});
