import fc from 'fast-check';
import { LiveList, type Listed } from './live-list.js';

class Call implements Listed {
  place = -1;
}

describe('LiveList', () => {
  it('holds what a Set would, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(15))), (steps) => {
        const calls = Array.from({ length: 16 }, () => new Call());
        const list = new LiveList<Call>();
        const set = new Set<Call>();
        for (const [comes, at] of steps) {
          const call = calls[at] as Call;
          if (comes && !set.has(call)) {
            list.add(call);
            set.add(call);
          } else if (!comes) {
            list.delete(call);
            set.delete(call);
          }
          expect(list.size).toBe(set.size);
          expect(new Set(list.all())).toEqual(set);
          expect(calls.every((one) => (one.place !== -1) === set.has(one))).toBe(true);
        }
      }),
    );
  });

  it('still names those that leave while all are gone through', () => {
    const list = new LiveList<Call>();
    const calls = [new Call(), new Call(), new Call()];
    for (const call of calls) list.add(call);
    const seen = list.all().filter((call) => (list.delete(call), true));
    expect(seen).toEqual(calls);
    expect(list.size).toBe(0);
  });
});
