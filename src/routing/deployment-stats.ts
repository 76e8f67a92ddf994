/** How much a new measurement moves the average: the last ten or so count. */
const SHARE = 0.15;

/** What was measured of one deployment. */
export interface Measured {
  firstTokenMs?: number | undefined;
  tokensPerSecond?: number | undefined;
  /** 0–1. */
  errorRate: number;
  /** Share of input tokens that came out of the vendor's prompt cache, 0–1. */
  cacheShare: number;
}

/** One attempt that ended. */
export interface AttemptMeasurement {
  failed: boolean;
  firstTokenMs?: number | undefined;
  /** Output tokens, and the time from the first to the last of them. */
  outputTokens?: number | undefined;
  outputMs?: number | undefined;
  /** Input tokens in all, and those of them read from a cache. */
  inputTokens?: number | undefined;
  cachedTokens?: number | undefined;
  /** Input tokens written to a cache. */
  cacheWritten?: number | undefined;
}

const NOTHING: Measured = { errorRate: 0, cacheShare: 0 };

/** Moving averages of what deployments did for this process. */
export class DeploymentStats {
  private readonly known = new Map<string, Measured>();

  /** What is known of a deployment; no figure, no error and no cache before it was used. */
  of(deploymentId: string): Measured {
    return this.known.get(deploymentId) ?? NOTHING;
  }

  record(deploymentId: string, attempt: AttemptMeasurement): void {
    const before = this.of(deploymentId);
    const next = { ...before, errorRate: moved(before.errorRate, attempt.failed ? 1 : 0) };
    if (!attempt.failed) {
      const { firstTokenMs, outputTokens, outputMs, inputTokens, cachedTokens = 0 } = attempt;
      next.firstTokenMs = movedFrom(before.firstTokenMs, firstTokenMs);
      if (outputTokens !== undefined && outputTokens > 8 && outputMs !== undefined && outputMs > 0)
        next.tokensPerSecond = movedFrom(before.tokensPerSecond, (outputTokens * 1_000) / outputMs);
      if (inputTokens !== undefined && inputTokens > 0)
        next.cacheShare = moved(before.cacheShare, Math.min(1, cachedTokens / inputTokens));
    }
    this.known.set(deploymentId, next);
  }
}

const moved = (before: number, now: number): number => before + (now - before) * SHARE;

const movedFrom = (before: number | undefined, now: number | undefined): number | undefined =>
  before === undefined || now === undefined ? (now ?? before) : moved(before, now);
