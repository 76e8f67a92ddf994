import { isAddressOrRange, isWithinRange } from './ip-range.js';

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

describe('a range', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.1', '10.0.0.0/8'],
    ['10.1.0.0/16', '10.0.0.0/8'],
    ['10.0.0.0/8', '0.0.0.0/0'],
    ['2001:db8:1::/48', '2001:db8::/32'],
    ['2001:DB8::1', '2001:db8::/64'],
  ])('%s lies within %s', (inner, outer) => {
    expect(isWithinRange(inner, outer)).toBe(true);
  });

  it.each([
    ['10.0.0.2', '10.0.0.1'],
    ['11.0.0.0/16', '10.0.0.0/8'],
    ['10.0.0.0/7', '10.0.0.0/8'],
    ['0.0.0.0/0', '10.0.0.0/8'],
    ['::ffff:10.0.0.1', '10.0.0.0/8'],
    ['10.0.0.1', '::/0'],
    ['2001:db8::/31', '2001:db8::/32'],
  ])('%s does not lie within %s', (inner, outer) => {
    expect(isWithinRange(inner, outer)).toBe(false);
  });
});
