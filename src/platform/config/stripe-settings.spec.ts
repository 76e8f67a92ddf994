import { AppConfig, ConfigError } from './app-config.js';

const BASE = {
  DATABASE_URL: 'postgresql://postgres@127.0.0.1:5432/faregate',
  KEY_PEPPER: 'a pepper for tests, 0123456789 abcdefghij',
  CREDENTIAL_KEY: 'another secret for tests, 9876543210 zyx',
};
const KEY = 'sk_live_0123456789abcdefghijABCDEFGHIJ';
const SECRET = 'whsec_0123456789abcdefghijABCDEFGHIJ';

it.each([
  ['without a webhook secret', {}, 'STRIPE_WEBHOOK_SECRET is missing'],
  ['with an empty webhook secret', { STRIPE_WEBHOOK_SECRET: '' }, 'STRIPE_WEBHOOK_SECRET is missing'],
  ['with a short webhook secret', { STRIPE_WEBHOOK_SECRET: 'whsec_short' }, 'at least 32 characters'],
  ['with one that can be guessed', { STRIPE_WEBHOOK_SECRET: 'a'.repeat(40) }, 'too easy to guess'],
  ['with its key as webhook secret', { STRIPE_WEBHOOK_SECRET: KEY }, 'one secret, one purpose'],
  [
    'over http to another machine',
    { STRIPE_WEBHOOK_SECRET: SECRET, STRIPE_API_URL: 'http://api.stripe.com' },
    'must be https',
  ],
])('Stripe configured %s does not start', (_, over, message) => {
  const start = () => new AppConfig({ ...BASE, STRIPE_SECRET_KEY: KEY, ...over });
  expect(start).toThrow(ConfigError);
  expect(start).toThrow(message);
});

it('Stripe is there with both secrets, and not there with none', () => {
  const config = new AppConfig({ ...BASE, STRIPE_SECRET_KEY: KEY, STRIPE_WEBHOOK_SECRET: SECRET });
  expect(config.stripe).toMatchObject({ secretKey: KEY, webhookSecret: SECRET, timeoutMs: 20_000 });
  expect(config.stripe?.apiUrl.href).toBe('https://api.stripe.com/');
  expect(new AppConfig(BASE).stripe).toBeUndefined();
});
