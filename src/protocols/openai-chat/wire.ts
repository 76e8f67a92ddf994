import { invalidRequest } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import { isObject } from '../../core/json.js';

/**
 * Readers of single request fields. Each answers undefined when the field is absent or null, and throws an
 * invalid_request that names the field when its type or range is wrong (statement 27).
 */

/** A number's allowed range. */
export interface NumberRange {
  min: number;
  max: number;
  /** The minimum itself is not allowed. */
  aboveMin?: boolean;
  integer?: boolean;
}

const rangeText = ({ min, max, aboveMin, integer }: NumberRange): string => {
  const kind = integer ? 'an integer' : 'a number';
  if (max === Number.MAX_SAFE_INTEGER) {
    return min === Number.MIN_SAFE_INTEGER ? kind : `${kind} of at least ${min}`;
  }
  return aboveMin ? `${kind} above ${min} and at most ${max}` : `${kind} from ${min} to ${max}`;
};

const inRange = (value: number, { min, max, aboveMin, integer }: NumberRange): boolean =>
  value <= max && (aboveMin ? value > min : value >= min) && (!integer || Number.isInteger(value));

/** Checks one value; `path` is how the caller would find it: "logit_bias.50256". */
export function checkNumber(value: JsonValue, path: string, range: NumberRange): number {
  if (typeof value !== 'number' || !inRange(value, range)) {
    throw invalidRequest(`${path} must be ${rangeText(range)}`, path);
  }
  return value;
}

const present = (body: JsonObject, name: string): JsonValue | undefined => body[name] ?? undefined;

const pathOf = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);

/** A number within a range. */
export function readNumber(
  body: JsonObject,
  name: string,
  range: NumberRange,
  prefix = '',
): number | undefined {
  const value = present(body, name);
  return value === undefined ? undefined : checkNumber(value, pathOf(prefix, name), range);
}

/** True or false. */
export function readBoolean(body: JsonObject, name: string, prefix = ''): boolean | undefined {
  const value = present(body, name);
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalidRequest(`${pathOf(prefix, name)} must be true or false`, pathOf(prefix, name));
}

/** A text, possibly empty. */
export function readString(body: JsonObject, name: string, prefix = ''): string | undefined {
  const value = present(body, name);
  if (value === undefined || typeof value === 'string') return value;
  throw invalidRequest(`${pathOf(prefix, name)} must be a string`, pathOf(prefix, name));
}

/** A text that must be there and not be empty. */
export function requireString(body: JsonObject, name: string, prefix = ''): string {
  const value = readString(body, name, prefix);
  if (value === undefined || value === '') {
    throw invalidRequest(`${pathOf(prefix, name)} is required`, pathOf(prefix, name));
  }
  return value;
}

/** One of a few words. */
export function readWord<T extends string>(
  body: JsonObject,
  name: string,
  words: readonly T[],
  prefix = '',
): T | undefined {
  const value = readString(body, name, prefix);
  if (value === undefined) return undefined;
  const word = words.find((candidate) => candidate === value);
  if (word !== undefined) return word;
  throw invalidRequest(`${pathOf(prefix, name)} must be one of: ${words.join(', ')}`, pathOf(prefix, name));
}

/** An object. */
export function readObject(body: JsonObject, name: string, prefix = ''): JsonObject | undefined {
  const value = present(body, name);
  if (value === undefined || isObject(value)) return value;
  throw invalidRequest(`${pathOf(prefix, name)} must be an object`, pathOf(prefix, name));
}

/** An array. */
export function readArray(body: JsonObject, name: string, prefix = ''): JsonValue[] | undefined {
  const value = present(body, name);
  if (value === undefined || Array.isArray(value)) return value;
  throw invalidRequest(`${pathOf(prefix, name)} must be an array`, pathOf(prefix, name));
}

/** An element of an array, which must be an object. */
export function requireObject(value: JsonValue | undefined, path: string): JsonObject {
  if (isObject(value)) return value;
  throw invalidRequest(`${path} must be an object`, path);
}
