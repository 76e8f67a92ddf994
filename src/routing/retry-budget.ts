/** Retries that are always allowed at once, however little is going on. */
const MIN_RETRIES = 3;
/** Above that, one in so many calls under way may be a retry. */
const CALLS_PER_RETRY = 5;

/**
 * Keeps a process from multiplying its load on upstreams that are in trouble: of the calls under way at most a fifth,
 * and three in any case, may be second tries (Envoy's retry budget, 20 % and 3).
 */
export class RetryBudget {
  private calls = 0;
  private retries = 0;

  /** A call begins. */
  callBegan(): void {
    this.calls += 1;
  }

  /** A call ended, with so many retries of its own. */
  callEnded(retries: number): void {
    this.calls -= 1;
    this.retries -= retries;
  }

  /** Whether one more retry may begin; if so it counts until its call ends. */
  take(): boolean {
    if (this.retries >= Math.max(MIN_RETRIES, Math.floor(this.calls / CALLS_PER_RETRY))) return false;
    this.retries += 1;
    return true;
  }
}
