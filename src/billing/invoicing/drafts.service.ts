import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { unavailable } from '../../core/errors.js';
import { CommittedMonthsRepository } from './commitments/committed-months.repository.js';
import { draftInvoice, type InvoiceDraft } from './draft-invoice.js';
import { DraftsRepository, type BillingFacts } from './drafts.repository.js';
import { InvoicesRepository } from './invoices.repository.js';
import { PackageUsageRepository } from './packages/package-usage.repository.js';
import { decideTax } from './tax/tax-decision.js';

/** A draft, and the facts it was made of. */
export interface Drafted {
  facts: BillingFacts;
  draft: InvoiceDraft;
}

/** Makes drafts of closed periods, and makes them anew while they are drafts. */
@Injectable()
export class DraftsService {
  constructor(
    private readonly drafts: DraftsRepository,
    private readonly invoices: InvoicesRepository,
    private readonly months: CommittedMonthsRepository,
    private readonly packages: PackageUsageRepository,
  ) {}

  /** The document of a period; null when there is nothing to put on one. A period has one document at a time. */
  async draft(client: PoolClient, periodId: string): Promise<string | null> {
    const { facts, draft } = await this.make(client, periodId);
    if (draft.lines.length === 0) return null;
    const id = await this.invoices.insertDraft(client, facts, draft);
    await this.write(client, id, draft);
    return id;
  }

  /**
   * Makes a draft anew from what is known now: credit notes, parties; its tax as of the end of its period. Throws unavailable while a correction is not
   * settled, because it may still have to be credited.
   */
  async redraft(client: PoolClient, invoiceId: string, periodId: string): Promise<Drafted> {
    const drafted = await this.make(client, periodId);
    if (await this.drafts.hasOpenCorrection(client, drafted.facts.organizationId)) {
      throw unavailable('A correction of this customer is not settled yet; its invoice is issued after it.');
    }
    await this.invoices.updateDraft(client, invoiceId, drafted.facts, drafted.draft);
    await this.write(client, invoiceId, drafted.draft);
    return drafted;
  }

  /** Lets a void invoice go: its usage gets a new draft, because somebody still has to pay it. */
  async replaceVoid(client: PoolClient, invoiceId: string, periodId: string): Promise<void> {
    await this.drafts.releaseRollups(client, invoiceId);
    await this.draft(client, periodId);
  }

  private async make(client: PoolClient, periodId: string): Promise<Drafted> {
    const facts = await this.drafts.findFacts(client, periodId);
    if (!facts) throw new Error(`period ${periodId} has no customer`);
    const usage = await this.drafts.listUsage(client, periodId, facts.walletId);
    const committed = await this.months.findEnded(client, periodId, facts.walletId);
    if (committed?.isComplete === false) {
      throw unavailable(
        'An earlier period of this month is not closed yet; the commitment is billed after it.',
      );
    }
    const packages = await this.packages.list(client, periodId, facts.walletId);
    const tax = decideTax(facts.taxSeller, facts.taxBuyer);
    return { facts, draft: draftInvoice({ ...facts, usage, packages, committed, tax }) };
  }

  private async write(client: PoolClient, invoiceId: string, draft: InvoiceDraft): Promise<void> {
    await this.drafts.replaceParts(client, invoiceId, draft);
    await this.drafts.claimRollups(client, invoiceId);
  }
}
