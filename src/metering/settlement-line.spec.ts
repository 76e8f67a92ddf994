import fc from 'fast-check';
import { jsonbOf, readLine, writeLines } from './settlement-line.js';

const call = fc.record({ hold: fc.uuid(), event: fc.string({ unit: 'grapheme' }), request: fc.jsonValue() });
/** As JSON keeps it: -0 is 0 there. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('settlement lines', () => {
  it('hold each settlement on a line of its own, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(call), (calls) => {
        const { bytes, lines } = writeLines(calls);
        expect(lines.map(readLine)).toEqual(asJson(calls));
        const read = bytes.toString('utf8').split('\n');
        expect(read.pop()).toBe('');
        expect(read.map((line) => JSON.parse(line) as unknown)).toEqual(asJson(calls));
      }),
    );
  });

  it('are one array behind the version of jsonb, of any choice of them', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(call, fc.boolean())), (picked) => {
        const { lines } = writeLines(picked.map(([one]) => one));
        const chosen = jsonbOf(lines.filter((_, index) => picked[index]?.[1]));
        expect(chosen[0]).toBe(1);
        expect(JSON.parse(chosen.toString('utf8', 1))).toEqual(
          asJson(picked.filter(([, isPicked]) => isPicked).map(([one]) => one)),
        );
      }),
    );
  });
});
