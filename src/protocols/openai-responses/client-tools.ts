import { createHash } from 'node:crypto';
import { asArray, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';

/** How this protocol names a tool: a function or a free-form custom tool, alone or in a namespace. */
export interface WireTool {
  name: string;
  namespace?: string | undefined;
  /** Takes one free text instead of JSON arguments. */
  custom: boolean;
}

/** Longest function name that every vendor takes (mapping row 12). */
const MAX_NAME = 64;

const fingerprint = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** One name for a tool in a namespace, of the characters that every vendor takes. */
export function flatName(name: string, namespace: string | undefined): string {
  if (namespace === undefined) return name;
  const joined = `${namespace}__${name}`;
  const plain = joined.replace(/[^a-zA-Z0-9_-]/g, '_');
  if (plain === joined && plain.length <= MAX_NAME) return plain;
  return `${plain.slice(0, MAX_NAME - 9)}_${fingerprint(joined)}`;
}

/** The functions and custom tools of a `tools` array, those inside namespaces included. */
export function wireTools(tools: JsonValue | undefined): { tool: JsonObject; namespace?: string }[] {
  return asArray(tools)
    .filter(isObject)
    .flatMap((tool): { tool: JsonObject; namespace?: string }[] => {
      if (tool['type'] !== 'namespace') return [{ tool }];
      const namespace = asString(tool['name']) ?? '';
      return asArray(tool['tools'])
        .filter(isObject)
        .map((inner) => ({ tool: inner, namespace }));
    });
}

/**
 * Knows the tools of one request under both names: other protocols have neither namespaces nor custom tools, so a
 * call comes back under its flat name and is told to the client under its own. Made from the caller's `tools`.
 */
export class ClientTools {
  private readonly byFlat = new Map<string, WireTool>();

  constructor(tools: JsonValue | undefined) {
    for (const { tool, namespace } of wireTools(tools)) {
      const name = asString(tool['name']);
      const isCallable = tool['type'] === 'function' || tool['type'] === 'custom';
      if (name === undefined || !isCallable) continue;
      this.byFlat.set(flatName(name, namespace), { name, namespace, custom: tool['type'] === 'custom' });
    }
  }

  /** The tool as the client declared it; a name that it did not declare stays as it is. */
  wire(flat: string): WireTool {
    return this.byFlat.get(flat) ?? { name: flat, custom: false };
  }
}
