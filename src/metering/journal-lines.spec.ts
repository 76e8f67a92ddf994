import fc from 'fast-check';
import { linesOf, readLines } from './journal-lines.js';
import type { SettlementCall } from './settlement.js';

const callOf = (hold: string): SettlementCall =>
  ({ hold, release: true, request: { status: 'failed' }, attempts: [] }) as unknown as SettlementCall;

describe('the lines of a journal', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (holds) => {
        const calls = holds.map(callOf);
        expect(readLines(Buffer.from(linesOf(calls)))).toEqual({ calls, damaged: [], isCutShort: false });
      }),
    );
  });

  it('are all read, or end in one that was cut short, wherever a crash ends them', () => {
    const bytes = Buffer.from(linesOf([callOf('first'), callOf('sécond')]));
    for (let length = 0; length <= bytes.length; length++) {
      const { calls, damaged, isCutShort } = readLines(bytes.subarray(0, length));
      const rest = bytes.subarray(0, length).toString().split('\n').at(-1) ?? '';
      // A line that lacks nothing but its line feed says everything.
      const isWhole = rest.endsWith('"attempts":[]}');
      const fed = bytes.subarray(0, length).filter((byte) => byte === 10).length;
      expect([calls.length, damaged, isCutShort]).toEqual([
        fed + Number(isWhole),
        [],
        rest !== '' && !isWhole,
      ]);
    }
  });

  it('that are no settlements are kept byte by byte, and those around them are read', () => {
    const [first, second] = [callOf('first'), callOf('second')];
    for (const odd of [
      'null',
      '7',
      '[]',
      '{}',
      '{"hold":1,"request":{},"attempts":[]}',
      '{"hold":"0190',
      '\xb2',
    ]) {
      const damaged = Buffer.from(`${odd}\n`, 'latin1');
      const bytes = Buffer.concat([
        Buffer.from(linesOf([first])),
        damaged,
        Buffer.from(`\n${linesOf([second])}`),
      ]);
      expect(readLines(bytes)).toEqual({ calls: [first, second], damaged: [damaged], isCutShort: false });
    }
  });
});
