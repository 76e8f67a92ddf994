import { formatMinor } from '../../core/currency.js';
import { publicId } from '../../core/ids.js';
import { amountDue, type Invoice } from './invoice.js';

const time = (at: Date | null): string | null => at?.toISOString() ?? null;

/** An invoice as the API shows it; amounts have the decimals of the currency. */
export function showInvoice(invoice: Invoice) {
  const money = (minor: bigint) => formatMinor(minor, invoice.currency);
  return {
    object: 'invoice' as const,
    id: publicId('invoice', invoice.id),
    kind: invoice.kind,
    status: invoice.status,
    number: invoice.numberText,
    organization: publicId('organization', invoice.organizationId),
    legal_entity: publicId('legalEntity', invoice.legalEntityId),
    period: invoice.periodId === null ? null : publicId('period', invoice.periodId),
    currency: invoice.currency,
    net: money(invoice.netMinor),
    tax: money(invoice.taxMinor),
    total: money(invoice.totalMinor),
    prepaid: money(invoice.prepaidMinor),
    credited: money(invoice.appliedMinor),
    paid: money(invoice.paidMinor),
    due: money(amountDue(invoice)),
    dunning: invoice.dunning,
    content_sha256: invoice.contentSha256,
    created_at: invoice.createdAt.toISOString(),
    finalized_at: time(invoice.finalizedAt),
    due_at: time(invoice.dueAt),
    paid_at: time(invoice.paidAt),
    voided_at: time(invoice.voidedAt),
  };
}
