import type { Lot } from '../ledger/lots.js';
import { postUsage } from './post-usage.js';

const promo: Lot = {
  id: 'promo',
  kind: 'promo',
  taxPoint: 'use',
  priority: 10,
  createdAt: new Date(0),
  remainingNano: 5n,
  consumedNano: 0n,
};

it('posts nothing for free calls that cost nothing', () => {
  expect(postUsage([{ id: 'e', amountNano: 0n, costNano: 0n }], [promo], new Map()).postings).toEqual([]);
});

it('pays charges before it takes any back, also when the reversal comes first', () => {
  const events = [
    { id: 'a', amountNano: -7n, costNano: -2n, reversesId: 'b' },
    { id: 'b', amountNano: 7n, costNano: 2n },
  ];
  const { postings, moves, fundings } = postUsage(events, [promo], new Map());
  expect(fundings.map(({ eventId }) => eventId)).toEqual(['b', 'a']);
  expect(moves.map(({ kind, amountNano }) => [kind, amountNano])).toEqual([
    ['consume', 5n],
    ['restore', 5n],
  ]);
  expect(postings.reduce((sum, { amountNano }) => sum + amountNano, 0n)).toBe(0n);
});
