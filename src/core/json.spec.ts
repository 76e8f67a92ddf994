import fc from 'fast-check';
import { withMembers } from './json.js';

it('sets members on a copy as a spread does, whatever the members are called', () => {
  fc.assert(
    fc.property(fc.json(), fc.record({ refusal: fc.string(), index: fc.nat() }), (text, more) => {
      const object = JSON.parse(
        `{"__proto__":{"reasoning":"theirs"},"refusal":null,"given":${text}}`,
      ) as object;
      const copy = withMembers(object, more);
      expect(JSON.stringify(copy)).toBe(JSON.stringify({ ...object, ...more }));
      expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
      expect(object).toHaveProperty('refusal', null);
    }),
  );
});
