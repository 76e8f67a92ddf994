/** An event or an attempt. */
export interface BatchItem {
  /** UUID of the event, or of the attempt's call. */
  id: string;
  walletId: string;
}

/** A batch that failed for what is in it. */
export class BatchError extends Error {
  override readonly name = 'BatchError';

  constructor(
    private readonly items: readonly BatchItem[],
    override readonly cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause));
  }

  /** What cannot be posted; absent while it may be one of several. */
  get culprit(): BatchItem | undefined {
    return this.items.length === 1 ? this.items[0] : undefined;
  }

  /** How many to try next. */
  get nextLimit(): number {
    return Math.ceil(this.items.length / 10);
  }
}
