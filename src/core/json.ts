/** Parsed JSON, as `JSON.parse` gives it. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
/** A JSON object; a member that is undefined is not there. */
export interface JsonObject {
  [key: string]: JsonValue | undefined;
}

/** True for a JSON object (not null, not an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value when it is a string, else undefined. */
export const asString = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** The value when it is an object, else undefined. */
export const asObject = (value: unknown): JsonObject | undefined => (isObject(value) ? value : undefined);

/** The value when it is an array, else an empty one. */
export const asArray = (value: unknown): JsonValue[] => (Array.isArray(value) ? (value as JsonValue[]) : []);

/**
 * `{ ...object, ...more }` for what every call passes. Where `more` has a name that `object` lacks, V8 of Node 20 gives each object
 * made by such a spread a shape of its own, and every later look at it goes through the runtime; where it has not, but the
 * objects come in several shapes, writing the member does (docs/performance.md).
 */
export function withMembers<A extends object, B extends object>(object: A, more: B): A & B {
  // Not assigned: a member that a vendor named "__proto__" is copied like any other, and is nobody's prototype.
  const { ...copy } = object;
  return Object.assign(copy, more);
}

/** JSON.parse that answers undefined instead of throwing. */
export function tryParseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
