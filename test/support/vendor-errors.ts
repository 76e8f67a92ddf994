import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ErrorKind } from '../../src/core/errors.js';
import type { JsonValue } from '../../src/core/json.js';

/** One refusal as a vendor words it. */
export interface VendorError {
  vendor: string;
  about:
    | 'bad request'
    | 'context length'
    | 'rate limit'
    | 'our quota'
    | 'overloaded'
    | 'auth'
    | 'filter'
    | 'no model';
  /** Absent: Chat. */
  protocol?: 'anthropic-messages';
  /** 200: the failure is in the body alone. */
  status: number;
  headers?: Record<string, string>;
  body: JsonValue;
  /** Seconds to wait that the caller must be told. */
  waitSeconds?: number;
  /** Tokens and maximum that the vendor names; null where it does not. */
  context?: [number | null, number | null];
}

/** What each class means for the caller. */
export const KIND_OF: Readonly<Record<VendorError['about'], ErrorKind>> = {
  'bad request': 'invalid_request',
  'context length': 'invalid_request',
  'rate limit': 'rate_limit',
  'our quota': 'upstream',
  overloaded: 'unavailable',
  auth: 'upstream',
  filter: 'invalid_request',
  'no model': 'upstream',
};

/** Refusals of sixteen vendors, each body in the form in which the vendor sends it. */
export const VENDOR_ERRORS = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'vendor-errors.json'), 'utf8'),
) as readonly VendorError[];
