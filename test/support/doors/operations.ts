/** What /openapi.json says of the doors of admins, of finance and of management keys. */

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The part of a JSON schema that the document uses for fields. */
export interface FieldSchema {
  $ref?: string;
  allOf?: FieldSchema[];
  type?: string;
  format?: string;
  pattern?: string;
  enum?: unknown[];
  nullable?: boolean;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  items?: FieldSchema;
  properties?: Record<string, FieldSchema>;
  additionalProperties?: FieldSchema | boolean;
  required?: string[];
  example?: unknown;
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: FieldSchema;
}

interface RawOperation {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema?: FieldSchema }> };
}

export interface OpenApiDocument {
  paths: Record<string, Record<string, RawOperation>>;
  components: { schemas: Record<string, FieldSchema> };
}

/** One field of a body or a query, however deep: "lines.0.amount" is a member of the items of a list. */
export interface Field {
  path: string;
  schema: FieldSchema;
  required: boolean;
}

/** One operation as the document has it. */
export interface Operation {
  /** "POST /finance/v1/invoices/{invoice}/pay". */
  name: string;
  method: Method;
  path: string;
  pathNames: string[];
  query: Field[];
  body: Field[];
  takesBody: boolean;
}

const METHODS: readonly string[] = ['get', 'post', 'put', 'patch', 'delete'];
const DOORS = /^\/(admin|finance)\/v1\/|^\/v1\/manage\//;

/** Every operation of an admin, of finance or of a management key. */
export function readOperations(document: OpenApiDocument): Operation[] {
  return Object.entries(document.paths)
    .filter(([path]) => DOORS.test(path))
    .flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([method]) => METHODS.includes(method))
        .map(([method, operation]) => readOperation(document, path, method as Method, operation)),
    );
}

function readOperation(
  document: OpenApiDocument,
  path: string,
  method: Method,
  { parameters = [], requestBody }: RawOperation,
): Operation {
  const schema = requestBody?.content['application/json']?.schema;
  return {
    name: `${method.toUpperCase()} ${path}`,
    method,
    path,
    pathNames: [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
    query: parameters
      .filter((parameter) => parameter.in === 'query')
      .map(({ name, schema: one, required = false }) => ({
        path: name,
        schema: resolve(document, one),
        required,
      })),
    body: schema ? fieldsOf(document, resolve(document, schema), '') : [],
    takesBody: schema !== undefined,
  };
}

/** The fields of an object and of the objects in it, parents before their members. */
function fieldsOf(document: OpenApiDocument, schema: FieldSchema, prefix: string): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, raw]) => {
    const field: Field = {
      path: `${prefix}${name}`,
      schema: resolve(document, raw),
      required: schema.required?.includes(name) ?? false,
    };
    const inner = field.schema.properties
      ? fieldsOf(document, field.schema, `${field.path}.`)
      : field.schema.items?.properties
        ? fieldsOf(document, field.schema.items, `${field.path}.0.`)
        : [];
    return [field, ...inner];
  });
}

/** The schema with what it refers to in it. */
function resolve(document: OpenApiDocument, schema: FieldSchema): FieldSchema {
  const { $ref, allOf = [], ...own } = schema;
  const parts = $ref === undefined ? allOf : [...allOf, { $ref }];
  const others = parts.map((part) =>
    part.$ref === undefined
      ? part
      : resolve(document, document.components.schemas[part.$ref.split('/').at(-1) ?? ''] ?? {}),
  );
  const whole: FieldSchema = Object.assign({}, ...others, own);
  return whole.items ? { ...whole, items: resolve(document, whole.items) } : whole;
}

/** An object with its required members, made of examples: what a member of an optional object is tried in. */
export function sampleOf(schema: FieldSchema): unknown {
  if (schema.properties) {
    const needed = Object.entries(schema.properties).filter(([name]) => schema.required?.includes(name));
    return Object.fromEntries(needed.map(([name, member]) => [name, sampleOf(member)]));
  }
  if (schema.type === 'array') return [];
  return schema.example ?? schema.enum?.[0] ?? schema.minimum ?? 0;
}
