import { addressList, isListed } from '../../platform/http/client-address.js';

const BYTE = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${BYTE}(\\.${BYTE}){3}$`);

/** The length in bits of an address of this form; null when it is none. Zone ids ("%eth0") name no host elsewhere. */
function bitsOf(address: string): number | null {
  if (IPV4.test(address)) return 32;
  return /^[0-9A-Fa-f:.]{2,45}$/.test(address) && URL.canParse(`http://[${address}]/`) ? 128 : null;
}

/** True for an IPv4 or IPv6 address, or a range of them in CIDR form. */
export function isAddressOrRange(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/');
  const bits = bitsOf(address);
  if (bits === null || rest.length > 0) return false;
  return length === undefined || (/^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= bits);
}

/** True when every address of the first is one of the second; both are what isAddressOrRange takes. */
export function isWithinRange(inner: string, outer: string): boolean {
  const [innerBits, outerBits] = [prefixOf(inner), prefixOf(outer)];
  if (innerBits.length !== outerBits.length || innerBits.prefix < outerBits.prefix) return false;
  return isListed(addressList([outer]), innerBits.address);
}

/** An address or range as its address, the bits all of it share, and the bits of an address of its kind. */
function prefixOf(text: string): { address: string; prefix: number; length: number } {
  const [address = '', prefix] = text.split('/');
  const length = bitsOf(address) ?? 0;
  return { address, prefix: prefix === undefined ? length : Number(prefix), length };
}
