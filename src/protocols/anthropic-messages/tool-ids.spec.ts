import fc from 'fast-check';
import { fromWireId, ToolIds, toWireId } from './tool-ids.js';

const anyId = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('_', 'f', 'g', 'r', '1', ':', 'é') }),
  fc.string().map((text) => `fg_${text}`),
);

describe('tool ids', () => {
  it('row 9: an id that Anthropic accepts stays as it is', () => {
    expect(toWireId('toolu_01Abc-x')).toBe('toolu_01Abc-x');
    expect(fromWireId('toolu_01Abc-x')).toBe('toolu_01Abc-x');
  });

  it('row 9: any id becomes one that Anthropic accepts, and is read back', () => {
    fc.assert(
      fc.property(anyId, fc.nat({ max: 3 }), (id, use) => {
        expect(toWireId(id, { earlier: use })).toMatch(/^[a-zA-Z0-9_-]+$/);
        expect(fromWireId(toWireId(id, { earlier: use }))).toBe(id);
      }),
    );
  });

  it('row 9: two different ids never share a wire id', () => {
    fc.assert(
      fc.property(fc.tuple(anyId, fc.nat(2)), fc.tuple(anyId, fc.nat(2)), ([a, useA], [b, useB]) => {
        const isSame = toWireId(a, { earlier: useA }) === toWireId(b, { earlier: useB });
        expect(isSame).toBe(a === b && useA === useB);
      }),
    );
  });

  it('row 9: an id that a vendor uses again in a later turn becomes unique, with its own result', () => {
    const ids = new ToolIds();
    ids.turn();
    const first = ids.call('functions.add:0');
    expect(ids.result('functions.add:0')).toBe(first);
    ids.turn();
    const second = ids.call('functions.add:0');
    expect(second).not.toBe(first);
    expect(ids.result('functions.add:0')).toBe(second);
  });

  it('row 9: an id that a vendor uses again in a later answer is another id to the client, and the same to the vendor', () => {
    const ids = ['msg_0a1b2c3d4e', 'msg_0a1b2c3d4f'].map((answer) => toWireId('functions.add:0', { answer }));
    expect(new Set(ids).size).toBe(2);
    expect(ids.map(fromWireId)).toEqual(['functions.add:0', 'functions.add:0']);
    fc.assert(
      fc.property(anyId, fc.stringMatching(/^[a-zA-Z0-9]{1,12}$/), (id, answer) => {
        expect(toWireId(id, { answer })).toMatch(/^[a-zA-Z0-9_-]+$/);
        expect(fromWireId(toWireId(id, { answer }))).toBe(id);
      }),
    );
  });

  it('row 9: two calls of one turn with the same id are answered in order', () => {
    const ids = new ToolIds();
    ids.turn();
    const calls = [ids.call('call:0'), ids.call('call:0')];
    expect([ids.result('call:0'), ids.result('call:0')]).toEqual(calls);
  });

  it('row 9: a result without a call keeps its mapped id', () => {
    expect(new ToolIds().result('a:b')).toBe(toWireId('a:b'));
  });
});
