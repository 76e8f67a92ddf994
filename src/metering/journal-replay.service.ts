import { Injectable, Logger } from '@nestjs/common';
import { RollupNudge } from '../billing/holds/rollup-nudge.service.js';
import { isPassing } from '../platform/database/database.service.js';
import { SettlementJournal, type AbandonedFile } from './settlement-journal.store.js';
import { isOwnFault, Settler, type Refusal } from './settler.service.js';

const MAX_BATCH = 256;

/** Takes over what dead processes left behind. */
@Injectable()
export class JournalReplay {
  private readonly log = new Logger(JournalReplay.name);

  constructor(
    private readonly journal: SettlementJournal,
    private readonly settler: Settler,
    private readonly worker: RollupNudge,
  ) {}

  /**
   * Settles file after file; one that cannot be read or settled stays for the next time and stops no other, unless the
   * database is away. `includeFresh`: those of processes that may be alive too, which is harmless.
   */
  async run(includeFresh: boolean): Promise<void> {
    for (const path of this.journal.listAbandoned(includeFresh)) {
      try {
        await this.replay(this.journal.readAbandoned(path));
      } catch (error) {
        this.log.warn(`${path} stays for the next round: ${(error as Error).message}`);
        if (isPassing(error)) return;
      }
    }
  }

  /** Settles what a file holds. Lines that will never be settled are moved out of the way, never lost. */
  private async replay(file: AbandonedFile): Promise<void> {
    const { path, calls, damaged } = file;
    const refused: Refusal[] = [];
    let ended = 0;
    for (let start = 0; start < calls.length; start += MAX_BATCH) {
      const batch = await this.settler.settle(calls.slice(start, start + MAX_BATCH));
      ended += batch.ended;
      refused.push(...batch.refused);
    }
    if (ended > 0) this.worker.nudge();
    this.log.log(`settled ${ended} of ${calls.length} calls of ${path}`);
    const undecided = refused.find(({ error }) => !isOwnFault(error));
    if (undecided) throw undecided.error;
    const aside = this.journal.removeAbandoned(
      file,
      refused.map(({ call }) => call),
    );
    if (file.isCutShort) this.log.warn(`the last line of ${path} was cut short by a crash`);
    if (!aside) return;
    if (refused.length > 0) {
      this.log.error(
        `${refused.length} settlements are refused by the database and kept in ${aside}; rename it to .jsonl to try them again`,
      );
    }
    if (damaged.length > 0) {
      this.log.error(`${damaged.length} lines that were cut short or damaged are kept in ${aside}`);
    }
  }
}
