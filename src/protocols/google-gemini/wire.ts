import { isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import { at, numberWithin, refuse, type NumberRange } from '../members.js';

/**
 * Reads the members of a request body that this protocol knows. Google's JSON takes every name in camel case and in
 * snake case (protobuf JSON mapping; its own curl examples use both), so every reader does too. `null` counts as
 * absent. A wrong type or range throws `invalid_request` naming the member as the caller wrote it.
 */

export { at, refuse, type NumberRange };

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Both spellings of a member's name. */
export const spellings = (name: string): string[] => [...new Set([name, snakeCase(name)])];

/** The name under which the object holds the member: camel case first. */
export const nameIn = (object: JsonObject, name: string): string =>
  spellings(name).find((spelling) => (object[spelling] ?? undefined) !== undefined) ?? name;

/** The member in either spelling, with `null` as absent. */
export const member = (object: JsonObject, name: string): JsonValue | undefined =>
  object[nameIn(object, name)] ?? undefined;

/**
 * A string, in either spelling of its name; undefined when absent or null. Throws `invalid_request`, as all of these
 * do.
 */
export function readString(object: JsonObject, name: string, path = ''): string | undefined {
  const value = member(object, name);
  if (value === undefined || typeof value === 'string') return value;
  return refuse(at(path, nameIn(object, name)), 'must be a string');
}

/** A string that must be there and must not be empty. */
export const requireString = (object: JsonObject, name: string, path = ''): string =>
  readString(object, name, path) || refuse(at(path, name), 'is required and must be a string');

/** A string that is one of `words`, in any case, as Google's enums are upper case and SDKs differ. */
export function readWord<T extends string>(
  object: JsonObject,
  name: string,
  rule: { words: readonly T[]; path?: string | undefined },
): T | undefined {
  const value = member(object, name);
  if (value === undefined) return undefined;
  const word = rule.words.find((candidate) => candidate === String(value).toUpperCase());
  const path = at(rule.path ?? '', nameIn(object, name));
  return word ?? refuse(path, `must be one of ${rule.words.join(', ')}`);
}

/** True or false; undefined when absent or null. */
export function readBoolean(object: JsonObject, name: string, path = ''): boolean | undefined {
  const value = member(object, name);
  if (value === undefined || typeof value === 'boolean') return value;
  return refuse(at(path, nameIn(object, name)), 'must be true or false');
}

/** A number within its range; undefined when absent or null. */
export function readNumber(
  object: JsonObject,
  name: string,
  range: NumberRange & { path?: string | undefined },
): number | undefined {
  const value = member(object, name);
  if (value === undefined) return undefined;
  return numberWithin(value, at(range.path ?? '', nameIn(object, name)), range);
}

/** An object; undefined when absent or null. */
export function readObject(object: JsonObject, name: string, path = ''): JsonObject | undefined {
  const value = member(object, name);
  if (value === undefined || isObject(value)) return value;
  return refuse(at(path, nameIn(object, name)), 'must be an object');
}

/** An array whose items are all objects. */
export function readObjects(object: JsonObject, name: string, path = ''): JsonObject[] | undefined {
  const value = member(object, name);
  if (value === undefined) return undefined;
  const own = at(path, nameIn(object, name));
  if (!Array.isArray(value)) return refuse(own, 'must be an array');
  value.forEach((item, index) => isObject(item) || refuse(at(own, index), 'must be an object'));
  return value as JsonObject[];
}

/** An array of texts. */
export function readStrings(object: JsonObject, name: string, path = ''): string[] | undefined {
  const value = member(object, name);
  if (value === undefined) return undefined;
  const own = at(path, nameIn(object, name));
  if (!Array.isArray(value)) return refuse(own, 'must be an array');
  value.forEach((item, index) => typeof item === 'string' || refuse(at(own, index), 'must be a string'));
  return value as string[];
}

/** The object without the members that are undefined. */
export function compact<T extends object>(object: T): T {
  for (const key of Object.keys(object) as (keyof T)[]) if (object[key] === undefined) delete object[key];
  return object;
}
