import type { FaregateError } from '../../core/errors.js';
import { limitsOfChange, limitsOfNewKey, type GivenLimits, type KeyLimits } from './passed-on-limits.js';

const FREE: KeyLimits = {
  allowed_models: [],
  allowed_ips: [],
  expires_at: null,
  rate_limits: {},
  budget: null,
};
const OWN: KeyLimits = {
  allowed_models: ['m-large', 'm-small'],
  allowed_ips: ['10.0.0.0/8', '2001:db8::/32'],
  expires_at: '2027-01-01T00:00:00.000Z',
  rate_limits: { requests_per_minute: 60, tokens_per_minute: null, concurrency: 4 },
  budget: { amount: '100.000000000', window: 'weekly' },
};

/** The field that was refused; undefined: none was. */
const refusedField = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    expect((error as FaregateError).kind).toBe('permission');
    return (error as FaregateError).details.param;
  }
};

describe('what a management key passes on', () => {
  it('are its own limits where the body says nothing', () => {
    expect(limitsOfNewKey(OWN, {})).toEqual(OWN);
    expect(limitsOfNewKey(OWN, { rate_limits: { concurrency: 2 } }).rate_limits).toEqual({
      ...OWN.rate_limits,
      concurrency: 2,
    });
  });

  it('is all that the body says, and nothing else, when it has no limits itself', () => {
    expect(limitsOfNewKey(FREE, OWN)).toEqual(OWN);
    expect(limitsOfNewKey(FREE, {})).toMatchObject({ ...FREE, rate_limits: {} });
    expect(limitsOfChange(FREE, { budget: null, allowed_ips: [] })).toEqual({
      budget: null,
      allowed_ips: [],
    });
  });

  it('is nothing but limits: neither its name nor its scopes', () => {
    const manager = { ...OWN, name: 'manager', scopes: ['manage'], metadata: {} };
    expect(limitsOfNewKey(manager, {})).toEqual(OWN);
  });

  it('of a change is only what the body names', () => {
    expect(limitsOfChange(OWN, {})).toEqual({});
    expect(limitsOfChange(OWN, { allowed_models: ['m-small'] })).toEqual({ allowed_models: ['m-small'] });
  });

  const narrower: GivenLimits[] = [
    { allowed_models: ['m-small'] },
    { allowed_ips: ['10.1.0.0/16', '2001:db8::1'] },
    { expires_at: '2027-01-01T00:00:00Z' },
    { expires_at: '2026-12-31T23:59:59+00:30' },
    { rate_limits: { requests_per_minute: 60, tokens_per_minute: 1_000_000 } },
    { budget: { amount: '100', window: 'weekly' } },
    { budget: { amount: '99.5', window: 'lifetime' } },
  ];
  it.each(narrower)('may be narrower: %j', (given) => {
    expect(refusedField(() => limitsOfNewKey(OWN, given))).toBeUndefined();
    expect(refusedField(() => limitsOfChange(OWN, given))).toBeUndefined();
  });

  const wider: [string, GivenLimits][] = [
    ['allowed_models', { allowed_models: [] }],
    ['allowed_models', { allowed_models: ['m-large', 'm-latest'] }],
    ['allowed_ips', { allowed_ips: [] }],
    ['allowed_ips', { allowed_ips: ['10.0.0.1', '11.0.0.1'] }],
    ['allowed_ips', { allowed_ips: ['0.0.0.0/0'] }],
    ['expires_at', { expires_at: null }],
    ['expires_at', { expires_at: '2027-01-01T00:00:00.001Z' }],
    ['expires_at', { expires_at: '2026-12-31T23:59:59-00:30' }],
    ['rate_limits.requests_per_minute', { rate_limits: { requests_per_minute: null } }],
    ['rate_limits.concurrency', { rate_limits: { concurrency: 5 } }],
    ['budget', { budget: null }],
    ['budget', { budget: { amount: '100.000000001', window: 'weekly' } }],
    ['budget', { budget: { amount: '1', window: 'daily' } }],
    ['budget', { budget: { amount: '1', window: 'monthly' } }],
  ];
  it.each(wider)('is refused by name when it is wider (%s): %j', (field, given) => {
    expect(refusedField(() => limitsOfNewKey(OWN, given))).toBe(field);
    expect(refusedField(() => limitsOfChange(OWN, given))).toBe(field);
  });

  it('is never wider for having been passed on twice', () => {
    const once = limitsOfNewKey(OWN, { allowed_models: ['m-small'], expires_at: '2026-12-01T00:00:00Z' });
    expect(refusedField(() => limitsOfNewKey(OWN, limitsOfNewKey(once, {})))).toBeUndefined();
  });
});
