/** Wrong values as JSON text, by the kind of field; text, because JSON.stringify cannot say 1e400. */

const THOUSANDS = (item: string): string => `[${Array.from({ length: 10_000 }, () => item).join(',')}]`;

const NOT_NUMBER = ['"1"', '"NaN"', '""', 'true', '{}', '[]', '[1]', '1e400', '-1e400', THOUSANDS('0')];
const OVERFLOW = ['1e308', '9007199254740993', '9007199254740992'];

/** Wrong for every whole number; `more` are the ones outside its own range. */
export const integer = (...more: string[]): string[] => [...NOT_NUMBER, ...OVERFLOW, '0.5', '15e-1', ...more];
/** Wrong for every number with an upper bound. */
export const number = (...more: string[]): string[] => [...NOT_NUMBER, ...OVERFLOW, '-1e308', ...more];
export const TEXT = ['1', '1e400', 'true', '{}', '[]', '["a"]', THOUSANDS('"a"')];
/** A text that must be there. */
export const NEEDED = [...TEXT, 'null'];
/** Not one of a few words. */
export const WORD = [...TEXT, '"nonsense"', '"__proto__"', '"constructor"', '"a\\u0000b"', '"\\ud800"'];
export const FLAG = ['1', '0', '"true"', '""', '{}', '[]', '1e400'];
export const OBJECT = ['1', 'true', '"{}"', '[]', '[{}]', '1e400', THOUSANDS('{}')];
export const LIST = ['1', 'true', '"[]"', '{}', '{"0":"a"}', '1e400'];
export const OBJECTS = [...LIST, '[null]', '[1]', '["a"]', '[[]]', '[[[]]]', THOUSANDS('null')];

/** A field and its wrong values. */
export type BadField = readonly [path: string, values: readonly string[]];

/** The JSON text of a body with one member replaced. */
export function withMember(body: unknown, path: string, json: string): string {
  const copy = structuredClone(body) as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop() ?? '';
  const owner = names.reduce((at, name) => at[name] as Record<string, unknown>, copy);
  owner[last] = MARK;
  return JSON.stringify(copy).replace(`"${MARK}"`, () => json);
}

const MARK = 'the-member-to-replace';
