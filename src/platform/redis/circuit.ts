/** Failures in a row that open the circuit, and how long it stays open. */
const MAX_FAILURES = 5;
const OPEN_MS = 1_000;

/** Spares callers the wait for a service that is away: after five failures only one try a second goes out. */
export class Circuit {
  private failures = 0;
  private openUntilMs = -Infinity;

  /** Whether a try may go out now. Once the circuit is open, each yes starts another second of no. */
  admits(nowMs: number): boolean {
    if (this.failures < MAX_FAILURES) return true;
    if (nowMs < this.openUntilMs) return false;
    this.openUntilMs = nowMs + OPEN_MS;
    return true;
  }

  succeeded(): void {
    this.failures = 0;
  }

  failed(nowMs: number): void {
    this.failures += 1;
    if (this.failures === MAX_FAILURES) this.openUntilMs = nowMs + OPEN_MS;
  }
}
