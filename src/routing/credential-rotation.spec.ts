import fc from 'fast-check';
import type { CatalogCredential } from '../catalog/model.js';
import { CredentialRotation } from './credential-rotation.js';

const credential = (id: string, weight = 1): CatalogCredential => ({
  id,
  name: id,
  weight,
  ciphertext: Buffer.alloc(0),
});
const well = { waitMs: () => 0 };

describe('the credentials of a provider', () => {
  it('take turns by weight, exactly, over every full round', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(weights, (given) => {
        const all = given.map((weight, index) => credential(`c${index}`, weight));
        const rotation = new CredentialRotation();
        const total = given.reduce((sum, weight) => sum + weight, 0);
        const picked = Array.from({ length: 3 * total }, () => rotation.pick(all, well)?.id);
        for (const { id, weight } of all) expect(picked.filter((one) => one === id)).toHaveLength(3 * weight);
      }),
    );
  });

  it('are never one that has to wait while another need not, and never one that was tried', () => {
    const states = fc.array(
      fc.record({
        weight: fc.integer({ min: 0, max: 3 }),
        waitMs: fc.constantFrom(0, 5, 900),
        tried: fc.boolean(),
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(states, fc.boolean(), (given, onlyWell) => {
        const all = given.map(({ weight }, index) => credential(`c${index}`, weight));
        const stateOf = ({ id }: CatalogCredential) => given[Number(id.slice(1))] as (typeof given)[number];
        const tried = new Set(all.filter((one) => stateOf(one).tried).map(({ id }) => id));
        const picked = new CredentialRotation().pick(all, {
          waitMs: (one) => stateOf(one).waitMs,
          tried,
          onlyWell,
        });
        const left = all.filter(({ id }) => !tried.has(id));
        const least = Math.min(...left.map((one) => stateOf(one).waitMs));
        if (left.length === 0 || (onlyWell && least > 0)) return expect(picked).toBeUndefined();
        expect(tried).not.toContain(picked?.id);
        expect(stateOf(picked as CatalogCredential).waitMs).toBe(
          left.length === 1 ? stateOf(left[0] as CatalogCredential).waitMs : least,
        );
      }),
    );
  });

  it('of weight 0 are spare: used only while no other one can be', () => {
    const all = [credential('spare', 0), credential('main')];
    const rotation = new CredentialRotation();
    const picked = Array.from({ length: 5 }, () => rotation.pick(all, well)?.id);
    expect(new Set(picked)).toEqual(new Set(['main']));
    expect(rotation.pick(all, { waitMs: ({ id }) => (id === 'main' ? 1 : 0) })?.id).toBe('spare');
  });

  it('stay with the conversation whose prompt cache they hold, while they are well', () => {
    const all = [credential('a'), credential('b')];
    const rotation = new CredentialRotation();
    const held = Array.from({ length: 4 }, () => rotation.pick(all, { ...well, preferredId: 'b' })?.id);
    expect(new Set(held)).toEqual(new Set(['b']));
    const ill = { waitMs: ({ id }: CatalogCredential) => (id === 'b' ? 1 : 0), preferredId: 'b' };
    expect(rotation.pick(all, ill)?.id).toBe('a');
  });
});
