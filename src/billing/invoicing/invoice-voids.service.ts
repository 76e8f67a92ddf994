import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { FaregateError } from '../../core/errors.js';
import { publicId } from '../../core/ids.js';
import { PaymentAttemptsRepository } from '../payments/payment-attempts.repository.js';
import { isClosed } from '../payments/payment-attempt.js';
import { CreditNotesRepository } from './credit-notes/credit-notes.repository.js';
import { DraftsService } from './drafts.service.js';
import { InvoiceBooksService } from './invoice-books.service.js';
import { periodOf, type Invoice } from './invoice.js';
import { InvoicesRepository } from './invoices.repository.js';

/** Voids invoices; always inside the caller's transaction, which has locked the invoice. */
@Injectable()
export class InvoiceVoidsService {
  constructor(
    private readonly invoices: InvoicesRepository,
    private readonly notes: CreditNotesRepository,
    private readonly attempts: PaymentAttemptsRepository,
    private readonly drafts: DraftsService,
    private readonly books: InvoiceBooksService,
  ) {}

  /** Throws conflict when a credit note refers to it, or while it is being charged. */
  async void(client: PoolClient, invoice: Invoice): Promise<void> {
    const { id } = invoice;
    if ((await this.notes.countOfInvoice(client, id)) > 0) {
      throw new FaregateError('conflict', 'A credit note refers to this invoice; credit the rest instead.', {
        code: 'invoice_credited',
      });
    }
    await this.assertNotCharging(client, id);
    await this.notes.undoApplications(client, id);
    await this.books.voided(client, invoice);
    await this.invoices.change(client, id, {
      status: 'void',
      appliedMinor: 0n,
      openUsageNano: 0n,
      collectAt: null,
    });
    await this.drafts.replaceVoid(client, id, periodOf(invoice));
  }

  /** Throws conflict while a payment is under way whose outcome would no longer fit the invoice. */
  async assertNotCharging(client: PoolClient, invoiceId: string): Promise<void> {
    const blocking = await this.attempts.listBlocking(client, 'invoice', invoiceId);
    const live = blocking.find(({ status }) => !isClosed(status));
    if (!live) return;
    throw new FaregateError(
      'conflict',
      `Payment ${publicId('payment', live.id)} is under way; wait for its outcome or cancel it.`,
      { code: 'payment_in_progress' },
    );
  }
}
