import fc from 'fast-check';
import type { JsonObject } from '../core/json.js';
import { itemTexts, ObjectText, spliceMembers } from './json-splice.js';

const names = fc.constantFrom('id', 'model', 'usage', 'x"y', 'back\\slash', '', 'ü', '__proto', 'choices');
const values = fc.jsonValue({ maxDepth: 3 });
const spaces = fc.constantFrom('', ' ', '\n\t', '  \r\n');

/** JSON text of an object with the members in order and blanks between all tokens of the top level. */
const textOf = (members: readonly (readonly [string, unknown])[], space: string): string => {
  const body = members.map(([name, value]) =>
    [JSON.stringify(name), ':', JSON.stringify(value, null, space.length)].join(space),
  );
  return `${space}{${space}${body.join(`${space},${space}`)}${space}}${space}`;
};

describe('spliceMembers', () => {
  it('says what JSON.parse, change and JSON.stringify would say, for any object and any spacing', () => {
    const members = fc.uniqueArray(fc.tuple(names, values), { selector: ([name]) => name });
    const changes = fc.record({ set: fc.dictionary(names, values), remove: fc.array(names) });
    fc.assert(
      fc.property(members, spaces, changes, (list, space, { set, remove }) => {
        const texts = Object.fromEntries(
          Object.entries(set).map(([name, value]) => [name, JSON.stringify(value)]),
        );
        const spliced = spliceMembers(textOf(list, space), { set: texts, remove });
        const expected: JsonObject = Object.fromEntries(list) as JsonObject;
        for (const name of remove) delete expected[name];
        expect(JSON.parse(spliced)).toEqual(JSON.parse(JSON.stringify({ ...expected, ...set })));
      }),
      { numRuns: 500 },
    );
  });

  it('row 27: keeps every other member byte for byte: spelling of numbers, blanks, escapes, order', () => {
    const text = '{ "b" : 1.50e+3 , "model":"old","a": [ 1,{"model":"inner"} ],"s":"\\u00e4\\"}{," }';
    expect(spliceMembers(text, { set: { model: '"new"' } })).toBe(
      '{"b" : 1.50e+3,"model":"new","a": [ 1,{"model":"inner"} ],"s":"\\u00e4\\"}{,"}',
    );
  });

  it('puts new members first', () => {
    expect(spliceMembers('{"a":1}', { set: { type: '"x"' } })).toBe('{"type":"x","a":1}');
    expect(spliceMembers('{}', { set: { type: '"x"' } })).toBe('{"type":"x"}');
    expect(spliceMembers('{"a":1}', { remove: ['a'] })).toBe('{}');
  });

  it('leaves one copy of a member that stands twice, so that no reader sees the old value', () => {
    expect(spliceMembers('{"model":"a","x":1,"model":"b"}', { set: { model: '"c"' } })).toBe(
      '{"model":"c","x":1}',
    );
    expect(spliceMembers('{"x":1,"y":2,"x":3}', { remove: ['x'] })).toBe('{"y":2}');
    expect(spliceMembers('{"x":1,"y":2,"\\u0078":3}', {})).toBe('{"\\u0078":3,"y":2}');
  });

  it('knows a member whose name is written with escapes', () => {
    expect(spliceMembers('{"mod\\u0065l":"a"}', { set: { model: '"b"' } })).toBe('{"mod\\u0065l":"b"}');
  });

  it('does not mistake inherited names for members to set', () => {
    expect(spliceMembers('{"constructor":1}', { set: { a: '2' } })).toBe('{"a":2,"constructor":1}');
  });
});

describe('the text of a member', () => {
  it('is the text of the value that JSON.parse would read', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(names, values), { maxLength: 8 }), spaces, names, (list, space, name) => {
        const expected = list.findLast(([key]) => key === name)?.[1];
        const found = new ObjectText(textOf(list, space)).valueText(name);
        expect(found === undefined ? undefined : JSON.parse(found)).toEqual(
          expected === undefined ? undefined : JSON.parse(JSON.stringify(expected)),
        );
      }),
    );
  });
});

describe('itemTexts', () => {
  it('cuts an array into the texts of its items, whatever they hold and whatever stands between them', () => {
    fc.assert(
      fc.property(fc.array(values), spaces, (items, space) => {
        const texts = items.map((item) => JSON.stringify(item, null, space.length));
        const list = `${space}[${space}${texts.join(`${space},${space}`)}${space}]${space}`;
        expect(itemTexts(list)).toEqual(texts);
      }),
    );
  });

  it.each(['{}', '"a,b"', 'null', '12', ' '])('finds none in %s', (text) => {
    expect(itemTexts(text)).toEqual([]);
  });
});
