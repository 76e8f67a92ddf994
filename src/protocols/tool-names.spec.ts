import fc from 'fast-check';
import { GEMINI_NAMES, ToolNames } from './tool-names.js';

describe('row 12: tool names', () => {
  it('row 12: a name that fits stays as it is, and nothing is to be given back', () => {
    const names = new ToolNames();
    expect(names.wire('mcp__files__read-2')).toBe('mcp__files__read-2');
    expect(names.given).toBeUndefined();
  });

  it('row 12: any other name fits after rewriting, is the same in every request, and is given back', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, maxLength: 140 }), { maxLength: 8 }), (list) => {
        const names = new ToolNames();
        for (const name of list) {
          const wire = names.wire(name);
          expect(wire).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
          expect(new ToolNames().wire(name)).toBe(wire);
          expect(names.given?.get(wire) ?? wire).toBe(name);
        }
      }),
    );
  });

  it('row 12: Gemini takes dots and colons, and no digit at the start', () => {
    const names = new ToolNames(GEMINI_NAMES);
    expect(names.wire('files.read:fast')).toBe('files.read:fast');
    expect(names.given).toBeUndefined();
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 200 }), (name) => {
        const wire = names.wire(name);
        expect(wire).toMatch(/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/);
        expect(names.given?.get(wire) ?? wire).toBe(name);
      }),
    );
  });

  it('row 12: dotted names that differ never become one', () => {
    const names = new ToolNames();
    expect(names.wire('weather.get')).not.toBe(names.wire('weather:get'));
    expect(names.wire('a'.repeat(70))).not.toBe(names.wire(`${'a'.repeat(69)}b`));
  });
});
