import { BlockList, isIP } from 'node:net';

/** Of IPv4 everything is public but these (IANA special-purpose registry). */
const PRIVATE_IPV4 = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  PRIVATE_IPV4.addSubnet(net, bits, 'ipv4');
}
/** Of IPv6 only global unicast is public, without what is set apart in it: tunnels and documentation. */
const GLOBAL_IPV6 = new BlockList();
GLOBAL_IPV6.addSubnet('2000::', 3, 'ipv6');
const SPECIAL_IPV6 = new BlockList();
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  SPECIAL_IPV6.addSubnet(net, bits, 'ipv6');
}

/**
 * True for an address that is no public one: nobody's word may lead us there. Also true for what is no address, and for an
 * IPv4 address in the clothes of IPv6. IPv6 may stand in brackets.
 */
export function isPrivateAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '');
  const family = isIP(bare);
  // The lists are apart: a list takes an IPv4 address for the IPv6 one that holds it, and would find ::ffff:0:0/96 in all of them.
  if (family === 4) return PRIVATE_IPV4.check(bare, 'ipv4');
  return family !== 6 || !GLOBAL_IPV6.check(bare, 'ipv6') || SPECIAL_IPV6.check(bare, 'ipv6');
}
