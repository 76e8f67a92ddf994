import { asArray, isObject, type JsonObject, type JsonValue } from '../../core/json.js';

/**
 * Whether a schema is one that OpenAI decodes strictly (mapping row 26, platform.openai.com "Structured outputs"): its
 * root and every object in it list all their properties as required and take no others.
 */
export const isStrictSchema = (schema: JsonObject): boolean =>
  schema['type'] === 'object' && schema['anyOf'] === undefined && isClosed(schema);

function isClosed(schema: JsonValue | undefined): boolean {
  if (!isObject(schema)) return true;
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const isObjectSchema = schema['type'] === 'object' || schema['properties'] !== undefined;
  const required = new Set(asArray(schema['required']));
  const names = Object.keys(properties);
  if (isObjectSchema && schema['additionalProperties'] !== false) return false;
  if (isObjectSchema && !names.every((name) => required.has(name))) return false;
  const inner = [schema['items'], ...asArray(schema['anyOf']), ...Object.values(properties)];
  const named = [schema['$defs'], schema['definitions']]
    .filter(isObject)
    .flatMap((map) => Object.values(map));
  return [...inner, ...named].every(isClosed);
}
