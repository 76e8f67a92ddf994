import { Injectable, Logger } from '@nestjs/common';
import { RollupNudge } from '../billing/holds/rollup-nudge.service.js';
import { SettlementJournal, type AbandonedFile } from './settlement-journal.store.js';
import type { SettlementCall } from './settlement.js';
import { Settler } from './settler.service.js';

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

  /** `includeFresh`: files of processes that may be alive too, which is harmless. Throws when the database is away. */
  async run(includeFresh: boolean): Promise<void> {
    for (const file of this.journal.readAbandoned(includeFresh)) await this.replay(file);
  }

  /** Settles what a file holds. Lines that the database refuses are moved out of the way, never lost. */
  private async replay({ path, calls, unreadable }: AbandonedFile): Promise<void> {
    const refused: SettlementCall[] = [];
    for (let start = 0; start < calls.length; start += MAX_BATCH) {
      refused.push(...(await this.settler.settle(calls.slice(start, start + MAX_BATCH))));
    }
    if (calls.length > 0) this.worker.nudge();
    if (unreadable > 0) this.log.warn(`${path} has ${unreadable} lines that were cut short by a crash`);
    this.log.log(`replayed ${calls.length - refused.length} settlements of ${path}`);
    const aside = this.journal.removeAbandoned(path, refused);
    if (aside) {
      this.log.error(
        `${refused.length} settlements are refused by the database and kept in ${aside}; rename it to .jsonl to try them again`,
      );
    }
  }
}
