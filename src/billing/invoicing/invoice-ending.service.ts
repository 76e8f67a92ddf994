import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { publicId } from '../../core/ids.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { advance, amountDue, type Invoice } from './invoice.js';
import { InvoiceBooksService } from './invoice-books.service.js';
import { InvoicePaymentsService } from './invoice-payments.service.js';
import { InvoiceVoidsService } from './invoice-voids.service.js';
import { InvoicesRepository } from './invoices.repository.js';

/** What finance does to an issued invoice by hand: says that a transfer has arrived, or voids it. */
@Injectable()
export class InvoiceEndingService {
  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesRepository,
    private readonly payments: InvoicePaymentsService,
    private readonly voids: InvoiceVoidsService,
    private readonly books: InvoiceBooksService,
  ) {}

  /**
   * A bank transfer has brought all that is due. Throws not_found, and conflict when the invoice cannot be paid, is
   * being charged, or the reference was used before.
   */
  async markPaid(id: string, reference: string, actor: AdminActor): Promise<Invoice> {
    return this.database.transaction(async (client) => {
      const before = await this.lock(client, id);
      advance(before.status, 'pay');
      await this.voids.assertNotCharging(client, id);
      await this.payments.settle(client, before, {
        amountMinor: amountDue(before),
        method: 'bank_transfer',
        reference,
        createdBy: actor.keyId === '' ? `system:${actor.name}` : publicId('adminKey', actor.keyId),
      });
      return this.books.close(client, { id, actor, action: 'invoice.pay', before, detail: { reference } });
    });
  }

  /**
   * Takes an issued invoice back: its entry in the ledger is undone, its number stays, and its usage gets a new
   * draft. Throws not_found, and conflict when something was paid or credited, or it is being charged.
   */
  async void(id: string, actor: AdminActor): Promise<Invoice> {
    return this.database.transaction(async (client) => {
      const before = await this.lock(client, id);
      advance(before.status, 'void');
      await this.voids.void(client, before);
      return this.books.close(client, { id, actor, action: 'invoice.void', before });
    });
  }

  /**
   * Writes off an invoice that will not be paid: what is due becomes a loss, and the customer's keys stop until finance lifts the
   * block. It can still be paid. Throws not_found, and conflict unless it is owed, or while it is being charged.
   */
  async writeOff(id: string, reason: string, actor: AdminActor): Promise<Invoice> {
    return this.database.transaction(async (client) => {
      const before = await this.lock(client, id);
      advance(before.status, 'write_off');
      await this.voids.assertNotCharging(client, id);
      await this.payments.writeOff(client, before);
      return this.books.close(client, { id, actor, action: 'invoice.write_off', before, detail: { reason } });
    });
  }

  private async lock(client: PoolClient, id: string): Promise<Invoice> {
    const invoice = await this.invoices.lock(client, id);
    if (!invoice) throw notFound('invoice', publicId('invoice', id));
    return invoice;
  }
}
