import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { monotonicMs } from '../../core/clock.js';
import { formatNano } from '../../core/money.js';
import { isPassing } from '../../platform/database/database.service.js';
import { countSwept, maySweep, type ClosedHold, type SweepCount } from './hold.js';
import { HoldsRepository } from './holds.repository.js';

/** How long the database must have answered without a failure before a sweep, in milliseconds. */
export const SWEEP_QUIET_MS = Symbol('SWEEP_QUIET_MS');

const BATCH = 200;
const PING_EVERY_MS = 5_000;

/** Ends calls whose process died: at their last checkpoint, or without a charge when there is none. */
@Injectable()
export class SweepService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('SWEEP');
  private reachableSinceMs: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly holds: HoldsRepository,
    @Inject(SWEEP_QUIET_MS) private readonly quietMs: number,
  ) {}

  onApplicationBootstrap(): void {
    void this.watch();
    this.timer = setInterval(() => void this.watch(), PING_EVERY_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Notes whether the database answers. Never throws. */
  async watch(): Promise<void> {
    try {
      await this.holds.ping();
      this.reachableSinceMs ??= monotonicMs();
    } catch {
      this.reachableSinceMs = undefined;
    }
  }

  /**
   * Sweeps until nothing is left; null when it is too early to. A hold that the database refuses to end stays open, stops no other,
   * and is tried again with the next run. Throws when the database does not answer.
   */
  async run(): Promise<SweepCount | null> {
    if (!maySweep(this.reachableSinceMs, monotonicMs(), this.quietMs)) return null;
    const count: SweepCount = { settled: 0, released: 0, chargedNano: 0n };
    const refused = new Set<string>();
    for (;;) {
      const refusedBefore = refused.size;
      const swept = await this.sweepBatch(refused);
      if (swept.length === 0 && refused.size === refusedBefore) break;
      const { settled, released, chargedNano } = countSwept(swept);
      count.settled += settled;
      count.released += released;
      count.chargedNano += chargedNano;
    }
    if (count.settled + count.released > 0) {
      const { settled, released, chargedNano } = count;
      this.logger.warn(`settled=${settled} released=${released} charged=${formatNano(chargedNano)}`);
    }
    return count;
  }

  /** A batch, in one statement until the database refuses one of its holds, then without those of `refused`, which it adds to. */
  private async sweepBatch(refused: Set<string>): Promise<ClosedHold[]> {
    try {
      if (refused.size > 0) return await this.sweepSingly(refused);
      return await this.holds.sweep(BATCH).catch((error: unknown) => {
        if (isPassing(error)) throw error;
        return this.sweepSingly(refused);
      });
    } catch (error) {
      this.reachableSinceMs = undefined;
      throw error;
    }
  }

  private async sweepSingly(refused: Set<string>): Promise<ClosedHold[]> {
    const swept: ClosedHold[] = [];
    for (const holdId of await this.holds.listAbandoned(BATCH, [...refused])) {
      try {
        swept.push(...(await this.holds.sweepOne(holdId)));
      } catch (error) {
        if (isPassing(error)) throw error;
        refused.add(holdId);
        this.logger.error(`hold ${holdId} cannot be ended: ${(error as Error).message}`);
      }
    }
    return swept;
  }
}
