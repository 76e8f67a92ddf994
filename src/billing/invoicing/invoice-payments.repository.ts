import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { FaregateError } from '../../core/errors.js';
import { uuidv7 } from '../../core/ids.js';

/** Money received for an invoice. */
export interface Receipt {
  /** The whole of what was due. */
  amountMinor: bigint;
  method: 'charge' | 'bank_transfer';
  /** The UUID of the payment attempt, or the bank's reference; each is taken once. */
  reference: string;
  /** Who says so, as the audit log names them. */
  createdBy: string;
}

/** What was paid on which invoice. */
@Injectable()
export class InvoicePaymentsRepository {
  /** Throws conflict when the reference was used before. */
  async insert(client: PoolClient, invoiceId: string, receipt: Receipt): Promise<void> {
    const { rowCount } = await client.query(
      `insert into invoice_payment (id, invoice_id, amount_minor, method, reference, created_by)
       values ($1, $2, $3, $4, $5, $6) on conflict (method, reference) do nothing`,
      [uuidv7(), invoiceId, receipt.amountMinor, receipt.method, receipt.reference, receipt.createdBy],
    );
    if (rowCount === 1) return;
    throw new FaregateError('conflict', 'This reference was used for another payment.', {
      param: 'reference',
      code: 'payment_reference_used',
    });
  }
}
