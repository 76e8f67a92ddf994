import { Webhook } from 'standardwebhooks';
import { nowMs } from '../../core/clock.js';
import { newEndpointSecret, retryDelayMs, signatureHeaders, wants } from './standard-webhook.js';

const body = '{"type":"payment.succeeded","data":{"amount":"1.000000000"}}';
const now = () => Math.floor(nowMs() / 1_000);

describe('a signed message', () => {
  it('is accepted by the reference verifier under either secret while they rotate', () => {
    const [old, fresh, other] = [newEndpointSecret(), newEndpointSecret(), newEndpointSecret()];
    const headers = signatureHeaders({ id: 'msg_1', timestamp: now(), body }, [fresh, old]);
    for (const secret of [old, fresh])
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Webhook(other).verify(body, headers)).toThrow();
  });

  it('is refused by it when anything was changed, and when it is replayed after five minutes', () => {
    const secret = newEndpointSecret();
    const headers = signatureHeaders({ id: 'msg_1', timestamp: now(), body }, [secret]);
    const verifier = new Webhook(secret);
    expect(() => verifier.verify(body.replace('1.0', '9.0'), headers)).toThrow();
    expect(() => verifier.verify(body, { ...headers, 'webhook-id': 'msg_2' })).toThrow();
    const late = signatureHeaders({ id: 'msg_1', timestamp: now() - 301, body }, [secret]);
    expect(() => verifier.verify(body, late)).toThrow();
  });
});

it('is tried for about three days, ever more slowly', () => {
  const delays: number[] = [];
  for (let attempts = 1; ; attempts += 1) {
    const delay = retryDelayMs(attempts);
    if (delay === null) break;
    delays.push(delay);
  }
  expect([...delays].sort((a, b) => a - b)).toEqual(delays);
  const days = delays.reduce((sum, delay) => sum + delay, 0) / 86_400_000;
  expect(days).toBeGreaterThan(3);
  expect(days).toBeLessThan(4);
});

it.each([
  [['*'], true],
  [['payment.succeeded'], true],
  [['payment.*'], true],
  [['payment.failed', 'refund.*'], false],
  [['pay.*'], false],
])('an endpoint that asked for %j hears of a payment that succeeded: %s', (events, expected) => {
  expect(wants(events, 'payment.succeeded')).toBe(expected);
});
