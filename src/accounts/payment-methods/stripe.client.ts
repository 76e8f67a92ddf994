import { Injectable } from '@nestjs/common';
import Stripe from 'stripe';
import { AppConfig } from '../../platform/config/app-config.js';

/** Seconds a signature of Stripe is good for (docs.stripe.com/webhooks). */
const TOLERANCE_SECONDS = 300;

/** What an error of Stripe's client means: may it have done what it was asked, and what does it say. */
export type StripeFailure =
  /** Nobody knows what was done, or Stripe asks to try later. */
  | { kind: 'unknown'; message: string }
  /** The payer's bank said no. */
  | { kind: 'declined'; code: string; message: string }
  /** The request itself was refused; nothing was done. */
  | { kind: 'refused'; code: string; message: string };

/**
 * Stripe's own client. It never retries by itself: an outcome nobody knows is written down first, and asked after
 * later, by one place only.
 */
@Injectable()
export class StripeClient {
  /** Absent: Stripe is not configured here. */
  readonly sdk: Stripe | undefined;
  private readonly webhookSecret: string;

  constructor({ stripe }: AppConfig) {
    this.webhookSecret = stripe?.webhookSecret ?? '';
    if (!stripe) return;
    const protocol = stripe.apiUrl.protocol === 'http:' ? 'http' : 'https';
    this.sdk = new Stripe(stripe.secretKey, {
      host: stripe.apiUrl.hostname,
      port: stripe.apiUrl.port === '' ? (protocol === 'http' ? 80 : 443) : stripe.apiUrl.port,
      protocol,
      timeout: stripe.timeoutMs,
      maxNetworkRetries: 0,
      telemetry: false,
      appInfo: { name: 'faregate' },
    });
    this.isLive = stripe.secretKey.includes('_live_');
  }

  /** Whether real money is moved. */
  readonly isLive: boolean = false;

  /** Throws when Stripe is not configured. */
  get(): Stripe {
    if (!this.sdk) throw new Error('Stripe is not configured');
    return this.sdk;
  }

  /** The event in a webhook's raw body; throws when Stripe did not sign it within the last five minutes. */
  readEvent(rawBody: Buffer, signature: string): Stripe.Event {
    if (this.webhookSecret === '') throw new Error('Stripe has no webhook secret');
    return this.get().webhooks.constructEvent(rawBody, signature, this.webhookSecret, TOLERANCE_SECONDS);
  }
}

/** What an error thrown by Stripe's client means; null when it is not one. */
export function stripeFailure(error: unknown): StripeFailure | null {
  if (!(error instanceof Stripe.errors.StripeError)) return null;
  const { code = error.type, message, statusCode = 0 } = error;
  if (error instanceof Stripe.errors.StripeCardError) {
    return { kind: 'declined', code: error.decline_code ?? code, message };
  }
  // 409: the same key is in use at this moment. 401 and 403: our own key is wrong, which does not fail a payment.
  const isRefusal = error instanceof Stripe.errors.StripeInvalidRequestError && statusCode < 500;
  return isRefusal && ![401, 403, 409, 429].includes(statusCode)
    ? { kind: 'refused', code, message }
    : { kind: 'unknown', message: `Stripe: ${message}` };
}
