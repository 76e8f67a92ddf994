import type { Setting } from './setting.js';

/** How customers and the operator are told of things: webhooks and e-mail. */
export const TELLING_SETTINGS = [
  {
    name: 'WEBHOOKS_ALLOW_PRIVATE',
    kind: 'flag',
    neededBy: 'webhook endpoints inside your own network, over http too; never where customers choose them',
    example: 'true',
    fallback: 'false',
  },
  {
    name: 'SMTP_URL',
    kind: 'url',
    neededBy: 'sending e-mail; without it each message is written to a file in MAIL_DIR',
    example: 'smtps://user:password@mail.example.com:465',
    optional: true,
  },
  {
    name: 'MAIL_DIR',
    kind: 'text',
    neededBy: 'e-mail messages while there is no SMTP_URL',
    example: '/var/lib/faregate/mail',
    fallback: '.faregate/mail',
  },
  {
    name: 'MAIL_FROM',
    kind: 'text',
    neededBy: 'the sender of e-mail',
    example: 'Billing <billing@example.com>',
    fallback: 'Faregate <faregate@localhost>',
  },
  {
    name: 'OPERATOR_EMAILS',
    kind: 'text',
    neededBy: 'e-mail to the operator when the nightly checks find something; addresses, separated by commas',
    example: 'oncall@example.com,finance@example.com',
    optional: true,
  },
  {
    name: 'OPERATOR_WEBHOOK_URL',
    kind: 'url',
    neededBy: 'a signed webhook (Standard Webhooks) to the operator when the nightly checks find something',
    example: 'https://alerts.example.com/faregate',
    optional: true,
  },
  {
    name: 'OPERATOR_WEBHOOK_SECRET',
    kind: 'text',
    neededBy: 'the signature of OPERATOR_WEBHOOK_URL',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    optional: true,
  },
] as const satisfies readonly Setting[];
