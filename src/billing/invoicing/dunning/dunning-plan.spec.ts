import fc from 'fast-check';
import { dunningStep, retryAt, suspensionAt } from './dunning-plan.js';

const due = new Date('2026-12-01T00:00:00Z');
const at = (days: number) => new Date(due.getTime() + days * 86_400_000);

it.each([
  ['charges on the day it is due', 0, 0, true, 'collect'],
  ['charges a fourth time', 3, 7, true, 'collect'],
  ['only reminds after four tries', 4, 8, true, 'remind'],
  ['reminds who pays by transfer', 0, 0, false, 'remind'],
  ['stops the keys after 14 days', 4, 14, true, 'suspend'],
  ['stops the keys of who pays by transfer too', 0, 15, false, 'suspend'],
])('%s', (_, tries, days, chargeable, kind) => {
  expect(dunningStep({ tries, dueAt: due, now: at(days), chargeable, suspended: false }).kind).toBe(kind);
});

it('tries again after 1, 3 and 7 days, then waits for the end', () => {
  expect(retryAt({ tries: 1, dueAt: due, now: at(0), suspended: false })).toEqual(at(1));
  expect(retryAt({ tries: 2, dueAt: due, now: at(1), suspended: false })).toEqual(at(3));
  expect(retryAt({ tries: 3, dueAt: due, now: at(3), suspended: false })).toEqual(at(7));
  expect(retryAt({ tries: 4, dueAt: due, now: at(7), suspended: false })).toEqual(suspensionAt(due));
});

it('always ends: after at most five steps the invoice is paid for or its keys have stopped', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 }), (startDay) => {
      let now = at(startDay);
      let tries = 0;
      for (let steps = 0; steps < 6; steps++) {
        const step = dunningStep({ tries, dueAt: due, now, chargeable: true, suspended: false });
        if (step.kind === 'suspend') return;
        if (step.kind !== 'collect') {
          now = step.again;
          continue;
        }
        tries += 1;
        const next = retryAt({ tries, dueAt: due, now, suspended: false });
        expect(next.getTime()).toBeGreaterThanOrEqual(now.getTime());
        now = next;
      }
      throw new Error('dunning goes on for ever');
    }),
  );
});

it('looks every day for a card that can be charged once the keys have stopped', () => {
  const stopped = { tries: 4, dueAt: due, now: at(20), suspended: true };
  expect(dunningStep({ ...stopped, chargeable: false })).toEqual({ kind: 'wait', again: at(21) });
  expect(dunningStep({ ...stopped, chargeable: true })).toEqual({ kind: 'collect' });
  expect(retryAt(stopped)).toEqual(at(21));
});
