import fc from 'fast-check';
import { isObject, type JsonObject } from '../../core/json.js';
import { decodableSchema } from './output-schema.js';

describe('a schema for constrained decoding', () => {
  it('row 25: constraints that are refused become words, at any depth; the rest stays as it is', () => {
    const schema = {
      type: 'object',
      description: 'A person.',
      properties: {
        name: { type: 'string', description: 'Full name', minLength: 1, pattern: '^[A-Z]' },
        mail: { type: 'string', format: 'email' },
        car: { type: 'string', format: 'license-plate' },
        tags: { type: 'array', minItems: 2, uniqueItems: true, items: { type: 'integer', maximum: 9 } },
      },
      required: ['name'],
    };
    const { schema: result, loosened } = decodableSchema(schema);
    expect(result).toEqual({
      type: 'object',
      description: 'A person.',
      properties: {
        name: { type: 'string', description: 'Full name\n\n{minLength: 1, pattern: "^[A-Z]"}' },
        mail: { type: 'string', format: 'email' },
        car: { type: 'string', description: '{format: "license-plate"}' },
        tags: {
          type: 'array',
          items: { type: 'integer', description: '{maximum: 9}' },
          description: '{minItems: 2, uniqueItems: true}',
        },
      },
      required: ['name'],
      additionalProperties: false,
    });
    expect(loosened).toEqual(['minLength', 'pattern', 'format', 'minItems', 'uniqueItems', 'maximum']);
  });

  it('row 25: properties named like constraints are properties, and data is data', () => {
    const schema = {
      type: 'object',
      properties: {
        pattern: { type: 'string', enum: ['a'], default: { minimum: 1 } },
        not: { type: 'null' },
      },
      additionalProperties: false,
    };
    expect(decodableSchema(schema)).toEqual({ schema, loosened: [] });
  });

  it('rows 25 and 27: nothing that is kept changes its order', () => {
    const name = fc.constantFrom(
      'type',
      'properties',
      'items',
      'anyOf',
      'title',
      'enum',
      'minimum',
      'zeta',
      'alpha',
    );
    const tree = fc.letrec<{ schema: JsonObject }>((tie) => ({
      schema: fc.dictionary(name, fc.oneof(fc.string(), fc.nat(), tie('schema'), fc.array(tie('schema'))), {
        maxKeys: 5,
        depthIdentifier: 'schema',
      }) as fc.Arbitrary<JsonObject>,
    })).schema;
    fc.assert(
      fc.property(tree, (schema) => {
        const kept = Object.keys(decodableSchema(schema).schema);
        const before = Object.keys(schema).filter((key) => kept.includes(key));
        expect(kept.filter((key) => before.includes(key))).toEqual(before);
        expect(isObject(decodableSchema(schema).schema)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
