import { Injectable, Logger } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { FaregateError } from '../../core/errors.js';
import { publicId } from '../../core/ids.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { systemActor } from '../../platform/audit/audit-log.repository.js';
import { applyNotes, sumApplications } from './credit-notes/credit-balance.js';
import { CreditNotesRepository } from './credit-notes/credit-notes.repository.js';
import { DraftsService } from './drafts.service.js';
import { advance, periodOf, type Invoice } from './invoice.js';
import { InvoicesRepository } from './invoices.repository.js';
import { InvoiceBooksService } from './invoice-books.service.js';
import { collectMinor, documentOf, dueDate } from './issue-invoice.js';
import { sealDocument } from './documents/sealed-document.js';

/** Drafts a scheduled run finalises before it looks again. */
const BATCH = 100;

/** Issues invoices and statements: a number, a document nobody can change, and the ledger's entry, or none of it. */
@Injectable()
export class FinalizationService {
  private readonly logger = new Logger(FinalizationService.name);

  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesRepository,
    private readonly drafts: DraftsService,
    private readonly notes: CreditNotesRepository,
    private readonly books: InvoiceBooksService,
  ) {}

  /**
   * Issues a draft as it stands now: made anew from what holds now, its tax from what held at
   * the end of its period, paid first from the
   * customer's open credit notes. Throws not_found, and conflict when it is no draft or comes to less than nothing.
   */
  async finalize(id: string, actor: AdminActor): Promise<Invoice> {
    return this.database.transaction((client) => this.finalizeIn(client, id, actor));
  }

  /** The same inside the caller's transaction. */
  async finalizeIn(client: PoolClient, id: string, actor: AdminActor): Promise<Invoice> {
    const before = await this.invoices.lock(client, id);
    if (!before) throw notFound('invoice', publicId('invoice', id));
    advance(before.status, 'finalize');
    const { facts, draft } = await this.drafts.redraft(client, id, periodOf(before));
    if (collectMinor(draft) < 0n) {
      throw new FaregateError('conflict', 'This invoice would come to less than nothing.', {
        code: 'invoice_negative',
      });
    }
    const openNotes = await this.notes.listOpen(client, facts.walletId);
    const applications = applyNotes(openNotes, collectMinor(draft));
    await this.notes.recordApplications(client, id, applications);
    await this.books.issued(client, { id, facts, draft });
    // The series last of all: whoever numbers the next document waits from here to the commit, and no longer.
    const taken = await this.invoices.takeNumber(client, facts.legalEntityId, draft.kind);
    const issue = { facts, draft, number: taken.text, at: taken.at, applications };
    const { text, sha256 } = sealDocument(documentOf(issue));
    const applied = sumApplications(applications);
    await this.invoices.issue(client, id, {
      taken,
      document: text,
      sha256,
      dueAt: dueDate(taken.at, facts.netDays),
      openUsageNano: draft.usageNano - applied.usageNano,
    });
    const due = collectMinor(draft) - applied.amountMinor;
    await this.invoices.change(client, id, {
      appliedMinor: applied.amountMinor,
      collectAt: due > 0n ? taken.at : null,
    });
    return this.books.close(client, { id, actor, action: 'invoice.finalize', before });
  }

  /** Issues every draft that has waited as long as its legal entity wants; returns how many. */
  async finalizeDue(): Promise<number> {
    let issued = 0;
    for (const id of await this.invoices.listDraftsDue(BATCH)) {
      try {
        await this.finalize(id, systemActor('worker'));
        issued += 1;
      } catch (error) {
        this.logger.error(`draft ${publicId('invoice', id)} not issued: ${(error as Error).message}`);
      }
    }
    return issued;
  }
}
