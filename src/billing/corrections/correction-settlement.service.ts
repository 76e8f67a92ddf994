import { Injectable, Logger } from '@nestjs/common';
import { unavailable } from '../../core/errors.js';
import { publicId } from '../../core/ids.js';
import { systemActor } from '../../platform/audit/audit-log.repository.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { CreditNotesService } from '../invoicing/credit-notes/credit-notes.service.js';
import { RollupService } from '../rollup/rollup.service.js';
import type { Correction } from './correction.js';
import { CorrectionsRepository, type ReversalToCredit } from './corrections.repository.js';
import { creditedParts } from './credited-parts.js';

const BATCH = 100;

/** Posts corrections and credits what was invoiced; can be repeated at any point. */
@Injectable()
export class CorrectionSettlementService {
  private readonly logger = new Logger(CorrectionSettlementService.name);

  constructor(
    private readonly database: Database,
    private readonly corrections: CorrectionsRepository,
    private readonly rollup: RollupService,
    private readonly notes: CreditNotesService,
  ) {}

  /** Throws unavailable while its events cannot be posted, conflict while an invoice to credit is being charged. */
  async settle(id: string, actor: AdminActor): Promise<void> {
    await this.rollup.drain(async () => !(await this.corrections.isQueued(id)));
    if (await this.corrections.isQueued(id)) throw unavailable('The correction is not posted yet.');
    await this.database.transaction(async (client) => {
      if (!(await this.corrections.lockOpen(client, id))) return;
      const correction = await this.corrections.get(client, id);
      for (const [invoiceId, reversals] of byInvoice(await this.corrections.listToCredit(client, id))) {
        const order = { ...orderOf(correction, invoiceId), parts: partsOf(reversals) };
        const note = await this.notes.issueIn(client, order, actor);
        await this.corrections.recordCredited(client, note.id, reversals);
      }
      await this.corrections.settle(client, id);
    });
  }

  /** Settles what could not be settled at once; returns how many. */
  async settleDue(): Promise<number> {
    let settled = 0;
    for (const { id } of await this.corrections.listOpen(BATCH)) {
      try {
        await this.settle(id, systemActor('worker'));
        settled += 1;
      } catch (error) {
        this.logger.warn(`correction ${publicId('correction', id)}: ${(error as Error).message}`);
      }
    }
    return settled;
  }
}

const orderOf = ({ id, reason, memo }: Correction, invoiceId: string) => ({
  invoiceId,
  reason,
  memo,
  correctionId: id,
  idempotencyKey: `correction:${id}:${invoiceId}`,
});

const partsOf =
  (reversals: readonly ReversalToCredit[]) => (creditable: Parameters<typeof creditedParts>[0]) =>
    creditedParts(creditable, reversals);

function byInvoice(reversals: ReversalToCredit[]): Map<string, ReversalToCredit[]> {
  const groups = new Map<string, ReversalToCredit[]>();
  for (const reversal of reversals) {
    groups.set(reversal.invoiceId, [...(groups.get(reversal.invoiceId) ?? []), reversal]);
  }
  return groups;
}
