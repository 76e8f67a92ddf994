import { createHmac, randomBytes } from 'node:crypto';

/** Signing as Standard Webhooks describes it (standardwebhooks.com, version 1). */

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** A new secret of an endpoint: 32 random bytes in base64. */
export const newEndpointSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64');

/** A message about to be sent. */
export interface SignedMessage {
  /** The same in every try, so that a receiver can tell a repetition. */
  id: string;
  /** Seconds since the epoch. */
  timestamp: number;
  body: string;
}

/** The three headers; one signature for each secret, so that receivers can change over while they rotate. */
export function signatureHeaders(message: SignedMessage, secrets: readonly string[]): Record<string, string> {
  const signed = `${message.id}.${message.timestamp}.${message.body}`;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  });
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestamp),
    'webhook-signature': signatures.join(' '),
  };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const RETRIES_MS = [
  5_000,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS),
];

/** How long to wait after so many tries (≥ 1); null: no more tries. About three days in all. */
export const retryDelayMs = (attempts: number): number | null => RETRIES_MS[attempts - 1] ?? null;

/** Whether an endpoint that asked for these types ("*", "payment.*", "payment.succeeded") wants this one. */
export const wants = (events: readonly string[], type: string): boolean =>
  events.some(
    (event) =>
      event === '*' || event === type || (event.endsWith('.*') && type.startsWith(event.slice(0, -1))),
  );
