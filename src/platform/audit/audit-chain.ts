import { createHash } from 'node:crypto';
import { canonicalJson } from '../../core/canonical-json.js';
import type { JsonObject } from '../../core/json.js';

/** `prev_hash` of the first entry. */
export const CHAIN_START = '0'.repeat(64);

/** One entry of the audit log, without its own hash. */
export interface ChainLink {
  /** RFC 3339 with milliseconds, by the database's clock. */
  at: string;
  actor: string;
  action: string;
  targetKind: string;
  targetId: string;
  /** UUID; null for what belongs to no customer. */
  organizationId: string | null;
  /** SHA-256 of the canonical JSON of the target before and after; null when there was none. */
  beforeHash: string | null;
  afterHash: string | null;
  detail: JsonObject;
  prevHash: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** SHA-256 of a target's state in hex; null for a state that is absent. */
export const hashOfState = (state: unknown): string | null =>
  state === undefined || state === null ? null : sha256(canonicalJson(state));

/** The hash of an entry: over everything it says and over the hash of the entry before it. */
export const hashOfLink = (link: ChainLink): string => sha256(canonicalJson(link));
