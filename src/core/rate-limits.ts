/** Limits of a key, project, organization or model; absent means unlimited. */
export interface RateLimits {
  requestsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
  /** Calls at the same time. */
  concurrency?: number | undefined;
}

/** The same in the words of the admin API and of the tables; null and absent: unlimited. */
export interface RateLimitSettings {
  requests_per_minute?: number | null;
  tokens_per_minute?: number | null;
  concurrency?: number | null;
}

/** Limits as a table keeps them, for the code that counts. */
export const readRateLimits = (stored: RateLimitSettings): RateLimits => ({
  requestsPerMinute: stored.requests_per_minute ?? undefined,
  tokensPerMinute: stored.tokens_per_minute ?? undefined,
  concurrency: stored.concurrency ?? undefined,
});

/** What a table keeps: readers take absence for "unlimited"; a stored null would be one more way to say it. */
export const storedRateLimits = (settings: RateLimitSettings): Record<string, number> =>
  Object.fromEntries(
    Object.entries(settings).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );

/** As the admin API shows them: every limit named, null where there is none. */
export const rateLimitsView = (settings: RateLimitSettings) => ({
  requests_per_minute: settings.requests_per_minute ?? null,
  tokens_per_minute: settings.tokens_per_minute ?? null,
  concurrency: settings.concurrency ?? null,
});

/** True where anything is limited. */
export const isRateLimited = (limits: RateLimits): boolean =>
  limits.requestsPerMinute !== undefined ||
  limits.tokensPerMinute !== undefined ||
  limits.concurrency !== undefined;
