import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';
import type { StoredLine, StoredPayment, StoredTax } from './invoice-parts.js';

/** What belongs to an invoice, for those who look at it. */
@Injectable()
export class InvoicePartsRepository {
  constructor(private readonly database: Database) {}

  listLines(invoiceId: string): Promise<StoredLine[]> {
    return this.database.query<StoredLine>(
      `select seq, kind, description, model_id as "modelId", token_class as "tokenClass", price_version_id as "priceVersionId",
         quantity, unit_price_pico as "unitPricePico", amount_nano as "amountNano", amount_minor as "amountMinor",
         tax_category as "taxCategory", tax_rate_ppm as "taxRatePpm"
       from invoice_line where invoice_id = $1 order by seq`,
      [invoiceId],
    );
  }

  listTaxes(invoiceId: string): Promise<StoredTax[]> {
    return this.database.query<StoredTax>(
      `select tax_category as "taxCategory", tax_rate_ppm as "taxRatePpm", base_minor as "baseMinor", tax_minor as "taxMinor"
       from invoice_tax where invoice_id = $1 order by tax_category, tax_rate_ppm`,
      [invoiceId],
    );
  }

  listPayments(invoiceId: string): Promise<StoredPayment[]> {
    return this.database.query<StoredPayment>(
      `select amount_minor as "amountMinor", method, reference, received_at as "receivedAt"
       from invoice_payment where invoice_id = $1 order by received_at`,
      [invoiceId],
    );
  }
}
