import { invalidRequest } from '../core/errors.js';
import type { JsonValue } from '../core/json.js';

/** What readers of request members share where refusals name a member by its path, as Anthropic's and Google's do. */

/** Bounds of a number; absent bounds do not bind. */
export interface NumberRange {
  min?: number | undefined;
  max?: number | undefined;
  /** The lower bound itself is refused ("0 < x"). */
  exclusiveMin?: boolean | undefined;
  integer?: boolean | undefined;
}

/** Path of a member: "tools.0" and "name" → "tools.0.name". */
export const at = (path: string, name: string | number): string =>
  path === '' ? `${name}` : `${path}.${name}`;

/** Refuses one field: the message starts with its path, as the vendors' own messages do. Throws `invalid_request`. */
export const refuse = (param: string, message: string): never => {
  throw invalidRequest(`${param}: ${message}`, param);
};

/** The value as a number within its range. Throws `invalid_request` naming the path when it is none or lies outside. */
export function numberWithin(value: JsonValue, path: string, range: NumberRange): number {
  const { min, max, exclusiveMin = false, integer = false } = range;
  const isKind =
    typeof value === 'number' && Number.isFinite(value) && (!integer || Number.isSafeInteger(value));
  if (!isKind) return refuse(path, `must be ${integer ? 'an integer' : 'a number'}`);
  if (min !== undefined && (exclusiveMin ? value <= min : value < min)) {
    return refuse(path, `must be ${exclusiveMin ? 'greater than' : 'at least'} ${min}`);
  }
  if (max !== undefined && value > max) return refuse(path, `must be at most ${max}`);
  return value;
}
