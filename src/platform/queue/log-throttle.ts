import { monotonicMs } from '../../core/clock.js';

/** Keeps an error that comes again and again from filling the log: the first is written, then one a minute. */
export class LogThrottle {
  private last = -Infinity;
  private suppressed = 0;

  constructor(private readonly intervalMs = 60_000) {}

  /** The text to log, with how many were left out since the last; null when this one is left out. */
  admit(text: string, nowMs = monotonicMs()): string | null {
    if (nowMs - this.last < this.intervalMs) {
      this.suppressed += 1;
      return null;
    }
    const suffix = this.suppressed > 0 ? ` (and ${this.suppressed} more since)` : '';
    this.last = nowMs;
    this.suppressed = 0;
    return text + suffix;
  }
}
