import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { minorExponent, minorToNano } from '../../../core/currency.js';
import { publicId } from '../../../core/ids.js';
import type { AdminActor } from '../../../platform/http/access.decorator.js';
import { CreditsRepository } from '../../credits/credits.repository.js';
import { creditNoteIssued } from '../../ledger/invoice-posting.js';
import { LedgerService } from '../../ledger/ledger.service.js';
import { balanceChange } from '../../ledger/posting.js';
import { InvoiceBooksService } from '../invoice-books.service.js';
import { amountDue, type Invoice } from '../invoice.js';
import { InvoicesRepository, type TakenNumber } from '../invoices.repository.js';
import { applyNotes, sumApplications } from './credit-balance.js';
import type { CreditNoteDraft, CreditNoteOrder } from './credit-note.js';
import { CreditNotesRepository } from './credit-notes.repository.js';

/** A note that has its number. */
export interface NumberedNote {
  id: string;
  invoice: Invoice;
  draft: CreditNoteDraft;
  taken: TakenNumber;
  text: string;
  sha256: string;
  order: CreditNoteOrder;
  actor: AdminActor;
}

/** What a credit note does to the ledger, the wallet and its invoice; always inside the caller's transaction. */
@Injectable()
export class CreditNoteBooksService {
  constructor(
    private readonly notes: CreditNotesRepository,
    private readonly invoices: InvoicesRepository,
    private readonly journal: LedgerService,
    private readonly credits: CreditsRepository,
    private readonly books: InvoiceBooksService,
  ) {}

  /** Posts a note. Usage that its correction has reversed is settled; an amount by hand lowers revenue. */
  async post(
    client: PoolClient,
    note: { id: string; invoice: Invoice; draft: CreditNoteDraft; byCorrection: boolean },
  ): Promise<void> {
    const { id, invoice, draft } = note;
    const { currency, organizationId, walletId } = invoice;
    const postings = creditNoteIssued(note.byCorrection ? 'contract_asset' : 'revenue_reduction', {
      usageNano: draft.usageNano,
      periodEndNano: draft.periodEndNano,
      collectNano: minorToNano(draft.totalMinor, currency),
      taxNano: minorToNano(draft.taxMinor, currency),
    });
    await this.journal.record(client, [
      {
        idempotencyKey: `credit_note:${id}`,
        kind: 'credit_note',
        organizationId,
        walletId,
        currency,
        description: `credit note to ${invoice.numberText ?? ''}`,
        postings,
      },
    ]);
    const change = balanceChange(postings);
    if (change === 0n) return;
    await this.credits.lockWallet(client, walletId);
    await this.credits.addToBalance(client, walletId, change);
  }

  /** Writes a note, pays with it what is still due on its invoice, and closes that when nothing is left. */
  async issue(client: PoolClient, note: NumberedNote): Promise<void> {
    const { id, invoice, draft, taken, order, actor } = note;
    await this.notes.insert(
      client,
      {
        id,
        invoiceId: invoice.id,
        organizationId: invoice.organizationId,
        walletId: invoice.walletId,
        seriesId: taken.seriesId,
        number: taken.number,
        numberText: taken.text,
        currency: invoice.currency,
        minorExp: minorExponent(invoice.currency),
        document: note.text,
        sha256: note.sha256,
        issuedAt: taken.at,
        createdBy: actor.keyId === '' ? `system:${actor.name}` : publicId('adminKey', actor.keyId),
        idempotencyKey: order.idempotencyKey,
        correctionId: order.correctionId ?? null,
        clawBackId: null,
      },
      draft,
    );
    await this.payOriginal(client, note);
    await this.books.close(client, {
      id: invoice.id,
      actor,
      action: 'credit_note.create',
      before: invoice,
      detail: { credit_note: taken.text, reason: order.reason, memo: order.memo },
    });
  }

  private async payOriginal(client: PoolClient, { id, invoice, draft, taken }: NumberedNote): Promise<void> {
    const due = invoice.status === 'finalized' ? amountDue(invoice) : 0n;
    const own = { id, numberText: taken.text, totalMinor: draft.totalMinor, usageNano: draft.usageNano };
    const applications = applyNotes([{ ...own, appliedMinor: 0n, appliedUsageNano: 0n }], due);
    if (applications.length === 0) return;
    await this.notes.recordApplications(client, invoice.id, applications);
    const applied = sumApplications(applications);
    await this.invoices.change(client, invoice.id, {
      appliedMinor: invoice.appliedMinor + applied.amountMinor,
      openUsageNano: invoice.openUsageNano - applied.usageNano,
    });
  }
}
