import { isIP } from 'node:net';
import { judgeStringMap } from '../../platform/http/field-rules.js';
import { isPrivateAddress } from '../../platform/network/private-address.js';

/**
 * Headers that belong to the connection, to the body, or to the credential (RFC 9110 §7.6.1, RFC 9112 §9.6): a
 * configured header must not be able to change where a request goes, who sends it or where it ends.
 */
const RESERVED_HEADERS = new Set([
  'accept-encoding',
  'api-key',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
  'x-api-key',
  'x-goog-api-key',
]);

/** Why these cannot be further request headers of a provider; null when they can. */
export function judgeHeaders(value: unknown): string | null {
  const reason = judgeStringMap(value);
  if (reason !== null) return reason;
  const seen = new Set<string>();
  for (const [name, text] of Object.entries(value as Record<string, string>)) {
    const lower = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(lower)) return `has "${name}", which is not a header name`;
    if (RESERVED_HEADERS.has(lower) || lower.startsWith('proxy-')) {
      return `must not set "${lower}", which the gateway sets itself`;
    }
    if (seen.has(lower)) return `names "${lower}" twice`;
    if (!/^[\x20-\x7e]*$/.test(text)) return `has a value of "${name}" that no header can carry`;
    seen.add(lower);
  }
  return null;
}

/** Header names are case-insensitive; kept in lower case, they cannot meet twice. */
export const lowerCaseNames = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** What can be said of a base URL alone; null when it is fine. */
export function judgeBaseUrl(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 500 || /[\s\p{Cc}]/u.test(value) || !URL.canParse(value)) {
    return 'must be a URL such as "https://api.example.com/v1"';
  }
  const url = new URL(value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// or http://';
  if (url.username !== '' || url.password !== '')
    return 'must not contain a credential; use the field credential';
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(value))
    return 'must not contain a query or a fragment';
  return null;
}

/**
 * Why a base URL needs `allow_private_network`; null when it does not. What a name leads to is checked again at
 * every connection; this only spares an admin the surprise.
 */
export function judgePublicUrl(baseUrl: string): string | null {
  const url = new URL(baseUrl);
  if (url.protocol === 'http:') return 'must begin with https:// unless allow_private_network is true';
  return isPrivateHost(url.hostname.replace(/\.$/, ''))
    ? 'leads into a private network; that needs allow_private_network: true'
    : null;
}

/** The URL as it is kept: without slashes at its end. */
export const trimBaseUrl = (baseUrl: string): string => new URL(baseUrl).href.replace(/\/+$/, '');

/** `host` as `URL` writes it: IPv6 in brackets, IPv4 as four decimals. */
function isPrivateHost(host: string): boolean {
  if (host.startsWith('[') || isIP(host) !== 0) return isPrivateAddress(host);
  return !host.includes('.') || /\.(localhost|local|internal|lan|home\.arpa|intranet|corp|test)$/.test(host);
}
