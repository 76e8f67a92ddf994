import { isAddressOrRange } from './ip-range.js';

describe('an allowed address', () => {
  it.each([
    '10.0.0.1',
    '10.0.0.0/8',
    '0.0.0.0/0',
    '1.2.3.4/32',
    '::1',
    '2001:db8::/32',
    '::ffff:1.2.3.4',
    'fe80::/128',
  ])('may be %s', (text) => {
    expect(isAddressOrRange(text)).toBe(true);
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.1/33',
    '::/129',
    '10.0.0.1/',
    '10.0.0.1/8/8',
    '1.2.3.4/-1',
    '1.2.3.4/08',
  ])('may not be %p', (text) => {
    expect(isAddressOrRange(text)).toBe(false);
  });

  it.each([
    'fe80::1%eth0',
    'localhost',
    '010.0.0.1',
    ' 10.0.0.1',
    '10.0.0.1\0',
    '*',
    '0x7f.1',
    '1.2.3.4/1e1',
  ])('may not be %p either', (text) => {
    expect(isAddressOrRange(text)).toBe(false);
  });
});
