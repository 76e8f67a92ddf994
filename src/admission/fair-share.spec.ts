import fc from 'fast-check';
import { mayEnter } from './fair-share.js';

/** Lets calls of these organizations in, in this order, and says how many of each came in. */
function fill(capacity: number, callers: readonly number[]): Map<number, number> {
  const inside = new Map<number, number>();
  let running = 0;
  for (const tenant of callers) {
    const ofTenant = inside.get(tenant) ?? 0;
    if (!mayEnter({ running, ofTenant, tenants: inside.size, capacity })) continue;
    inside.set(tenant, ofTenant + 1);
    running += 1;
  }
  return inside;
}

it('one organization alone gets half of the capacity and no more', () => {
  for (const capacity of [1, 2, 7, 100]) {
    const taken = fill(capacity, Array<number>(3 * capacity).fill(1)).get(1);
    expect(taken).toBe(Math.ceil(capacity / 2));
  }
});

it('a newcomer finds room whatever one other does, and all together never exceed the capacity', () => {
  const orders = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 60 }), orders, (capacity, callers) => {
      const greedy = Array<number>(200).fill(0);
      const before = fill(capacity, greedy);
      expect(fill(capacity, [...greedy, 1]).get(1)).toBe(1);
      const inside = fill(capacity, [...greedy, ...callers]);
      expect([...inside.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(capacity);
      expect(inside.get(0)).toBe(before.get(0));
    }),
  );
});
