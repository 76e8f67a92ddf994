import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf } from './openapi-operations.js';
import { listOf, nullableText, objectOf, text, type Schema } from './openapi-schema.js';

type Components = NonNullable<OpenAPIObject['components']>;
type Response = Exclude<NonNullable<Components['responses']>[string], { $ref: string }>;

/** The shapes in which refusals and faults are told, by the API whose clients read them. */
const ERRORS: Record<string, { description: string; schema: Schema }> = {
  OpenAiError: {
    description: 'A refusal or fault; `param` names the field at fault.',
    schema: objectOf({
      error: objectOf({
        message: text,
        type: { ...text, example: 'invalid_request_error' },
        param: nullableText,
        code: { ...nullableText, description: 'Says more than the type does, such as insufficient_balance.' },
      }),
    }),
  },
  AnthropicError: {
    description: 'A refusal or fault, in the shape of Anthropic; the message names the field at fault.',
    schema: objectOf({
      type: { ...text, enum: ['error'] },
      error: objectOf({ type: { ...text, example: 'invalid_request_error' }, message: text }),
      request_id: { ...text, example: 'req_0199…' },
    }),
  },
  GeminiError: {
    description: 'A refusal or fault, in the shape of Google.',
    schema: objectOf({
      error: objectOf({
        code: { type: 'integer', description: 'The HTTP status.' },
        message: text,
        status: { ...text, example: 'INVALID_ARGUMENT' },
        details: {
          ...listOf(objectOf({ '@type': text })),
          description: 'The id of the request, the reason, the field at fault and when to try again.',
        },
      }),
    }),
  },
  KeyManagementError: {
    description: 'A refusal or fault; `param` names the field at fault.',
    schema: objectOf({ error: text, param: nullableText, code: nullableText }),
  },
  NewApiError: {
    description: 'A refusal or fault, in the shape of New API.',
    schema: objectOf({ success: { type: 'boolean', enum: [false] }, message: text }),
  },
};

/** Whose shape the routes below a path have; all others have that of OpenAI. */
const SHAPE_OF_PATH: [RegExp, keyof typeof ERRORS][] = [
  [/^\/v1\/messages(\/|$)/, 'AnthropicError'],
  [/^\/v1beta\/|^\/v1\/models\/\{model\}:/, 'GeminiError'],
  [/^\/v1\/manage\//, 'KeyManagementError'],
  [/^\/api\/usage\/token$/, 'NewApiError'],
];

const shapeOf = (path: string): string =>
  SHAPE_OF_PATH.find(([pattern]) => pattern.test(path))?.[1] ?? 'OpenAiError';

const HEADERS: NonNullable<Response['headers']> = {
  'x-request-id': { description: 'The id of the request.', schema: text },
  'retry-after': { description: 'Seconds after which a retry may help.', schema: { type: 'integer' } },
  'x-should-retry': {
    description: 'false: the same request can never succeed.',
    schema: { ...text, enum: ['true', 'false'] },
  },
};

/** Says of every operation what a refusal or fault looks like there, in the shape that its callers read. */
export function describeErrors(document: OpenAPIObject): void {
  const components = (document.components ??= {});
  for (const [name, { description, schema }] of Object.entries(ERRORS)) {
    components.schemas = { ...components.schemas, [name]: schema };
    const content = { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } };
    components.responses = { ...components.responses, [name]: { description, headers: HEADERS, content } };
  }
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of operationsOf(item)) {
      operation.responses['default'] =
        method === 'head'
          ? { description: 'A refusal or fault, without a body.' }
          : { $ref: `#/components/responses/${shapeOf(path)}` };
    }
  }
}
