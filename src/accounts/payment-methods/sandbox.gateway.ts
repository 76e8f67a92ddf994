import { createHash } from 'node:crypto';
import { nowDate } from '../../core/clock.js';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import type { MethodOwner, PaymentMethodProvider } from './payment-method-provider.js';
import type { AttachedMethod } from './payment-method.js';
import { findSandboxCard, sandboxReference } from './sandbox-cards.js';

const YEARS_VALID = 3;

/** Test cards without a bank behind them; they behave as Stripe's do. */
export class SandboxGateway implements PaymentMethodProvider {
  readonly name = 'sandbox';

  async attach(token: string, { id }: MethodOwner): Promise<AttachedMethod> {
    const card = findSandboxCard(token);
    if (card === null) {
      throw invalidRequest(
        'token is no test card of the sandbox; try "pm_card_visa"',
        'token',
        'resource_missing',
      );
    }
    if (card.declinedOnAttach !== undefined) {
      throw new FaregateError('billing', card.declinedOnAttach, {
        param: 'token',
        code: 'card_declined',
        shouldRetry: false,
      });
    }
    const year = nowDate().getUTCFullYear();
    return {
      providerReference: sandboxReference(token, id),
      providerCustomer: null,
      brand: card.brand,
      last4: card.last4,
      expMonth: 12,
      expYear: card.expired ? year - 1 : year + YEARS_VALID,
      fingerprint: createHash('sha256')
        .update(`sandbox ${card.brand} ${card.last4}`)
        .digest('hex')
        .slice(0, 16),
      status: card.expired ? 'expired' : 'active',
    };
  }
}
