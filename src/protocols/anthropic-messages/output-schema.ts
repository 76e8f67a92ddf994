import { isObject, type JsonObject, type JsonValue } from '../../core/json.js';

/** String formats that constrained decoding knows (Anthropic API, "Structured outputs"). */
const FORMATS: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);

/** Constraints that it refuses (mapping row 25); they become words in the description. */
const REFUSED: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'maxItems',
  'uniqueItems',
  'contains',
  'minContains',
  'maxContains',
  'minProperties',
  'maxProperties',
  'patternProperties',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
]);

const isRefused = (name: string, value: JsonValue | undefined): boolean => {
  if (name === 'format') return !FORMATS.has(value);
  if (name === 'minItems') return value !== 0 && value !== 1;
  return REFUSED.has(name);
};

/** Members whose value holds schemas by name. */
const SCHEMA_MAPS: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);
/** Members whose value is a schema or a list of schemas. */
const SCHEMAS: ReadonlySet<string> = new Set(['items', 'anyOf', 'oneOf', 'allOf', 'prefixItems']);

/** A schema as constrained decoding takes it, and the keywords that now stand in a description. */
export interface DecodableSchema {
  schema: JsonObject;
  /** Keywords that are no longer enforced; empty when all are. */
  loosened: string[];
}

/**
 * A JSON Schema as Anthropic's constrained decoding takes it: constraints it refuses stand in the description, objects
 * take no further properties, everything else keeps its place and order (mapping rows 25 and 27).
 */
export function decodableSchema(schema: JsonObject): DecodableSchema {
  const loosened = new Set<string>();
  return { schema: rewritten(schema, loosened), loosened: [...loosened] };
}

function rewritten(schema: JsonObject, loosened: Set<string>): JsonObject {
  const result: JsonObject = {};
  const refused: string[] = [];
  for (const [name, value] of Object.entries(schema)) {
    if (value === undefined) continue;
    if (isRefused(name, value)) {
      refused.push(`${name}: ${JSON.stringify(value)}`);
      loosened.add(name);
    } else result[name] = child(name, value, loosened);
  }
  if (schema['type'] === 'object' || isObject(schema['properties'])) {
    const given = schema['additionalProperties'] ?? false;
    if (given !== false) loosened.add('additionalProperties');
    result['additionalProperties'] = false;
  }
  if (refused.length > 0) {
    const said = typeof schema['description'] === 'string' ? `${schema['description']}\n\n` : '';
    result['description'] = `${said}{${refused.join(', ')}}`;
  }
  return result;
}

/** A member's value with the schemas inside it rewritten; what holds data (`default`, `enum`) stays. */
function child(name: string, value: JsonValue, loosened: Set<string>): JsonValue {
  const inner = (schema: JsonValue | undefined): JsonValue =>
    isObject(schema) ? rewritten(schema, loosened) : (schema ?? null);
  if (SCHEMA_MAPS.has(name) && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, schema]) => [key, inner(schema)]));
  }
  if (!SCHEMAS.has(name)) return value;
  return Array.isArray(value) ? value.map(inner) : inner(value);
}
