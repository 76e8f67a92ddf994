import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { minorExponent } from '../../../core/currency.js';
import type { TakenNumber } from '../invoices.repository.js';
import type { RoundedLines } from '../minor-shares.js';
import {
  PARTY_COLUMNS,
  PARTY_TABLES,
  partiesAt,
  toParties,
  type PartyRow,
  type TaxParties,
} from '../parties/tax-parties.js';
import type { ReceiptLine } from './receipt.js';

/** What is written of a new receipt besides its amounts. */
export interface IssuedReceipt {
  id: string;
  organizationId: string;
  walletId: string;
  legalEntityId: string;
  /** UUID of the lot it documents. */
  grantId: string;
  currency: string;
  taken: TakenNumber;
  document: string;
  sha256: string;
  /** charge: a payment attempt. returned: money that came back, named by its journal. */
  method: 'charge' | 'returned';
  reference: string;
}

/** Receipts of credit that is taxed when it is sold. Every call belongs to the caller's transaction. */
@Injectable()
export class ReceiptsRepository {
  /** Who sells to an organization, and all that decides its tax. */
  async getParties(client: PoolClient, organizationId: string): Promise<TaxParties> {
    const { rows } = await client.query<PartyRow>(
      `select ${PARTY_COLUMNS} from ${PARTY_TABLES} ${partiesAt('billing_now()')} where o.id = $1`,
      [organizationId],
    );
    if (!rows[0]) throw new Error(`organization ${organizationId} has no billing account`);
    return toParties(rows[0]);
  }

  async insert(client: PoolClient, receipt: IssuedReceipt, draft: RoundedLines<ReceiptLine>): Promise<void> {
    const { id, currency, taken } = receipt;
    await client.query(
      `insert into invoice (id, kind, status, organization_id, wallet_id, legal_entity_id, grant_id, currency, minor_exp, series_id,
         number, number_text, net_minor, tax_minor, total_minor, paid_minor, document, content_sha256, created_at, finalized_at,
         due_at, paid_at)
       values ($1, 'receipt', 'paid', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $15, $16, $16, $16, $16)`,
      [
        id,
        receipt.organizationId,
        receipt.walletId,
        receipt.legalEntityId,
        receipt.grantId,
        currency,
        minorExponent(currency),
        taken.seriesId,
        taken.number,
        taken.text,
        draft.netMinor,
        draft.taxMinor,
        draft.totalMinor,
        receipt.document,
        receipt.sha256,
        taken.at,
      ],
    );
    await this.insertParts(client, id, draft);
    await client.query(
      `insert into invoice_payment (id, invoice_id, amount_minor, method, reference, received_at, created_by)
       values (gen_random_uuid(), $1, $2, $3, $4, $5, 'system:payments')`,
      [id, draft.totalMinor, receipt.method, receipt.reference, taken.at],
    );
  }

  private async insertParts(
    client: PoolClient,
    id: string,
    { lines, groups }: RoundedLines<ReceiptLine>,
  ): Promise<void> {
    for (const [index, line] of lines.entries()) {
      await client.query(
        `insert into invoice_line (invoice_id, seq, kind, description, amount_nano, amount_minor, tax_category, tax_rate_ppm)
         values ($1, $2, 'credit', $3, $4, $5, $6, $7)`,
        [
          id,
          index + 1,
          line.description,
          line.amountNano,
          line.amountMinor,
          line.tax.category,
          line.tax.ratePpm,
        ],
      );
    }
    for (const group of groups) {
      await client.query(
        `insert into invoice_tax (invoice_id, tax_category, tax_rate_ppm, base_minor, tax_minor) values ($1, $2, $3, $4, $5)`,
        [id, group.category, group.ratePpm, group.baseMinor, group.taxMinor],
      );
    }
  }
}
