import type { JsonObject } from '../../core/json.js';
import { isStrictSchema } from './strict-schema.js';

const closed = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
});

describe('schemas that OpenAI decodes strictly', () => {
  it.each<[string, JsonObject]>([
    ['nothing', closed({})],
    ['all properties required', closed({ a: { type: 'string' }, b: { type: ['string', 'null'] } })],
    ['objects inside', closed({ a: closed({ b: { type: 'array', items: closed({}) } }) })],
    ['definitions', closed({ a: { $ref: '#/$defs/a' } }, { $defs: { a: closed({}) } })],
  ])('row 26: is one: %s', (_name, schema) => {
    expect(isStrictSchema(schema)).toBe(true);
  });

  it.each<[string, JsonObject]>([
    ['no root object', { type: 'string' }],
    ['a choice at the root', { ...closed({}), anyOf: [closed({})] }],
    ['a property that may be missing', closed({ a: {} }, { required: [] })],
    ['further properties', closed({}, { additionalProperties: true })],
    ['further properties inside', closed({ a: { type: 'object', properties: {} } })],
    ['an open definition', closed({}, { $defs: { a: { type: 'object' } } })],
  ])('row 26: is none: %s', (_name, schema) => {
    expect(isStrictSchema(schema)).toBe(false);
  });
});
