import { monotonicMs } from '../../../core/clock.js';
import type { BackgroundExportsRepository, ExportRun } from './background-exports.repository.js';

const RENEW_EVERY_MS = 1_000;

/** Keeps a run's lease while its file is being written, and tells how far it is. */
export class RunLease {
  /** How long a worker may be silent before another takes over. */
  static readonly SECONDS = 30;

  /** Another run may have begun: nothing more may be done. */
  isLost = false;
  private readonly progress: { rows: number; expected: number | null } = { rows: 0, expected: null };
  private readonly timer: NodeJS.Timeout;
  private renewedAt = monotonicMs();
  private renewing = false;

  constructor(
    private readonly exports: BackgroundExportsRepository,
    private readonly run: ExportRun,
  ) {
    this.timer = setInterval(() => void this.renew(), RENEW_EVERY_MS);
  }

  /** Remembers how far the file is; told with the next renewal. */
  note(progress: { rows?: number; expected?: number | null }): void {
    Object.assign(this.progress, progress);
  }

  end(): void {
    clearInterval(this.timer);
  }

  private async renew(): Promise<void> {
    if (this.renewing) return;
    this.renewing = true;
    const startedAt = monotonicMs();
    try {
      if (await this.exports.renew(this.run, this.progress, RunLease.SECONDS)) this.renewedAt = startedAt;
      else this.isLost = true;
    } catch {
      // The database is away; the lease lasts until it ends.
      if (monotonicMs() - this.renewedAt > RunLease.SECONDS * 1_000) this.isLost = true;
    } finally {
      this.renewing = false;
    }
  }
}
