import fc from 'fast-check';
import { isoTime } from './clock.js';

it('spells every instant as a Date does, whichever was asked for before', () => {
  const instant = fc.integer({ min: 0, max: 4_102_444_800_000 });
  fc.assert(
    fc.property(fc.array(instant, { minLength: 1 }), (instants) => {
      for (const ms of instants.flatMap((each) => [each, each, each + 1])) {
        expect(isoTime(ms)).toBe(new Date(ms).toISOString());
      }
    }),
  );
});
