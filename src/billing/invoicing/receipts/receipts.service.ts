import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { minorExponent } from '../../../core/currency.js';
import { publicId, uuidv7 } from '../../../core/ids.js';
import { AuditLogRepository, systemActor } from '../../../platform/audit/audit-log.repository.js';
import { creditNoteDocument } from '../credit-notes/credit-note-document.js';
import { CreditNotesRepository } from '../credit-notes/credit-notes.repository.js';
import { sealDocument } from '../documents/sealed-document.js';
import { InvoiceBooksService } from '../invoice-books.service.js';
import { InvoicesRepository } from '../invoices.repository.js';
import { decideTax, type Tax } from '../tax/tax-decision.js';
import { draftReceipt, receiptDocument, type OpenReceipt, type ReceiptCredit } from './receipt.js';
import { ReceiptsRepository, type IssuedReceipt } from './receipts.repository.js';

/** Credit that was sold with its tax. */
export type SoldLot = Pick<
  IssuedReceipt,
  'organizationId' | 'walletId' | 'currency' | 'grantId' | 'method' | 'reference'
> & { amountNano: bigint; tax: Tax };

const ACTOR = systemActor('payments');

/** Tax documents of prepaid credit that is taxed when it is sold; always inside the transaction that books its money. */
@Injectable()
export class ReceiptsService {
  constructor(
    private readonly receipts: ReceiptsRepository,
    private readonly invoices: InvoicesRepository,
    private readonly notes: CreditNotesRepository,
    private readonly books: InvoiceBooksService,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /** The tax that credit bears when it is sold to an organization now; null: it is due at its use. */
  async taxAtSale(client: PoolClient, organizationId: string): Promise<Tax | null> {
    const { taxPoint, taxSeller, taxBuyer } = await this.receipts.getParties(client, organizationId);
    return taxPoint === 'sale' ? decideTax(taxSeller, taxBuyer) : null;
  }

  /** Issues the receipt of a lot: number, document and payment. The ledger's entry is the caller's. */
  async issue(client: PoolClient, lot: SoldLot): Promise<void> {
    const { organizationId, currency } = lot;
    const draft = draftReceipt(lot.amountNano, lot.tax, currency);
    const parties = await this.receipts.getParties(client, organizationId);
    const taken = await this.invoices.takeNumber(client, parties.legalEntityId, 'receipt');
    const payment =
      lot.method === 'charge'
        ? `Paid in full by ${publicId('payment', lot.reference)}.`
        : 'Paid in full by money that was given back before and came back.';
    const issue = { number: taken.text, at: taken.at, currency, payment };
    const { text, sha256 } = sealDocument(receiptDocument(parties, draft, issue));
    const id = uuidv7();
    const { legalEntityId } = parties;
    await this.receipts.insert(client, { ...lot, id, legalEntityId, taken, document: text, sha256 }, draft);
    const receipt = await this.invoices.lock(client, id);
    if (!receipt) throw new Error(`receipt ${id} vanished`);
    await this.books.announce(client, receipt);
    await this.auditLog.append(client, {
      actor: ACTOR,
      action: 'receipt.issue',
      targetKind: 'invoice',
      targetId: publicId('invoice', id),
      organizationId,
      detail: { number: taken.text },
    });
  }

  /** What earlier credit notes have left of receipts, which are locked; in the order given. */
  async open(client: PoolClient, invoiceIds: readonly string[], currency: string): Promise<OpenReceipt[]> {
    const open: OpenReceipt[] = [];
    for (const invoiceId of invoiceIds) {
      await this.invoices.lock(client, invoiceId);
      const lines = await this.notes.listLines(client, invoiceId);
      const groups = await this.notes.listGroups(client, invoiceId);
      open.push({ invoiceId, creditable: { currency, lines, groups } });
    }
    return open;
  }

  /** Issues a credit note on a receipt whose money goes back to the payer. The ledger's entry is the caller's. */
  async credit(client: PoolClient, { invoiceId, draft }: ReceiptCredit, clawBackId: string): Promise<void> {
    const receipt = await this.invoices.lock(client, invoiceId);
    if (!receipt) throw new Error(`receipt ${invoiceId} vanished`);
    const { currency, organizationId, walletId } = receipt;
    const taken = await this.invoices.takeNumber(client, receipt.legalEntityId, 'credit_note');
    const document = creditNoteDocument(receipt, draft, { number: taken.text, at: taken.at });
    const { text, sha256 } = sealDocument(document);
    const note = {
      id: uuidv7(),
      invoiceId,
      organizationId,
      walletId,
      seriesId: taken.seriesId,
      number: taken.number,
      numberText: taken.text,
      currency,
      minorExp: minorExponent(currency),
      document: text,
      sha256,
      issuedAt: taken.at,
      createdBy: 'system:payments',
      idempotencyKey: `claw_back:${clawBackId}:${invoiceId}`,
      correctionId: null,
      clawBackId,
    };
    await this.notes.insert(client, note, draft);
    await this.auditLog.append(client, {
      actor: ACTOR,
      action: 'credit_note.create',
      targetKind: 'invoice',
      targetId: publicId('invoice', invoiceId),
      organizationId,
      detail: { credit_note: taken.text, reason: draft.reason, memo: draft.memo },
    });
  }
}
