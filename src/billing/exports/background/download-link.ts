import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a download link gives, to whoever has it, until it ends. */
export interface LinkClaims {
  /** UUID of the export. */
  exportId: string;
  /** UUID of the admin key that was shown the link; when it is revoked the link ends too. */
  adminKeyId: string;
  /** Seconds since the epoch. */
  expiresAt: number;
}

const HEX = 32;
const SIGNATURE = 43;

const sign = (key: Buffer, body: string): string =>
  createHmac('sha256', key).update(`export-link:${body}`).digest('base64url');

/** A token for the address of a file: what it claims and an HMAC-SHA-256 over it, safe in a path. */
export function linkToken(claims: LinkClaims, key: Buffer): string {
  const ids = `${claims.exportId}${claims.adminKeyId}`.replaceAll('-', '');
  const body = `${ids}${claims.expiresAt.toString(16)}`;
  return `${body}.${sign(key, body)}`;
}

/** What a token claims; null when it was not made with this key, was changed, or has ended. */
export function readLinkToken(token: string, key: Buffer, nowMs: number): LinkClaims | null {
  const match = /^([0-9a-f]{32})([0-9a-f]{32})([0-9a-f]{8,12})\.([A-Za-z0-9_-]{43})$/.exec(token);
  if (!match || match[4]?.length !== SIGNATURE) return null;
  const [, exportHex = '', keyHex = '', expiry = '', signature] = match;
  const expected = Buffer.from(sign(key, `${exportHex}${keyHex}${expiry}`));
  if (!timingSafeEqual(expected, Buffer.from(signature))) return null;
  const expiresAt = Number.parseInt(expiry, 16);
  if (expiresAt * 1_000 <= nowMs) return null;
  return { exportId: uuidOf(exportHex), adminKeyId: uuidOf(keyHex), expiresAt };
}

function uuidOf(hex: string): string {
  if (hex.length !== HEX) throw new RangeError('not the digits of a UUID');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
