import fc from 'fast-check';
import { checkStrictJson } from './strict-json.js';

const check = (text: string): void => checkStrictJson(text, JSON.parse(text));
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('a request body', () => {
  it('of any JSON value that JSON.stringify writes is taken', () => {
    const value = fc.jsonValue({ depthSize: 'small' });
    fc.assert(
      fc.property(value, (json) => check(JSON.stringify(json))),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(value, (json) => check(JSON.stringify(json, null, '\t'))),
      { numRuns: 100 },
    );
  });

  it.each([
    ['at the top', '{"a":1,"a":2}'],
    ['inside', '{"m":[{"role":"user","content":"x","role":"system"}]}'],
    ['spelled with an escape', '{"role":1,"r\\u006fle":2}'],
    ['after white space', '{"a" \n:1,"a"\t:2}'],
    ['that is the prototype', '{"__proto__":{},"__proto__":{}}'],
  ])('with a member twice, %s, is refused', (_, text) => {
    expect(() => check(text)).toThrow('names a member of an object twice');
  });

  it.each([
    ['{"a":"x\\u0000y"}', 'NUL'],
    ['{"x\\u0000":1}', 'NUL'],
    ['{"a":"\\ud83d"}', 'surrogate'],
    ['{"a":"\\udd8a\\ud83e"}', 'surrogate'],
    ['{"a":1e999}', 'number'],
    ['{"a":[-1E400]}', 'number'],
  ])('%s is refused', (text, word) => {
    expect(() => check(text)).toThrow(word);
  });

  it('is refused by the path of what is wrong with it', () => {
    const text = '{"messages":[{"content":"fine"},{"content":"\\u0000"}]}';
    expect(() => check(text)).toThrow('messages.1.content must not hold a NUL character');
  });

  it.each([
    '{"a":"\\\\ud83d"}',
    '{"a":"\\ud83e\\udd8a"}',
    '{"a":"\\"a\\":","b":"\\\\"}',
    '{"a":{"a":{"a":1}},"":1}',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
  ])('%s is taken', (text) => {
    expect(() => check(text)).not.toThrow();
  });

  it('is limited in depth, members and items', () => {
    const items = (count: number) => `{"a":[${Array.from({ length: count }, () => '1').join(',')}]}`;
    const members = (count: number) =>
      `{${Array.from({ length: count }, (__, index) => `"k${index}":1`).join(',')}}`;
    for (const fits of [nested(64), items(100_000), members(10_000)]) expect(() => check(fits)).not.toThrow();
    expect(() => check(nested(65))).toThrow('nested deeper than 64 levels');
    expect(() => check(items(100_001))).toThrow('100000 items');
    expect(() => check(members(10_001))).toThrow('10000 members');
  });

  it.each([
    ['nested deeper than 64 levels', `{"x":[[1]],"tools":${nested(64)},"y":1}`],
    ['a list of more than 100000 items', `{"x":1,"tools":{"a":[${'1,'.repeat(100_000)}1]}}`],
    ['more than 10000 members', `{"x":1,"tools":[${'{"a":1},'.repeat(10_000)}{"a":1}],"y":1}`],
  ])('that is %s names the member of it that is', (words, text) => {
    const refusal = { message: expect.stringMatching(`^tools: .*${words}$`), details: { param: 'tools' } };
    expect(() => check(text)).toThrow(expect.objectContaining(refusal));
  });

  it('whose member has a name too long to repeat is refused without it', () => {
    expect(() => check(`{"${'n'.repeat(200)}":${nested(64)}}`)).toThrow(/^Request body is nested/);
  });
});
