import type { JsonObject } from '../../core/json.js';
import { fromOpenApiSchema, toOpenApiSchema } from './schema.js';

describe('row 24: JSON Schema in the OpenAPI subset', () => {
  it('row 24: references are inlined, type lists become nullable or anyOf, enums are texts', () => {
    const given = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      additionalProperties: false,
      properties: {
        z: { $ref: '#/$defs/name' },
        a: { type: ['string', 'null'] },
        m: { type: ['string', 'number'] },
        k: { enum: [1, 2, null] },
        u: { oneOf: [{ type: 'integer' }, { type: 'null' }] },
      },
      required: ['z'],
      $defs: { name: { type: 'string', minLength: 1 } },
    };
    const { schema, lost } = toOpenApiSchema(given, 'tools');
    expect(schema).toEqual({
      type: 'object',
      properties: {
        z: { type: 'string', minLength: 1 },
        a: { type: 'string', nullable: true },
        m: { anyOf: [{ type: 'string' }, { type: 'number' }] },
        k: { type: 'string', enum: ['1', '2'], format: 'enum', nullable: true },
        u: { type: 'integer', nullable: true },
      },
      required: ['z'],
    });
    expect(Object.keys(schema['properties'] as JsonObject)).toEqual(['z', 'a', 'm', 'k', 'u']);
    expect(lost).toEqual([]);
  });
  it('row 24: a schema inside itself ends, and what the subset lacks is named', () => {
    const { schema, lost } = toOpenApiSchema(
      {
        $ref: '#/$defs/node',
        $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, not: {} } },
      },
      'tools',
    );
    expect(schema).toEqual({ type: 'object', properties: { next: { type: 'object' } } });
    expect(lost.toSorted()).toEqual(['$ref', 'not']);
  });
  it('row 24: a small text that names a huge tree is refused', () => {
    const $defs: JsonObject = { d0: { type: 'string' } };
    for (let depth = 1; depth < 40; depth += 1) {
      const ref = { $ref: `#/$defs/d${depth - 1}` };
      $defs[`d${depth}`] = { type: 'object', properties: { a: ref, b: ref } };
    }
    expect(() => toOpenApiSchema({ $ref: '#/$defs/d39', $defs }, 'tools')).toThrow(
      'tools: a JSON schema is too large',
    );
  });
  it('row 24: the subset is read back as JSON Schema', () => {
    const given = {
      type: 'OBJECT',
      properties: { a: { type: 'STRING', nullable: true, enum: ['x'], format: 'enum' } },
    };
    expect(fromOpenApiSchema(given)).toEqual({
      type: 'object',
      properties: { a: { type: ['string', 'null'], enum: ['x', null] } },
    });
  });
});
