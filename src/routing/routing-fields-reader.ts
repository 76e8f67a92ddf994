import { invalidRequest } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';

/** What a ranking is for (statement 81). */
export type Preference = 'speed' | 'cost' | 'balanced';
/** Every preference, as callers write it. */
export const PREFERENCES: readonly Preference[] = ['speed', 'cost', 'balanced'];

/** The members that are not null. */
export function dropNulls(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** A boolean member. Throws 400 naming it when it is of another kind. */
export function readFlag(fields: JsonObject, name: string, fallback: boolean, path = name): boolean {
  const value = fields[name];
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'boolean') throw invalidRequest(`${path} must be a boolean`, path);
  return value;
}

/** A non-empty list of texts; undefined when absent. Throws 400 naming it when it is anything else. */
export function readTexts(value: unknown, path: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length === 0 || !value.every((text) => typeof text === 'string'))
    throw invalidRequest(`${path} must be a non-empty array of names`, path);
  return value as string[];
}

/** A list of texts, where an empty one says as little as none. */
export const readNames = (value: unknown, path: string): readonly string[] | undefined =>
  Array.isArray(value) && value.length === 0 ? undefined : readTexts(value, path);

/** A number above 0; undefined when absent. Throws 400 naming it when it is anything else. */
export function readPositive(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
    throw invalidRequest(`${path} must be a number above 0`, path);
  return value;
}
