import { isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import { at, numberWithin, refuse, type NumberRange } from '../members.js';

/**
 * Reads the members of a request body that this protocol knows. Every reader treats `null` as absent and throws
 * `invalid_request` naming the member, with its path, when the type or range is wrong.
 */

export { at, refuse, type NumberRange };

/** The member, with `null` as absent. */
export const optional = (object: JsonObject, name: string): JsonValue | undefined =>
  object[name] ?? undefined;

/** A string; undefined when absent or null. Throws `invalid_request` naming the path, as all of these do. */
export function readString(object: JsonObject, name: string, path = ''): string | undefined {
  const value = optional(object, name);
  if (value === undefined || typeof value === 'string') return value;
  return refuse(at(path, name), 'must be a string');
}

/** A string that must be there; it may be empty. */
export function requireString(object: JsonObject, name: string, path = ''): string {
  return readString(object, name, path) ?? refuse(at(path, name), 'is required and must be a string');
}

/** A string that is one of `words`. */
export function readWord<T extends string>(
  object: JsonObject,
  name: string,
  rule: { words: readonly T[]; path?: string | undefined },
): T | undefined {
  const value = optional(object, name);
  if (value === undefined) return undefined;
  const word = rule.words.find((candidate) => candidate === value);
  return word ?? refuse(at(rule.path ?? '', name), `must be one of ${rule.words.join(', ')}`);
}

/** True or false; undefined when absent or null. */
export function readBoolean(object: JsonObject, name: string, path = ''): boolean | undefined {
  const value = optional(object, name);
  if (value === undefined || typeof value === 'boolean') return value;
  return refuse(at(path, name), 'must be true or false');
}

/** A number within its range; undefined when absent or null. */
export function readNumber(
  object: JsonObject,
  name: string,
  range: NumberRange & { path?: string | undefined },
): number | undefined {
  const value = optional(object, name);
  return value === undefined ? undefined : numberWithin(value, at(range.path ?? '', name), range);
}

/** An object; undefined when absent or null. */
export function readObject(object: JsonObject, name: string, path = ''): JsonObject | undefined {
  const value = optional(object, name);
  if (value === undefined || isObject(value)) return value;
  return refuse(at(path, name), 'must be an object');
}

/** An object that must be there. */
export function requireObject(object: JsonObject, name: string, path = ''): JsonObject {
  return readObject(object, name, path) ?? refuse(at(path, name), 'is required and must be an object');
}

/** An array of anything; undefined when absent or null. */
export function readArray(object: JsonObject, name: string, path = ''): JsonValue[] | undefined {
  const value = optional(object, name);
  if (value === undefined || Array.isArray(value)) return value;
  return refuse(at(path, name), 'must be an array');
}

/** An array whose items are all objects. */
export function readObjects(object: JsonObject, name: string, path = ''): JsonObject[] | undefined {
  const items = readArray(object, name, path);
  items?.forEach((item, index) => isObject(item) || refuse(at(at(path, name), index), 'must be an object'));
  return items as JsonObject[] | undefined;
}

/** The object without the members that are undefined. */
export function compact<T extends object>(object: T): T {
  for (const key of Object.keys(object) as (keyof T)[]) if (object[key] === undefined) delete object[key];
  return object;
}
