import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';

/** What the generated values may draw on. */
export interface SchemaHints {
  /** What the user said: names and texts are taken from it. */
  text: string;
  /** Tells apart the values of parallel calls; 0 for the first. */
  variant: number;
}

/** Below this depth optional branches are left out, so that recursive schemas end. */
const MAX_DEPTH = 6;

const FORMATS: Record<string, string> = {
  date: '2026-01-15',
  time: '09:30:00Z',
  'date-time': '2026-01-15T09:30:00Z',
  duration: 'PT1H',
  email: 'ada@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  uuid: '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
};

const PLACES = ['Paris', 'Tokyo', 'Lima', 'Oslo'];

/**
 * A value that satisfies a JSON Schema: required properties (all of them when none is marked required),
 * enums, constants, formats, bounds, `$ref`, `anyOf`/`oneOf`/`allOf`. Patterns and `not` are not solved, and a schema
 * that demands endless nesting is cut off with null.
 */
export const jsonFromSchema = (schema: JsonObject, hints: SchemaHints): JsonValue =>
  valueOf(schema, { root: schema, hints, depth: 0, name: '' });

interface Place {
  root: JsonObject;
  hints: SchemaHints;
  depth: number;
  /** Name of the property the value is for. */
  name: string;
}

function valueOf(given: JsonValue | undefined, place: Place): JsonValue {
  if (place.depth > MAX_DEPTH * 4) return null;
  const schema = resolve(given, place.root);
  if (schema.const !== undefined) return schema.const;
  const fixed = asArray(schema.enum);
  if (fixed.length > 0) return fixed[place.hints.variant % fixed.length] ?? null;
  const branches = [...asArray(schema.anyOf), ...asArray(schema.oneOf)];
  if (branches.length > 0)
    return valueOf(chooseBranch(branches, place), { ...place, depth: place.depth + 1 });
  if (schema.default !== undefined) return schema.default;
  switch (typeOf(schema)) {
    case 'object':
      return objectOf(schema, place);
    case 'array':
      return arrayOf(schema, place);
    case 'integer':
    case 'number':
      return numberOf(schema, place);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return stringOf(schema, place);
  }
}

/** Follows `$ref` inside the schema and merges `allOf`. */
function resolve(given: JsonValue | undefined, root: JsonObject): JsonObject {
  let schema = asObject(given) ?? {};
  for (let hops = 0; hops < 16; hops++) {
    const ref = asString(schema.$ref);
    if (ref === undefined) break;
    const steps = ref.replace(/^#\/?/, '').split('/').filter(Boolean);
    const target = steps.reduce<JsonValue | undefined>(
      (at, step) => asObject(at)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')],
      root,
    );
    const { $ref: _ref, ...siblings } = schema;
    schema = { ...asObject(target), ...siblings };
  }
  for (const part of asArray(schema.allOf)) {
    const { required, properties, ...rest } = resolve(part, root);
    schema = {
      ...rest,
      ...schema,
      required: [...asArray(schema.required), ...asArray(required)],
      properties: { ...asObject(properties), ...asObject(schema.properties) },
    };
  }
  return schema;
}

function typeOf(schema: JsonObject): string {
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const named = types.find((type) => type !== 'null') ?? types[0];
  if (typeof named === 'string') return named;
  if (schema.properties !== undefined) return 'object';
  if (schema.items !== undefined) return 'array';
  return 'string';
}

function chooseBranch(branches: JsonValue[], place: Place): JsonValue | undefined {
  const isNull = (branch: JsonValue) => isObject(branch) && branch.type === 'null';
  const isPlain = (branch: JsonValue) => isObject(branch) && branch.$ref === undefined;
  if (place.depth < MAX_DEPTH) return branches.find((branch) => !isNull(branch)) ?? branches[0];
  return branches.find(isNull) ?? branches.find(isPlain) ?? branches[0];
}

function objectOf(schema: JsonObject, place: Place): JsonObject {
  const properties = asObject(schema.properties) ?? {};
  const required = asArray(schema.required).filter((name) => typeof name === 'string');
  const optional = place.depth < MAX_DEPTH ? Object.keys(properties) : [];
  const names = required.length > 0 ? required : optional;
  return Object.fromEntries(
    names.map((name) => [name, valueOf(properties[name], { ...place, name, depth: place.depth + 1 })]),
  );
}

function arrayOf(schema: JsonObject, place: Place): JsonValue[] {
  const first = asArray(schema.prefixItems);
  const least = typeof schema.minItems === 'number' ? schema.minItems : 0;
  const wanted = place.depth < MAX_DEPTH ? Math.max(1, least) : least;
  const most = typeof schema.maxItems === 'number' ? schema.maxItems : Math.max(wanted, first.length);
  const count = Math.min(Math.max(wanted, first.length), most);
  return Array.from({ length: count }, (_, index) =>
    valueOf(first[index] ?? schema.items, {
      ...place,
      depth: place.depth + 1,
      hints: { ...place.hints, variant: place.hints.variant + index },
    }),
  );
}

function numberOf(schema: JsonObject, place: Place): number {
  const bound = (value: JsonValue | undefined, shift: number): number | undefined =>
    typeof value === 'number' ? value + shift : undefined;
  const low = bound(schema.minimum, 0) ?? bound(schema.exclusiveMinimum, 1);
  const high = bound(schema.maximum, 0) ?? bound(schema.exclusiveMaximum, -1);
  const step = typeof schema.multipleOf === 'number' ? schema.multipleOf : 1;
  const start = low ?? Math.min(1, high ?? 1);
  const value = Math.ceil(start / step) * step + place.hints.variant * step;
  if (high === undefined || value <= high) return value;
  return low !== undefined && high < Math.ceil(low / step) * step
    ? (low + high) / 2
    : Math.floor(high / step) * step;
}

function stringOf(schema: JsonObject, place: Place): string {
  const format = FORMATS[asString(schema.format) ?? ''];
  if (format !== undefined) return format;
  const example = asArray(schema.examples).find((value) => typeof value === 'string');
  const text = example ?? namedText(place);
  const least = typeof schema.minLength === 'number' ? schema.minLength : 0;
  const most = typeof schema.maxLength === 'number' ? schema.maxLength : Math.max(200, least);
  return text.padEnd(least, '.').slice(0, most);
}

/** A text that suits the property's name. */
function namedText({ name, hints }: Place): string {
  if (/city|location|place|town|country/i.test(name)) {
    const said = [
      ...hints.text.matchAll(/\b(?:in|for|at|of|both|and|or)\s+(\p{Lu}[\p{L}-]+(?:\s\p{Lu}[\p{L}-]+)*)/gu),
    ];
    return said[hints.variant]?.[1] ?? PLACES[hints.variant % PLACES.length] ?? 'Paris';
  }
  if (
    /query|question|search|prompt|input|text|message|content|answer|summary/i.test(name) &&
    hints.text !== ''
  ) {
    return hints.text.slice(0, 200);
  }
  const suffix = hints.variant === 0 ? '' : ` ${hints.variant + 1}`;
  return `example ${name.replaceAll(/[_-]+/g, ' ') || 'text'}${suffix}`;
}
