import type { JsonObject } from '../../core/json.js';
import { jsonFromSchema } from './json-from-schema.js';

const generate = (schema: JsonObject, text = '', variant = 0) => jsonFromSchema(schema, { text, variant });
const objectWith = (property: JsonObject): JsonObject => ({
  type: 'object',
  properties: { value: property },
  required: ['value'],
});

describe('jsonFromSchema', () => {
  it('fills required properties alone, and all of them when none is required', () => {
    const properties = { a: { type: 'integer' }, b: { type: 'boolean' } };
    expect(generate({ type: 'object', properties, required: ['a'] })).toEqual({ a: 1 });
    expect(generate({ type: 'object', properties })).toEqual({ a: 1, b: true });
    expect(generate({ type: 'object' })).toEqual({});
  });

  it.each<[string, JsonObject, unknown]>([
    ['a constant', { const: 7 }, 7],
    ['an enum', { enum: ['x', 'y'] }, 'x'],
    ['a default', { type: 'string', default: 'd' }, 'd'],
    ['a minimum', { type: 'integer', minimum: 18 }, 18],
    ['an exclusive minimum', { type: 'number', exclusiveMinimum: 0 }, 1],
    ['a maximum below one', { type: 'number', maximum: -5 }, -5],
    ['a narrow range', { type: 'number', minimum: 0.1, maximum: 0.5 }, 0.3],
    ['a multiple', { type: 'integer', minimum: 7, multipleOf: 5 }, 10],
    ['a nullable type', { type: ['null', 'integer'] }, 1],
    ['a union with null', { anyOf: [{ type: 'null' }, { type: 'boolean' }] }, true],
    ['a date', { type: 'string', format: 'date' }, '2026-01-15'],
    ['a least length', { type: 'string', minLength: 16 }, 'example value...'],
    ['a largest length', { type: 'string', maxLength: 3 }, 'exa'],
    ['an array', { type: 'array', items: { type: 'integer' }, minItems: 2 }, [1, 2]],
    ['an empty array', { type: 'array', items: { type: 'integer' }, maxItems: 0 }, []],
    ['merged parts', { allOf: [objectWith({ const: 1 }), { required: [] }] }, { value: 1 }],
  ])('keeps to %s', (_name, property, expected) => {
    expect(generate(objectWith(property))).toEqual({ value: expected });
  });

  it('follows references and ends in recursive schemas', () => {
    const tree = {
      type: 'object',
      properties: { name: { type: 'string' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
      required: ['name', 'next'],
    };
    const value = JSON.stringify(generate({ $defs: { node: tree }, $ref: '#/$defs/node' }));
    expect(value).toMatch(/"next":null/);
    expect(() =>
      generate({ type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }),
    ).not.toThrow();
  });

  it('takes places from what the user said, one for each parallel call', () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
    const text = 'the weather in New York and Lima';
    expect([0, 1, 2].map((variant) => generate(schema, text, variant))).toEqual([
      { city: 'New York' },
      { city: 'Lima' },
      { city: 'Lima' },
    ]);
  });
});
