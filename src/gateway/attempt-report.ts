import { inputTotal } from '../core/token-usage.js';
import { formatNano, roundPicoToNano } from '../core/money.js';
import type { AttemptMeter } from '../metering/attempt-meter.js';
import { priceFor } from '../metering/rate-usage.js';
import type { AttemptMeasurement } from '../routing/deployment-stats.js';

/** What an attempt that ended tells of its deployment. */
export function measurementOf(attempt: AttemptMeter, failed: boolean): AttemptMeasurement {
  const usage = attempt.tap.reportedUsage;
  return {
    failed,
    firstTokenMs: attempt.firstOutputMs,
    outputTokens: usage?.output.total,
    outputMs: attempt.firstOutputMs === undefined ? undefined : attempt.durationMs - attempt.firstOutputMs,
    inputTokens: usage === undefined ? undefined : inputTotal(usage),
    cachedTokens: usage?.input.cacheRead,
    cacheWritten: (usage?.input.cacheWrite5m ?? 0) + (usage?.input.cacheWrite1h ?? 0),
  };
}

/** What the caller saved because input came out of the vendor's prompt cache, as decimal text of the list currency. */
export function savedByCache(attempt: AttemptMeter): string {
  const usage = attempt.tap.reportedUsage;
  const cached = usage?.input.cacheRead ?? 0;
  const { listPrices } = attempt.candidate;
  const at = { inputTokens: (usage && inputTotal(usage)) ?? 0, serviceTier: usage?.serviceTier };
  const full = priceFor(listPrices, 'input', at)?.unitPricePico ?? 0n;
  const reduced = priceFor(listPrices, 'cache_read', at)?.unitPricePico ?? full;
  return formatNano(roundPicoToNano(BigInt(cached) * (full > reduced ? full - reduced : 0n)));
}
