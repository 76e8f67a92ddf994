import { randomBytes } from 'node:crypto';
import { nowMs } from './clock.js';

/** Prefixes of public ids; the database keeps the bare UUID. */
export const ID_PREFIXES = {
  organization: 'org',
  project: 'proj',
  member: 'mem',
  key: 'key',
  adminKey: 'akey',
  paymentMethod: 'pm',
  provider: 'prov',
  providerCredential: 'pcred',
  deployment: 'dep',
  group: 'grp',
  price: 'price',
  credit: 'cred',
  legalEntity: 'le',
  period: 'per',
  invoice: 'inv',
  creditNote: 'cn',
  correction: 'corr',
  commitment: 'cmt',
  transaction: 'txn',
  request: 'req',
  event: 'evt',
  audit: 'aud',
  searchDocument: 'sdoc',
  payment: 'pay',
  topUp: 'topup',
  refund: 'rfnd',
  dispute: 'disp',
  providerStatement: 'pst',
  payout: 'po',
  webhookEndpoint: 'whe',
  webhookDelivery: 'whd',
  export: 'exp',
} as const;

/** What an id can be of. */
export type IdKind = keyof typeof ID_PREFIXES;

/** Bytes of an identifier behind its time, with version and variant; they are made for many at once. */
const TAIL_BYTES = 10;
const TAILS_AT_ONCE = 400;
/** Hex digits, and how many of them are used. */
let tails = '';
let used = 0;
let stampedMs = NaN;
let stamp = '';

function makeTails(): void {
  const bytes = randomBytes(TAIL_BYTES * TAILS_AT_ONCE);
  for (let at = 0; at < bytes.length; at += TAIL_BYTES) {
    bytes.writeUInt8(0x70 | (bytes.readUInt8(at) & 0x0f), at);
    bytes.writeUInt8(0x80 | (bytes.readUInt8(at + 2) & 0x3f), at + 2);
  }
  tails = bytes.toString('hex');
  used = 0;
}

/** A time-ordered UUID version 7 (RFC 9562 §5.7). */
export function uuidv7(): string {
  const ms = nowMs();
  if (ms !== stampedMs) {
    const time = ms.toString(16).padStart(12, '0');
    stamp = `${time.slice(0, 8)}-${time.slice(8)}`;
    stampedMs = ms;
  }
  if (used === tails.length) makeTails();
  const at = used;
  used += 2 * TAIL_BYTES;
  return `${stamp}-${tails.slice(at, at + 4)}-${tails.slice(at + 4, at + 8)}-${tails.slice(at + 8, used)}`;
}

/** The id a caller sees: prefix and the UUID's 32 hex digits. */
export const publicId = (kind: IdKind, uuid: string): string => `${ID_PREFIXES[kind]}_${hexOf(uuid)}`;

/** The 32 hex digits of a UUID. */
const hexOf = (uuid: string): string =>
  uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24);

/** The UUID behind a public id of this kind, or null when the text is not one. */
export function parsePublicId(kind: IdKind, text: string): string | null {
  const match = /^([a-z]+)_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(text);
  if (!match || match[1] !== ID_PREFIXES[kind]) return null;
  return match.slice(2).join('-');
}

/** The same for an id that may be absent: undefined when it is, and when the text is not one. */
export const optionalUuid = (kind: IdKind, text: string | undefined): string | undefined =>
  text === undefined ? undefined : (parsePublicId(kind, text) ?? undefined);

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Digits that are split off at once, as many as an ordinary number holds: dividing large integers is slow. */
const GROUP = 8;
const GROUP_VALUE = 62n ** BigInt(GROUP);

/** A whole number in base 62, left-padded with `0` to `width`. */
export function base62(value: bigint, width: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= GROUP_VALUE) {
    let group = Number(rest % GROUP_VALUE);
    for (let digit = 0; digit < GROUP; digit += 1) {
      text = BASE62[group % 62] + text;
      group = Math.floor(group / 62);
    }
  }
  return text.replace(/^0+/, '').padStart(width, '0');
}

/** A UUID as 22 base-62 characters: the alphanumeric tail of `gen-…` and `msg_…` ids. */
export const shortId = (uuid: string): string => base62(BigInt(`0x${hexOf(uuid)}`), 22);

/** The UUID behind the base-62 tail of an id, or null when the text is not one. */
export function parseShortId(text: string): string | null {
  if (!/^[0-9A-Za-z]{22}$/.test(text)) return null;
  let value = 0n;
  for (const digit of text) value = value * 62n + BigInt(BASE62.indexOf(digit));
  const hex = value.toString(16).padStart(32, '0');
  if (hex.length > 32) return null;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
