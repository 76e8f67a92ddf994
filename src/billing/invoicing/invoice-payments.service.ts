import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { minorToNano } from '../../core/currency.js';
import { CreditsRepository } from '../credits/credits.repository.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { invoicePaid, invoiceWrittenOff } from '../ledger/invoice-posting.js';
import { balanceChange, negate, type Posting } from '../ledger/posting.js';
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
    const amountNano = minorToNano(amountMinor, currency);
    const paid = invoicePaid(into, amountNano, invoice.openUsageNano);
    // What was written off is no claim any more: the money takes the loss back.
    const isLoss = invoice.status === 'uncollectible';
    const postings = isLoss ? [...negate(invoiceWrittenOff(amountNano, 0n)), ...paid] : paid;
    await this.move(client, invoice, { key: `invoice_paid:${id}`, kind: 'invoice_paid', postings });
    await this.invoices.change(client, id, {
      status: 'paid',
      paidMinor: amountMinor,
      openUsageNano: 0n,
      collectAt: null,
      dunning: invoice.dunning === 'suspended' ? 'cured' : invoice.dunning,
    });
    await this.dunning.lift(client, invoice.walletId, id);
  }

  /**
   * Gives up all that is due. The wallet gets its credit back, as after a payment, and its keys stop until finance lifts the
   * block. Throws conflict unless the invoice is owed.
   */
  async writeOff(client: PoolClient, invoice: Invoice): Promise<void> {
    const { id, currency } = invoice;
    advance(invoice.status, 'write_off');
    const postings = invoiceWrittenOff(minorToNano(amountDue(invoice), currency), invoice.openUsageNano);
    const key = `invoice_written_off:${id}`;
    await this.move(client, invoice, { key, kind: 'invoice_written_off', postings });
    const change = { status: 'uncollectible' as const, openUsageNano: 0n, collectAt: null };
    await this.invoices.change(client, id, change);
    await this.dunning.lift(client, invoice.walletId, id);
    await this.dunning.stopByHand(client, invoice.walletId);
  }

  private async move(
    client: PoolClient,
    invoice: Invoice,
    { key, kind, postings }: { key: string; kind: string; postings: Posting[] },
  ): Promise<void> {
    if (postings.length === 0) return;
    await this.journal.record(client, [
      {
        idempotencyKey: key,
        kind,
        organizationId: invoice.organizationId,
        walletId: invoice.walletId,
        currency: invoice.currency,
        description: `${kind === 'invoice_paid' ? 'payment' : 'write-off'} of ${invoice.numberText ?? ''}`,
        postings,
      },
    ]);
    const change = balanceChange(postings);
    if (change === 0n) return;
    await this.credits.lockWallet(client, invoice.walletId);
    await this.credits.addToBalance(client, invoice.walletId, change);
  }
}
