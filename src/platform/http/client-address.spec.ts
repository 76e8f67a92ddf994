import { addressList, clientAddress } from './client-address.js';

const PROXIES = addressList(['10.0.0.0/8', 'fd00::/8', '127.0.0.1']);
const from = (peer: string | undefined, forwarded?: string) =>
  clientAddress(
    {
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      socket: { remoteAddress: peer },
    },
    PROXIES,
  );

it.each([
  ['the peer, whatever a stranger says', '203.0.113.7', '198.51.100.1', '203.0.113.7'],
  ['the peer in its IPv4 form', '::ffff:203.0.113.7', undefined, '203.0.113.7'],
  ['what a trusted proxy says', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['the right-most address that is no proxy', '10.1.2.3', '1.1.1.1, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
  ['an IPv6 address behind an IPv6 proxy', 'fd00::1', '2001:db8::5', '2001:db8::5'],
  ['an address without its port', '127.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
  ['a bracketed address without its port', '127.0.0.1', '[2001:db8::5]:4711', '2001:db8::5'],
  ['the first of a chain of proxies alone', '10.1.2.3', '10.0.0.9, 10.0.0.8', '10.0.0.9'],
  ['a trusted proxy that says nothing', '10.1.2.3', undefined, '10.1.2.3'],
  ['nobody, where the chain is broken', '10.1.2.3', '198.51.100.1, unknown', undefined],
  ['nobody, where the peer is gone', undefined, '198.51.100.1', undefined],
])('the caller of a request is %s', (_, peer, forwarded, expected) => {
  expect(from(peer, forwarded)).toBe(expected);
});

it('without trusted proxies the header means nothing', () => {
  const request = {
    headers: { 'x-forwarded-for': '198.51.100.1' },
    socket: { remoteAddress: '127.0.0.1' },
  };
  expect(clientAddress(request, undefined)).toBe('127.0.0.1');
});
