import { LogThrottle } from './log-throttle.js';

it('admits one a minute and says how many it kept back', () => {
  const throttle = new LogThrottle();
  expect(throttle.admit('away', 0)).toBe('away');
  expect(throttle.admit('away', 59_999)).toBeNull();
  expect(throttle.admit('away', 59_999)).toBeNull();
  expect(throttle.admit('away', 60_000)).toBe('away (and 2 more since)');
  expect(throttle.admit('away', 120_000)).toBe('away');
});
