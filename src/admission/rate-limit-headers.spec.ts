import { durationText, rateLimitHeaders } from './rate-limit-headers.js';

it.each([
  [0, '0s'],
  [1, '1ms'],
  [999, '999ms'],
  [1_000, '1s'],
  [8_640, '8.64s'],
  [60_000, '1m0s'],
  [86_400, '1m26.4s'],
  [360_000, '6m0s'],
  [3_600_000, '1h0m0s'],
  [3_661_001, '1h1m1.001s'],
])('%i milliseconds are written %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

it('names only the limits that the key has', () => {
  const requests = { limit: 60, remaining: 59, resetMs: 1_000 };
  expect(rateLimitHeaders({ requests, tokens: undefined })).toEqual({
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-reset-requests': '1s',
  });
  expect(rateLimitHeaders({ requests: undefined, tokens: undefined })).toEqual({});
});
