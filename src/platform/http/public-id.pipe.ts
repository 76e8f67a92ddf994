import type { PipeTransform } from '@nestjs/common';
import { FaregateError } from '../../core/errors.js';
import { parsePublicId, type IdKind } from '../../core/ids.js';

const WORDS: Record<IdKind, string> = {
  organization: 'organization',
  project: 'project',
  member: 'member',
  key: 'key',
  adminKey: 'admin key',
  paymentMethod: 'payment method',
  provider: 'provider',
  providerCredential: 'provider credential',
  deployment: 'deployment',
  group: 'group',
  price: 'price',
  credit: 'credit',
  legalEntity: 'legal entity',
  period: 'billing period',
  invoice: 'invoice',
  creditNote: 'credit note',
  correction: 'correction',
  commitment: 'commitment',
  transaction: 'ledger transaction',
  request: 'request',
  event: 'event',
  audit: 'audit log entry',
  searchDocument: 'search document',
  payment: 'payment',
  topUp: 'top-up',
  refund: 'refund',
  dispute: 'dispute',
  providerStatement: 'provider statement',
  payout: 'payout',
  webhookEndpoint: 'webhook endpoint',
  webhookDelivery: 'webhook delivery',
  export: 'export',
};

/** The refusal for an id that names nothing the caller may see. `param` is the field that held it, in a body. */
export const notFound = (kind: IdKind, id: string, param?: string): FaregateError =>
  new FaregateError('not_found', `No such ${WORDS[kind]}: ${JSON.stringify(id.slice(0, 80))}.`, { param });

/** The UUID of an id in the path: `@Param('organization', new PublicIdPipe('organization'))`. */
export class PublicIdPipe implements PipeTransform<string, string> {
  constructor(private readonly kind: IdKind) {}

  transform(text: string): string {
    const uuid = parsePublicId(this.kind, text);
    if (uuid === null) throw notFound(this.kind, text);
    return uuid;
  }
}
