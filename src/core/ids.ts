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

export type IdKind = keyof typeof ID_PREFIXES;

let pool = Buffer.alloc(0);
let poolOffset = 0;

/** Ten random bytes from a pool, so that an id does not cost a system call. */
function randomTen(): Buffer {
  if (poolOffset + 10 > pool.length) {
    pool = randomBytes(4_000);
    poolOffset = 0;
  }
  poolOffset += 10;
  return pool.subarray(poolOffset - 10, poolOffset);
}

/** A time-ordered UUID version 7 (RFC 9562 §5.7). */
export function uuidv7(): string {
  const time = nowMs().toString(16).padStart(12, '0');
  const random = randomTen();
  const versioned = (0x7000 | (random.readUInt16BE(0) & 0x0fff)).toString(16);
  const variant = (0x8000 | (random.readUInt16BE(2) & 0x3fff)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-${versioned}-${variant}-${random.toString('hex', 4, 10)}`;
}

/** The id a caller sees: prefix and the UUID's 32 hex digits. */
export const publicId = (kind: IdKind, uuid: string): string =>
  `${ID_PREFIXES[kind]}_${uuid.replaceAll('-', '')}`;

/** The UUID behind a public id of this kind, or null when the text is not one. */
export function parsePublicId(kind: IdKind, text: string): string | null {
  const match = /^([a-z]+)_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(text);
  if (!match || match[1] !== ID_PREFIXES[kind]) return null;
  return match.slice(2).join('-');
}

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
export const shortId = (uuid: string): string => base62(BigInt(`0x${uuid.replaceAll('-', '')}`), 22);

/** The UUID behind the base-62 tail of an id, or null when the text is not one. */
export function parseShortId(text: string): string | null {
  if (!/^[0-9A-Za-z]{22}$/.test(text)) return null;
  let value = 0n;
  for (const digit of text) value = value * 62n + BigInt(BASE62.indexOf(digit));
  const hex = value.toString(16).padStart(32, '0');
  if (hex.length > 32) return null;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
