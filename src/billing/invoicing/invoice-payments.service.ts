import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { minorToNano } from '../../core/currency.js';
import { CreditsRepository } from '../credits/credits.repository.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { invoicePaid } from '../ledger/invoice-posting.js';
import { balanceChange } from '../ledger/posting.js';
import { advance, amountDue, type Invoice } from './invoice.js';
import { DunningRepository } from './dunning/dunning.repository.js';
import { InvoicePaymentsRepository, type Receipt } from './invoice-payments.repository.js';
import { InvoicesRepository } from './invoices.repository.js';

/** Closes invoices with money. Everything happens inside the caller's transaction, which has locked the invoice. */
@Injectable()
export class InvoicePaymentsService {
  constructor(
    private readonly invoices: InvoicesRepository,
    private readonly payments: InvoicePaymentsRepository,
    private readonly journal: LedgerService,
    private readonly credits: CreditsRepository,
    private readonly dunning: DunningRepository,
  ) {}

  /**
   * Takes all that is due, or closes an invoice that nothing is due on (`receipt` absent). Gives the wallet its
   * credit back, and lifts the suspension when this was the last invoice it was for. Throws conflict when the
   * invoice cannot be paid, and Error when the money is not what is due.
   */
  async settle(client: PoolClient, invoice: Invoice, receipt?: Receipt): Promise<void> {
    const { id, currency } = invoice;
    advance(invoice.status, 'pay');
    const amountMinor = receipt?.amountMinor ?? 0n;
    if (amountMinor !== amountDue(invoice)) {
      throw new Error(`invoice ${id}: ${amountMinor} minor units received, ${amountDue(invoice)} are due`);
    }
    if (receipt) await this.payments.insert(client, id, receipt);
    const into = receipt?.method === 'bank_transfer' ? 'bank' : 'cash_clearing';
    const postings = invoicePaid(into, minorToNano(amountMinor, currency), invoice.openUsageNano);
    await this.move(client, invoice, postings);
    await this.invoices.change(client, id, {
      status: 'paid',
      paidMinor: amountMinor,
      openUsageNano: 0n,
      collectAt: null,
      dunning: invoice.dunning === 'suspended' ? 'cured' : invoice.dunning,
    });
    await this.dunning.lift(client, invoice.walletId, id);
  }

  private async move(
    client: PoolClient,
    invoice: Invoice,
    postings: ReturnType<typeof invoicePaid>,
  ): Promise<void> {
    if (postings.length === 0) return;
    await this.journal.record(client, [
      {
        idempotencyKey: `invoice_paid:${invoice.id}`,
        kind: 'invoice_paid',
        organizationId: invoice.organizationId,
        walletId: invoice.walletId,
        currency: invoice.currency,
        description: `payment of ${invoice.numberText ?? ''}`,
        postings,
      },
    ]);
    const change = balanceChange(postings);
    if (change === 0n) return;
    await this.credits.lockWallet(client, invoice.walletId);
    await this.credits.addToBalance(client, invoice.walletId, change);
  }
}
