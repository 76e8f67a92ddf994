import { parseGroupings } from './usage-query.js';

it('reads groupings in any order, once each', () => {
  expect(parseGroupings('day, organization,day')).toEqual(['organization', 'day']);
});

it('names a word that is no grouping', () => {
  expect(parseGroupings('organization,colour')).toEqual({ unknown: 'colour' });
  expect(parseGroupings('')).toEqual({ unknown: '' });
});
