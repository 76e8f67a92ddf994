import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { publicId } from '../../core/ids.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { invoiceIssued, invoiceVoided } from '../ledger/invoice-posting.js';
import type { InvoiceDraft } from './draft-invoice.js';
import type { BillingFacts } from './drafts.repository.js';
import { OutboxRepository } from '../outbox/outbox.repository.js';
import { amountDue, type Invoice } from './invoice.js';
import { InvoicePaymentsService } from './invoice-payments.service.js';
import { InvoicesRepository } from './invoices.repository.js';
import { showInvoice } from './invoice-view.js';
import { issuedAmounts } from './issue-invoice.js';

/** What somebody did to an invoice. */
interface InvoiceChange {
  id: string;
  actor: AdminActor;
  /** As in the audit log: "invoice.void". */
  action: string;
  before: Invoice;
  detail?: Record<string, string>;
}

/** What happens to the books when an invoice changes; always inside the caller's transaction. */
@Injectable()
export class InvoiceBooksService {
  constructor(
    private readonly invoices: InvoicesRepository,
    private readonly journal: LedgerService,
    private readonly payments: InvoicePaymentsService,
    private readonly auditLog: AuditLogRepository,
    private readonly outbox: OutboxRepository,
  ) {}

  /** Posts a draft that is being issued; nothing for one that moves no money. */
  async issued(
    client: PoolClient,
    { id, facts, draft }: { id: string; facts: BillingFacts; draft: InvoiceDraft },
  ): Promise<void> {
    const postings = invoiceIssued(issuedAmounts(draft, facts.currency));
    if (postings.length === 0) return;
    const { organizationId, walletId, currency } = facts;
    await this.journal.record(client, [
      {
        idempotencyKey: `invoice:${id}`,
        kind: 'invoice',
        organizationId,
        walletId,
        currency,
        description: `${draft.kind} of the period from ${facts.startsAt.toISOString()}`,
        postings,
      },
    ]);
  }

  /** Posts the opposite of what issuing an invoice did. */
  async voided(client: PoolClient, invoice: Invoice): Promise<void> {
    const postings = invoiceVoided(issuedAmounts(invoice, invoice.currency));
    if (postings.length === 0) return;
    const { id, organizationId, walletId, currency } = invoice;
    await this.journal.record(client, [
      {
        idempotencyKey: `invoice_void:${id}`,
        kind: 'invoice_void',
        organizationId,
        walletId,
        currency,
        description: `void of ${invoice.numberText ?? ''}`,
        postings,
        reversesKey: `invoice:${id}`,
      },
    ]);
  }

  /**
   * Ends a change: an issued invoice that nothing is due on is paid, and the audit log knows who did what. Answers
   * the invoice as it is now.
   */
  async close(client: PoolClient, change: InvoiceChange): Promise<Invoice> {
    const now = await this.get(client, change.id);
    if (now.status === 'finalized' && amountDue(now) === 0n) await this.payments.settle(client, now);
    await this.announce(client, await this.get(client, change.id));
    return this.record(client, change);
  }

  /** Notes in the audit log who did what; answers the invoice as it is now. */
  async record(client: PoolClient, change: InvoiceChange): Promise<Invoice> {
    const after = await this.get(client, change.id);
    await this.auditLog.append(client, {
      actor: change.actor,
      action: change.action,
      targetKind: 'invoice',
      targetId: publicId('invoice', change.id),
      organizationId: after.organizationId,
      before: showInvoice(change.before),
      after: showInvoice(after),
      detail: change.detail ?? {},
    });
    return after;
  }

  /** Tells subscribers what an invoice has become. */
  async announce(client: PoolClient, invoice: Invoice): Promise<void> {
    const what =
      invoice.dunning === 'suspended' && invoice.status === 'finalized' ? 'suspended' : invoice.status;
    await this.outbox.add(client, {
      topic: 'event',
      dedupeKey: `invoice:${invoice.id}:${what}`,
      organizationId: invoice.organizationId,
      payload: { type: `invoice.${what}`, data: showInvoice(invoice) },
    });
  }

  /** Tells subscribers that an invoice is due and not paid; once for each try and reminder. */
  async announceOverdue(client: PoolClient, invoice: Invoice): Promise<void> {
    await this.outbox.add(client, {
      topic: 'event',
      dedupeKey: `invoice:${invoice.id}:unpaid:${invoice.collectionTries}`,
      organizationId: invoice.organizationId,
      payload: { type: 'invoice.unpaid', data: showInvoice(invoice) },
    });
  }

  private async get(client: PoolClient, id: string): Promise<Invoice> {
    const invoice = await this.invoices.lock(client, id);
    if (!invoice) throw new Error(`invoice ${id} vanished`);
    return invoice;
  }
}
