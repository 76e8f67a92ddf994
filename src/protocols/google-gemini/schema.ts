import { invalidRequest } from '../../core/errors.js';
import { asArray, isObject, type JsonObject, type JsonValue } from '../../core/json.js';

/**
 * JSON Schema ↔ Google's older schema, a subset of OpenAPI 3.0 (`parameters`, `responseSchema`; ai.google.dev/api/caching#Schema).
 * Key order is kept: it is the order in which the model writes.
 */

/** Members of the subset that carry over as they are. */
const KEPT = new Set([
  'title',
  'description',
  'format',
  'nullable',
  'default',
  'example',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'required',
  'propertyOrdering',
]);

/** Most schema objects after references were inlined: a small text can name a huge tree. */
const MAX_NODES = 5_000;

/** Members that say nothing about what is valid; their loss changes nothing. */
const SILENT = new Set(['$schema', '$id', '$defs', 'definitions', '$comment', 'additionalProperties']);

/** What translating found. */
export interface TranslatedSchema {
  schema: JsonObject;
  /** Names of members that the subset lacks. */
  lost: string[];
}

/**
 * JSON Schema → the subset: references inlined, `const` as `enum`, type lists as `anyOf` and `nullable`. A schema inside
 * itself becomes a bare object, which the subset can say. Throws invalid_request, naming
 * `field`, for a schema without reasonable end.
 */
export function toOpenApiSchema(schema: JsonObject, field: string): TranslatedSchema {
  const lost = new Set<string>();
  const translated = new Translator(schema, lost, field).schema(schema, []);
  return { schema: translated, lost: [...lost] };
}

class Translator {
  private nodes = 0;

  constructor(
    private readonly root: JsonObject,
    private readonly lost: Set<string>,
    private readonly field: string,
  ) {}

  /** `chain` holds the references that led here. */
  schema(given: JsonObject, chain: readonly string[]): JsonObject {
    this.nodes += 1;
    if (this.nodes > MAX_NODES)
      throw invalidRequest(`${this.field}: a JSON schema is too large for this model`, this.field);
    const reference = typeof given['$ref'] === 'string' ? given['$ref'] : undefined;
    if (reference !== undefined && chain.includes(reference)) {
      this.lost.add('$ref');
      return { type: 'object' };
    }
    const source = reference === undefined ? given : this.resolved(given, reference);
    const inner = reference === undefined ? chain : [...chain, reference];
    if (typeof source['$ref'] === 'string') return this.schema(source, inner);
    const out: JsonObject = {};
    for (const [name, value] of Object.entries(source)) {
      if (value === undefined) continue;
      if (KEPT.has(name)) out[name] = value;
      else this.member(out, name, value, inner);
    }
    return out;
  }

  private member(out: JsonObject, name: string, value: JsonValue, chain: readonly string[]): void {
    const each = (items: JsonValue): JsonObject[] =>
      asArray(items)
        .filter(isObject)
        .map((item) => this.schema(item, chain));
    if (name === 'type') Object.assign(out, typeMembers(value, out));
    else if (name === 'const') Object.assign(out, enumMembers([value]));
    else if (name === 'enum' && Array.isArray(value)) Object.assign(out, enumMembers(value));
    else if (name === 'items' && isObject(value)) out['items'] = this.schema(value, chain);
    else if (name === 'anyOf' || name === 'oneOf') Object.assign(out, unionMembers(each(value)));
    else if (name === 'allOf') Object.assign(out, ...each(value));
    else if (name === 'properties' && isObject(value)) {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined && item !== false);
      out['properties'] = Object.fromEntries(
        entries.map(([key, item]) => [key, isObject(item) ? this.schema(item, chain) : {}]),
      );
    } else if (!SILENT.has(name)) this.lost.add(name);
  }

  private resolved(schema: JsonObject, reference: string): JsonObject {
    const { $ref: _reference, ...rest } = schema;
    let found: JsonValue | undefined = this.root;
    for (const step of reference.replace(/^#\/?/, '').split('/').filter(Boolean)) {
      const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
      found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
    }
    if (isObject(found)) return { ...found, ...rest };
    this.lost.add('$ref');
    return rest;
  }
}

/** `type`: a word, or a list whose "null" becomes `nullable`. */
function typeMembers(type: JsonValue, out: JsonObject): JsonObject {
  if (!Array.isArray(type)) return out['type'] === undefined ? { type } : {};
  const named = type.filter((name) => name !== 'null');
  const nullable = named.length < type.length ? { nullable: true } : {};
  const [only] = named;
  if (named.length === 1 && only !== undefined) return { type: only, ...nullable };
  return { anyOf: named.map((name) => ({ type: name })), ...nullable };
}

/** The subset has enums of strings alone. */
function enumMembers(values: readonly JsonValue[]): JsonObject {
  const named = values.filter((value) => value !== null);
  const nullable = named.length < values.length ? { nullable: true } : {};
  const texts = named.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return { type: 'string', enum: texts, format: 'enum', ...nullable };
}

/** `anyOf` less its null branch; a single branch left is the schema itself. */
function unionMembers(branches: JsonObject[]): JsonObject {
  const named = branches.filter((branch) => branch['type'] !== 'null');
  const nullable = named.length < branches.length ? { nullable: true } : {};
  const [only] = named;
  return named.length === 1 && only !== undefined ? { ...only, ...nullable } : { anyOf: named, ...nullable };
}

/** The subset → JSON Schema: types in lower case, `nullable` as a type list. */
export function fromOpenApiSchema(schema: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [name, value] of Object.entries(schema)) {
    if (name === 'type' && typeof value === 'string') out['type'] = value.toLowerCase();
    else if (name === 'properties' && isObject(value)) {
      out['properties'] = Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, isObject(item) ? fromOpenApiSchema(item) : item]),
      );
    } else if (name === 'items' && isObject(value)) out['items'] = fromOpenApiSchema(value);
    else if (name === 'anyOf' && Array.isArray(value)) {
      out['anyOf'] = value.map((item) => (isObject(item) ? fromOpenApiSchema(item) : item));
    } else if (name === 'format' && value === 'enum') continue;
    else if (name !== 'nullable' && name !== 'propertyOrdering' && name !== 'example') out[name] = value;
  }
  return schema['nullable'] === true ? nullableSchema(out) : out;
}

function nullableSchema(schema: JsonObject): JsonObject {
  const { type } = schema;
  if (typeof type === 'string') {
    const withNull = Array.isArray(schema['enum']) ? { enum: [...schema['enum'], null] } : {};
    return { ...schema, type: [type, 'null'], ...withNull };
  }
  return Array.isArray(schema['anyOf'])
    ? { ...schema, anyOf: [...schema['anyOf'], { type: 'null' }] }
    : schema;
}
