import fc from 'fast-check';
import { hourOf, splitByHour } from './window.js';

const at = (text: string) => new Date(text);

it('takes whole hours from the middle of a span and leaves its ragged ends', () => {
  expect(splitByHour({ from: at('2026-11-21T08:30:00Z'), to: at('2026-11-21T11:15:00Z') })).toEqual({
    hours: { from: at('2026-11-21T09:00:00Z'), to: at('2026-11-21T11:00:00Z') },
    edges: [
      { from: at('2026-11-21T08:30:00Z'), to: at('2026-11-21T09:00:00Z') },
      { from: at('2026-11-21T11:00:00Z'), to: at('2026-11-21T11:15:00Z') },
    ],
  });
});

it('has no edges when both ends are full hours, and no hours inside a single one', () => {
  const hours = { from: at('2026-11-21T08:00:00Z'), to: at('2026-11-21T09:00:00Z') };
  expect(splitByHour(hours)).toEqual({ hours, edges: [] });
  const short = { from: at('2026-11-21T08:10:00Z'), to: at('2026-11-21T08:50:00Z') };
  expect(splitByHour(short)).toEqual({ edges: [short] });
});

it('covers a span exactly once', () => {
  const instant = fc.integer({ min: 0, max: 40_000_000 }).map((ms) => new Date(ms));
  fc.assert(
    fc.property(instant, instant, (from, to) => {
      const { hours, edges } = splitByHour({ from, to });
      const parts = [...edges, ...(hours ? [hours] : [])].sort((a, b) => a.from.getTime() - b.from.getTime());
      if (from >= to) return expect(parts).toEqual([]);
      expect(parts[0]?.from).toEqual(from);
      expect(parts.at(-1)?.to).toEqual(to);
      parts.slice(1).forEach((part, index) => expect(part.from).toEqual(parts[index]?.to));
      if (hours) expect([hourOf(hours.from), hourOf(hours.to)]).toEqual([hours.from, hours.to]);
    }),
  );
});
