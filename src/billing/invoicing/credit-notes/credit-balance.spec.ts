import fc from 'fast-check';
import { applyNotes, sumApplications, type OpenNote } from './credit-balance.js';

const note = (over: Partial<OpenNote> = {}): OpenNote => ({
  id: 'n',
  numberText: 'CN-1',
  totalMinor: 119n,
  usageNano: 1_000_000_000n,
  appliedMinor: 0n,
  appliedUsageNano: 0n,
  ...over,
});

it('pays from the oldest note first and only what is due', () => {
  const applications = applyNotes([note({ id: 'a' }), note({ id: 'b' })], 150n);
  expect(applications.map(({ noteId, amountMinor }) => [noteId, amountMinor])).toEqual([
    ['a', 119n],
    ['b', 31n],
  ]);
  expect(applyNotes([note()], 0n)).toEqual([]);
  expect(applyNotes([note({ appliedMinor: 119n })], 5n)).toEqual([]);
});

it('carries exactly a note’s usage over any number of parts', () => {
  const dues = fc.array(fc.bigInt({ min: 1n, max: 50n }), { minLength: 30, maxLength: 60 });
  fc.assert(
    fc.property(dues, fc.bigInt({ min: 0n, max: 10n ** 12n }), (wanted, usageNano) => {
      const state = note({ usageNano, totalMinor: 1_000n });
      let last = 1_000n;
      for (const due of [...wanted, 2_000n]) {
        const paid = sumApplications(applyNotes([state], due));
        expect(paid.amountMinor).toBeLessThanOrEqual(due);
        state.appliedMinor += paid.amountMinor;
        state.appliedUsageNano += paid.usageNano;
        expect(state.totalMinor - state.appliedMinor).toBeLessThanOrEqual(last);
        last = state.totalMinor - state.appliedMinor;
      }
      expect(state.appliedMinor).toBe(1_000n);
      expect(state.appliedUsageNano).toBe(usageNano);
    }),
  );
});
