import { getAdapter, PROVIDERS } from './registry.js';

describe('the registry', () => {
  it('knows every adapter by a name of its own', () => {
    expect(new Set(PROVIDERS.map(({ name }) => name)).size).toBe(PROVIDERS.length);
    for (const adapter of PROVIDERS) expect(getAdapter(adapter.name)).toBe(adapter);
  });

  it('refuses a name it does not know', () => {
    expect(() => getAdapter('toString')).toThrow('no provider adapter is called "toString"');
  });

  it('sends a credential in one header and nowhere else', () => {
    for (const adapter of PROVIDERS) {
      const headers = Object.values(adapter.authorize('s3cret'));
      expect(headers).toHaveLength(1);
      expect(headers[0]).toMatch(/^(Bearer )?s3cret$/);
    }
  });

  it('lets no two vendors share thinking signatures', () => {
    expect(new Set(PROVIDERS.map(({ issuer }) => issuer)).size).toBe(PROVIDERS.length);
  });
});
