import type { JsonObject, JsonValue } from '../core/json.js';
import type { CompletionRequest } from './completion.js';
import { dropped } from './warnings.js';

/** A top-level member that only its own protocol knows, with the values that ask for nothing. */
export type OwnField = readonly [name: string, neutral?: readonly JsonValue[]];

/** Those of `fields` that a request carries with a value that asks for something; undefined when none. */
export function ownFieldsOf(body: JsonObject, fields: readonly OwnField[]): string[] | undefined {
  let found: string[] | undefined;
  for (const [name, neutral] of fields) {
    const value = body[name];
    if (value === undefined || value === null || neutral?.includes(value)) continue;
    (found ??= []).push(name);
  }
  return found;
}

/** What is said when a request goes to an upstream of another protocol (mapping row 48). */
export const ownFieldWarnings = ({ ownFields = [] }: CompletionRequest): string[] =>
  ownFields.map((name) => dropped(name, 'this upstream speaks another protocol'));
