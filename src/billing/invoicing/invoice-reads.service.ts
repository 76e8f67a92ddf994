import { Injectable } from '@nestjs/common';
import { FaregateError } from '../../core/errors.js';
import { publicId } from '../../core/ids.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { showCreditNote } from './credit-notes/credit-note-view.js';
import { CreditNotesRepository } from './credit-notes/credit-notes.repository.js';
import type { Invoice } from './invoice.js';
import { InvoicePartsRepository } from './invoice-parts.repository.js';
import { showLine, showPayment, showTax } from './invoice-parts.js';
import { showInvoice } from './invoice-view.js';
import { InvoicesRepository, type InvoiceFilter } from './invoices.repository.js';

/** More credit notes than these are listed at their own door. */
const NOTES_SHOWN = 100;

/** An invoice that has been issued. */
export type IssuedInvoice = Invoice & { document: string; numberText: string };

/** Reads invoices. */
@Injectable()
export class InvoiceReadsService {
  constructor(
    private readonly invoices: InvoicesRepository,
    private readonly parts: InvoicePartsRepository,
    private readonly notes: CreditNotesRepository,
  ) {}

  /** Throws not_found. */
  async get(id: string): Promise<Invoice> {
    const invoice = await this.invoices.find(id);
    if (!invoice) throw notFound('invoice', publicId('invoice', id));
    return invoice;
  }

  /** Throws not_found, and conflict for a draft. */
  async getIssued(id: string): Promise<IssuedInvoice> {
    const invoice = await this.get(id);
    const { document, numberText } = invoice;
    if (document !== null && numberText !== null) return { ...invoice, document, numberText };
    throw new FaregateError('conflict', 'This invoice is a draft: it has no document yet.', {
      code: 'invoice_status',
    });
  }

  /** An invoice as the API shows it, with everything that belongs to it. Throws not_found. */
  async getInFull(id: string) {
    const invoice = await this.get(id);
    const { currency } = invoice;
    const [lines, taxes, payments, notes] = await Promise.all([
      this.parts.listLines(id),
      this.parts.listTaxes(id),
      this.parts.listPayments(id),
      this.notes.list({ invoiceId: id, limit: NOTES_SHOWN }),
    ]);
    return {
      ...showInvoice(invoice),
      lines: lines.map((line) => showLine(line, currency)),
      taxes: taxes.map((tax) => showTax(tax, currency)),
      payments: payments.map((payment) => showPayment(payment, currency)),
      credit_notes: notes.map(showCreditNote),
    };
  }

  /** Newest first. */
  list(filter: InvoiceFilter): Promise<Invoice[]> {
    return this.invoices.list(filter);
  }
}
