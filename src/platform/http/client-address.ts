import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Addresses and CIDR ranges as a list that can be asked. Throws on what is neither. */
export function addressList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', bits] = range.split('/');
    const version = isIP(net);
    if (version === 0) throw new Error(`"${range}" is no address and no CIDR range`);
    const family = version === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(net, family);
    else list.addSubnet(net, Number(bits), family);
  }
  return list;
}

/** Whether a list holds an address; false for what is none. */
export function isListed(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** What of a request tells where it comes from. */
export interface AddressedRequest {
  headers: IncomingMessage['headers'];
  socket: { remoteAddress?: string | undefined };
}

/**
 * Where a request comes from: the peer of its connection, or, when that is a trusted proxy, the right-most address of
 * X-Forwarded-For that is none. What stands to the left of it the caller may have written. Undefined when the chain
 * holds something that is no address, or the peer is gone: then nobody knows.
 */
export function clientAddress(
  { headers, socket }: AddressedRequest,
  trustedProxies: BlockList | undefined,
): string | undefined {
  const peer = plain(socket.remoteAddress ?? '');
  if (peer === '' || trustedProxies === undefined || !isListed(trustedProxies, peer))
    return peer || undefined;
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
  const hops = forwarded.split(',').map((hop) => plain(hop.trim()));
  if (forwarded.trim() === '') return peer;
  for (const hop of hops.reverse()) {
    if (isIP(hop) === 0) return undefined;
    if (!isListed(trustedProxies, hop)) return hop;
  }
  return hops.at(-1);
}

/** An address without the form that IPv4 has on an IPv6 socket, and without the port some proxies add. */
const plain = (address: string): string =>
  address
    .replace(/^\[([^\]]+)\](:\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/^::ffff:(?=\d+\.)/i, '');
