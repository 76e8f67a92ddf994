import { Module } from '@nestjs/common';
import { AdmissionModule } from '../admission/admission.module.js';
import { RollupNudgeModule } from '../billing/holds/rollup-nudge.module.js';
import { JournalReplay } from './journal-replay.service.js';
import { MeteringService } from './metering.service.js';
import { SettlementJournal } from './settlement-journal.store.js';
import { SettlementQueue } from './settlement-queue.service.js';
import { SettlementRepository } from './settlement.repository.js';
import { Settler } from './settler.service.js';

/** What a call used and what it cost: measured, journalled, settled. */
@Module({
  imports: [AdmissionModule, RollupNudgeModule],
  providers: [
    MeteringService,
    SettlementJournal,
    SettlementQueue,
    SettlementRepository,
    Settler,
    JournalReplay,
  ],
  exports: [MeteringService, SettlementQueue],
})
export class MeteringModule {}
