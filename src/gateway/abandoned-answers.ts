/** How far answers are read that nobody waits for any more. */
export interface AbandonedLimits {
  /** How long each, in milliseconds; 0: not at all. */
  forMs: number;
  /** How many at a time. */
  atMost: number;
}

/**
 * The answers of a process that are read on for their true cost after their callers left. They take no caller's room; past the
 * bound further ones are cut at once, and charged by what was received.
 */
export class AbandonedAnswers {
  private reading = 0;

  constructor(private readonly limits: AbandonedLimits) {}

  /** How long one more may be read, in milliseconds; 0: not at all. Whoever may calls `leave` once at its end. */
  enter(): number {
    const { forMs, atMost } = this.limits;
    if (forMs === 0 || this.reading >= atMost) return 0;
    this.reading += 1;
    return forMs;
  }

  leave(): void {
    this.reading -= 1;
  }
}
