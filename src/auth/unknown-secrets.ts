import { isIPv6 } from 'node:net';

/** Unknown secrets that an address may try in a minute; as many at once. */
const A_MINUTE = 100;
const EACH_MS = 60_000 / A_MINUTE;
const MAX_AHEAD_MS = 60_000;
/** Addresses remembered at most; the one that has been quiet for longest is forgotten first. */
const MAX_ADDRESSES = 10_000;

/**
 * Counts the secrets nobody has that an address tries, so that guessing ends in refusals that say when to come back. A known
 * secret is never asked about here: nobody behind the same address is locked out.
 */
export class UnknownSecrets {
  /** When all that an address tried will be forgotten; the latest to try stands last. */
  private readonly clearAt = new Map<string, number>();

  /** Counts one try; the seconds after which the next is taken again, 0 when this one still was. */
  count(address: string | undefined, nowMs: number): number {
    const from = networkOf(address ?? '');
    const before = Math.max(this.clearAt.get(from) ?? 0, nowMs);
    const aheadMs = before + EACH_MS - nowMs - MAX_AHEAD_MS;
    this.clearAt.delete(from);
    this.clearAt.set(from, aheadMs > 0 ? before : before + EACH_MS);
    const [oldest] = this.clearAt.size > MAX_ADDRESSES ? this.clearAt.keys() : [];
    if (oldest !== undefined) this.clearAt.delete(oldest);
    return Math.max(0, Math.ceil(aheadMs / 1_000));
  }

  /** Addresses remembered. */
  get size(): number {
    return this.clearAt.size;
  }
}

/** Who owns one IPv6 address owns the 2^64 of its network: they count together. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const [start, end] = [groupsOf(head), groupsOf(tail ?? '')];
  const missing = tail === undefined ? 0 : Math.max(0, 8 - start.length - end.length);
  return [...start, ...Array<string>(missing).fill('0'), ...end].slice(0, 4).join(':');
}

/** The 16-bit groups of a part of an IPv6 address; an IPv4 address at its end is two of them. */
const groupsOf = (part: string): string[] =>
  part === '' ? [] : part.split(':').flatMap((group) => (group.includes('.') ? [group, group] : [group]));
