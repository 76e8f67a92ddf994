import { shownNumber } from './shown-number.js';

describe('a decimal shown as a number', () => {
  it.each([
    [0n, 0, 0],
    [1_530n, 0, 1_530],
    [-7n, 0, -7],
    [5_000_000_000n, 9, 5],
    [123_456_789n, 7, 12.3456789],
    [-1n, 7, -0.0000001],
  ])('%s with %s decimals is %s', (value, places, shown) => {
    expect(shownNumber(value, places)).toBe(shown);
  });
});
