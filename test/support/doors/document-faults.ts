/** What an OpenAPI 3.0 document must be to be understood, and what readers of ours are promised beside. */

interface Parameter {
  name?: string;
  in?: string;
  required?: boolean;
  schema?: object;
}

interface Response {
  $ref?: string;
  description?: string;
  content?: Record<string, { schema?: object }>;
}

interface Operation {
  operationId?: string;
  summary?: string;
  parameters?: Parameter[];
  requestBody?: { content?: Record<string, { schema?: object }> };
  responses?: Record<string, Response>;
  security?: Record<string, unknown>[];
}

export interface AnyDocument {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, object>>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head'];
const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object'];

/** Everything that is wrong with a document, each with where; empty: nothing. */
export function documentFaults(document: AnyDocument): string[] {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
  const ids = operations.map(({ operation }) => operation.operationId ?? '');
  return [
    ...(document.openapi.startsWith('3.0.') ? [] : ['openapi must be 3.0']),
    ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `${id}: two operations of this id`),
    ...ids.filter((id) => !/^\w+$/.test(id)).map((id) => `${id}: an id that is no name`),
    ...operations.flatMap(({ path, method, operation }) =>
      operationFaults(path, method, operation, Object.keys(document.components['securitySchemes'] ?? {})).map(
        (fault) => `${method.toUpperCase()} ${path}: ${fault}`,
      ),
    ),
    ...shapeFaults(document, document, '#'),
  ];
}

function operationFaults(path: string, method: string, operation: Operation, schemes: string[]): string[] {
  const { summary = '', responses = {}, security = [] } = operation;
  const unknown = security.flatMap((one) => Object.keys(one)).filter((name) => !schemes.includes(name));
  const taken = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  return [
    ...(METHODS.includes(method) ? [] : ['is no method']),
    ...(summary.length > 3 && summary.length <= 120 ? [] : ['has no short summary']),
    ...('default' in responses ? [] : ['says nothing of refusals and faults']),
    ...(taken.length > 0 ? [] : ['says nothing of success']),
    ...taken
      .filter(([status, { content }]) => method !== 'head' && status !== '204' && !hasSchema(content))
      .map(([status]) => `has no schema of its ${status}`),
    ...Object.entries(responses)
      .filter(([, { $ref, description }]) => $ref === undefined && description === undefined)
      .map(([status]) => `has no description of its ${status}`),
    ...unknown.map((name) => `has a security scheme that is none: ${name}`),
    ...parameterFaults(path, operation.parameters ?? []),
  ];
}

const hasSchema = (content: Response['content'] = {}): boolean =>
  Object.keys(content).length > 0 && Object.values(content).every(({ schema }) => schema !== undefined);

function parameterFaults(path: string, parameters: Parameter[]): string[] {
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const templated = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
  const keys = parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
  return [
    ...templated
      .filter((name) => !inPath.some((parameter) => parameter.name === name && parameter.required))
      .map((name) => `has no parameter ${name}`),
    ...inPath
      .filter(({ name = '' }) => !templated.includes(name))
      .map(({ name }) => `has a parameter that its path has not: ${name}`),
    ...keys.filter((key, at) => keys.indexOf(key) !== at).map((key) => `has a parameter twice: ${key}`),
    ...parameters
      .filter(
        ({ schema }) =>
          typeof (schema as { type?: string } | undefined)?.type !== 'string' && !hasRef(schema),
      )
      .map(({ name }) => `does not say what ${name} is`),
  ];
}

const hasRef = (schema: object = {}): boolean => '$ref' in schema || 'allOf' in schema || 'oneOf' in schema;

/** References that lead nowhere, and schemas that are none. */
function shapeFaults(document: AnyDocument, value: unknown, where: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { $ref, type, required } = value as { $ref?: unknown; type?: unknown; required?: unknown };
  return [
    ...(typeof $ref === 'string' && !find(document, $ref) ? [`${where}: nothing is at ${$ref}`] : []),
    ...(isSchema(where) && type !== undefined && !TYPES.includes(type as string)
      ? [`${where}: ${JSON.stringify(type)} is no type`]
      : []),
    ...(Array.isArray(required) && required.length === 0 ? [`${where}: required is empty`] : []),
    ...(isSchema(where) && type === 'array' && !('items' in value) ? [`${where}: a list without items`] : []),
    ...Object.entries(value).flatMap(([name, member]) =>
      shapeFaults(document, member, `${where}/${name.replaceAll('/', '~1')}`),
    ),
  ];
}

const isSchema = (where: string): boolean =>
  /\/(schema|items|components\/schemas\/[^/]+|properties\/[^/]+)$/.test(where) && !/\/example/.test(where);

const find = (document: AnyDocument, reference: string): unknown =>
  reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
