import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { FaregateError } from '../../../core/errors.js';
import { publicId, uuidv7 } from '../../../core/ids.js';
import { Database } from '../../../platform/database/database.service.js';
import type { AdminActor } from '../../../platform/http/access.decorator.js';
import { notFound } from '../../../platform/http/public-id.pipe.js';
import { sealDocument } from '../documents/sealed-document.js';
import { InvoiceVoidsService } from '../invoice-voids.service.js';
import type { Invoice } from '../invoice.js';
import { InvoicesRepository } from '../invoices.repository.js';
import { CreditNoteBooksService } from './credit-note-books.service.js';
import { creditNoteDocument } from './credit-note-document.js';
import { draftCreditNote, type Creditable, type CreditNote, type CreditNoteOrder } from './credit-note.js';
import { CreditNotesRepository } from './credit-notes.repository.js';

/** Issues credit notes: what is given back of an invoice, with its own number, document and entry in the ledger. */
@Injectable()
export class CreditNotesService {
  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesRepository,
    private readonly notes: CreditNotesRepository,
    private readonly voids: InvoiceVoidsService,
    private readonly books: CreditNoteBooksService,
  ) {}

  /**
   * Issues a note. What is still due on its invoice is paid from it first; the rest pays the customer's next invoices.
   * Throws not_found, conflict (a draft, a statement, a void, or a charge under way), invalid_request naming the line.
   */
  async issue(order: CreditNoteOrder, actor: AdminActor): Promise<CreditNote> {
    return this.database.transaction((client) => this.issueIn(client, order, actor));
  }

  /** The same inside the caller's transaction. */
  async issueIn(client: PoolClient, order: CreditNoteOrder, actor: AdminActor): Promise<CreditNote> {
    const invoice = await this.invoices.lock(client, order.invoiceId);
    if (!invoice) throw notFound('invoice', publicId('invoice', order.invoiceId));
    const repeated = await this.notes.findByKey(client, order.idempotencyKey);
    if (repeated) return sameNote(repeated, order);
    assertCreditable(invoice);
    await this.voids.assertNotCharging(client, invoice.id);
    const creditable: Creditable = {
      currency: invoice.currency,
      lines: await this.notes.listLines(client, invoice.id),
      groups: await this.notes.listGroups(client, invoice.id),
    };
    const draft = draftCreditNote(creditable, order.parts(creditable), order);
    const id = uuidv7();
    await this.books.post(client, { id, invoice, draft, byCorrection: order.correctionId !== undefined });
    const taken = await this.invoices.takeNumber(client, invoice.legalEntityId, 'credit_note');
    const { text, sha256 } = sealDocument(
      creditNoteDocument(invoice, draft, { number: taken.text, at: taken.at }),
    );
    await this.books.issue(client, { id, invoice, draft, taken, text, sha256, order, actor });
    const note = await this.notes.findByKey(client, order.idempotencyKey);
    if (!note) throw new Error('a credit note vanished');
    return note;
  }

  /** Throws not_found. */
  async get(id: string): Promise<CreditNote> {
    const note = await this.notes.find(id);
    if (!note) throw notFound('creditNote', publicId('creditNote', id));
    return note;
  }

  /** Newest first. */
  list(filter: Parameters<CreditNotesRepository['list']>[0]): Promise<CreditNote[]> {
    return this.notes.list(filter);
  }
}

function assertCreditable({ kind, status }: Invoice): void {
  if (kind === 'invoice' && (status === 'finalized' || status === 'paid')) return;
  const what =
    kind === 'statement'
      ? 'a statement, on which nothing was charged'
      : kind === 'receipt'
        ? 'a receipt: refund its payment'
        : status;
  throw new FaregateError('conflict', `Only an issued invoice can be credited; this one is ${what}.`, {
    code: 'invoice_status',
  });
}

function sameNote(note: CreditNote, order: CreditNoteOrder): CreditNote {
  if (note.invoiceId === order.invoiceId && note.reason === order.reason && note.memo === order.memo)
    return note;
  throw new FaregateError('conflict', 'This Idempotency-Key was used for another credit note.', {
    code: 'idempotency_key_reused',
  });
}
