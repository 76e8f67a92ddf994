import { Ajv, type ValidateFunction } from 'ajv';
import type { JsonObject } from '../../../src/core/json.js';
import type { AnyDocument } from './document-faults.js';

/** Compares answers with what the document says of them; a field that it does not name is a fault too. */
export class AnswerShapes {
  private readonly ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  private readonly known = new Map<object, ValidateFunction>();

  constructor(private readonly document: AnyDocument) {
    this.ajv.addSchema({ $id: 'document', components: closed(document.components) as JsonObject });
  }

  /** What of an answer is not as documented; empty: nothing. */
  faults({ method, path }: { method: string; path: string }, status: number, body: unknown): string[] {
    const answers = this.document.paths[path]?.[method]?.responses ?? {};
    const schema = answers[status]?.content?.['application/json']?.schema;
    if (schema === undefined) return [`${status} is not documented`];
    const validate = this.known.get(schema) ?? this.ajv.compile(closed(schema) as JsonObject);
    this.known.set(schema, validate);
    if (validate(body)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      `${instancePath} ${message} ${JSON.stringify(params)}`.trim(),
    );
  }
}

/** A schema of OpenAPI 3.0 as one of JSON Schema, without room for members that it does not name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { nullable, $ref, ...rest } = schema as JsonObject;
  const own: JsonObject = Object.fromEntries(
    Object.entries(rest).map(([name, member]) => [name, name === 'example' ? null : closed(member)]),
  ) as JsonObject;
  if (typeof $ref === 'string') own['$ref'] = `document${$ref}`;
  const isObject = own['type'] === 'object' && own['properties'] !== undefined;
  if (isObject && own['additionalProperties'] === undefined) own['additionalProperties'] = false;
  return nullable === true ? { anyOf: [{ type: 'null' }, own] } : own;
}
