import type { RateLimitAnswer } from './rate-limit-port.js';

/**
 * Where the tightest limits stand, in the headers and the form of OpenAI's API
 * (https://platform.openai.com/docs/guides/rate-limits, "Rate limits in headers"): `x-ratelimit-limit-requests: 60`,
 * `x-ratelimit-remaining-requests: 59`, `x-ratelimit-reset-requests: 1s`. `reset` is the time until the whole
 * allowance is there again. Only limits that there are are named.
 */
export function rateLimitHeaders({
  requests,
  tokens,
}: Pick<RateLimitAnswer, 'requests' | 'tokens'>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, standing] of [
    ['requests', requests],
    ['tokens', tokens],
  ] as const) {
    if (standing === undefined) continue;
    headers[`x-ratelimit-limit-${name}`] = String(standing.limit);
    headers[`x-ratelimit-remaining-${name}`] = String(standing.remaining);
    headers[`x-ratelimit-reset-${name}`] = durationText(standing.resetMs);
  }
  return headers;
}

/** Milliseconds as OpenAI writes them, which is Go's way: "120ms", "1s", "8.64s", "6m0s", "1h0m0s". */
export function durationText(ms: number): string {
  if (ms < 1_000) return ms === 0 ? '0s' : `${ms}ms`;
  const seconds = `${(ms % 60_000) / 1_000}s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}
