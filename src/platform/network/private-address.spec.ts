import { isPrivateAddress } from './private-address.js';

describe('a private address', () => {
  it.each([
    '8.8.8.8',
    '104.18.7.192',
    '1.1.1.1',
    '172.32.0.1',
    '2606:4700::1111',
    '[2a00:1450:4001::1]',
    '2400:cb00::1',
  ])('%s is none', (address) => expect(isPrivateAddress(address)).toBe(false));

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '0.0.0.0',
    '::',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    '5f00::1',
    'localhost',
    '',
  ])('%s is one, or no address at all', (address) => expect(isPrivateAddress(address)).toBe(true));
});
