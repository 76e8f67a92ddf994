import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { FaregateError } from '../../../core/errors.js';
import { publicId } from '../../../core/ids.js';
import type { AdminActor } from '../../../platform/http/access.decorator.js';
import { notFound } from '../../../platform/http/public-id.pipe.js';
import type { PaymentAttempt } from '../../payments/payment-attempt.js';
import { PaymentsService, type UsableMethod } from '../../payments/payments.service.js';
import { InvoiceBooksService } from '../invoice-books.service.js';
import { InvoicePaymentsService } from '../invoice-payments.service.js';
import { advance, amountDue, type Invoice } from '../invoice.js';
import { InvoicesRepository } from '../invoices.repository.js';
import { dunningStep, retryAt } from './dunning-plan.js';
import { DunningRepository } from './dunning.repository.js';

/** One step with one invoice, inside the caller's transaction. */
@Injectable()
export class CollectionStepService {
  constructor(
    private readonly invoices: InvoicesRepository,
    private readonly payments: PaymentsService,
    private readonly settlement: InvoicePaymentsService,
    private readonly books: InvoiceBooksService,
    private readonly dunning: DunningRepository,
  ) {}

  /** What the dunning plan says now; the attempt, when that is to charge. Null when it is not, or no more due. */
  async next(client: PoolClient, id: string): Promise<PaymentAttempt | null> {
    const invoice = await this.lock(client, id);
    const now = await this.dunning.now(client);
    if (!isOwed(invoice) || invoice.dueAt === null || invoice.collectAt === null || invoice.collectAt > now)
      return null;
    const method = await this.findCard(client, invoice.organizationId);
    const tries = invoice.collectionTries;
    const suspended = invoice.dunning === 'suspended';
    const step = dunningStep({ tries, dueAt: invoice.dueAt, now, chargeable: method !== null, suspended });
    switch (step.kind) {
      case 'collect':
        return this.order(client, id);
      case 'remind':
        await this.invoices.change(client, id, { dunning: 'reminded', collectAt: step.again });
        await this.books.announceOverdue(client, invoice);
        return null;
      case 'wait':
        await this.invoices.change(client, id, { collectAt: step.again });
        return null;
      case 'suspend':
        await this.dunning.suspend(client, invoice.walletId, id);
        await this.invoices.change(client, id, { dunning: 'suspended', collectAt: step.again });
        await this.books.announce(client, { ...invoice, dunning: 'suspended' });
        return null;
    }
  }

  /** Orders the charge of all that is due. Throws conflict and billing, as payments do. */
  async order(client: PoolClient, id: string): Promise<PaymentAttempt> {
    const invoice = await this.lock(client, id);
    advance(invoice.status, 'pay');
    const method = await this.payments.usableMethod(client, invoice.organizationId);
    if (method.provider === 'invoice') {
      throw new FaregateError('conflict', 'This customer pays by bank transfer; say when one has arrived.', {
        code: 'paid_by_transfer',
      });
    }
    await this.invoices.change(client, id, {
      collectionTries: invoice.collectionTries + 1,
      collectAt: null,
    });
    return this.payments.order(client, {
      organizationId: invoice.organizationId,
      purpose: 'invoice',
      purposeId: id,
      paymentMethodId: method.id,
      currency: invoice.currency,
      amountMinor: amountDue(invoice),
    });
  }

  /** The same because somebody asked for it, who stands in the audit log. */
  async orderFor(client: PoolClient, id: string, actor: AdminActor): Promise<PaymentAttempt> {
    const before = await this.lock(client, id);
    const attempt = await this.order(client, id);
    const detail = { payment: publicId('payment', attempt.id) };
    await this.books.record(client, { id, actor, action: 'invoice.charge', before, detail });
    return attempt;
  }

  /** The money has come. */
  async paid(client: PoolClient, attempt: PaymentAttempt): Promise<void> {
    const invoice = await this.lock(client, attempt.purposeId);
    await this.settlement.settle(client, invoice, {
      amountMinor: attempt.amountMinor,
      method: 'charge',
      reference: attempt.id,
      createdBy: 'system:payments',
    });
    await this.books.announce(client, await this.lock(client, invoice.id));
  }

  /** It has not, and the plan says when to try again. */
  async notPaid(client: PoolClient, id: string): Promise<void> {
    const invoice = await this.lock(client, id);
    if (!isOwed(invoice) || invoice.dueAt === null) return;
    const now = await this.dunning.now(client);
    const suspended = invoice.dunning === 'suspended';
    const collectAt = retryAt({ tries: invoice.collectionTries, dueAt: invoice.dueAt, now, suspended });
    await this.invoices.change(client, id, { dunning: suspended ? 'suspended' : 'reminded', collectAt });
    await this.books.announceOverdue(client, invoice);
  }

  /** A method that can be charged without its owner; null when the customer has none, or pays by transfer. */
  private async findCard(client: PoolClient, organizationId: string): Promise<UsableMethod | null> {
    try {
      const method = await this.payments.usableMethod(client, organizationId);
      return method.provider === 'invoice' ? null : method;
    } catch (error) {
      if (error instanceof FaregateError && error.kind === 'billing') return null;
      throw error;
    }
  }

  private async lock(client: PoolClient, id: string): Promise<Invoice> {
    const invoice = await this.invoices.lock(client, id);
    if (!invoice) throw notFound('invoice', publicId('invoice', id));
    return invoice;
  }
}

const isOwed = (invoice: Invoice): boolean => invoice.status === 'finalized' && amountDue(invoice) > 0n;
