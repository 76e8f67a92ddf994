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
      for (const protocol of adapter.protocols) {
        const headers = Object.values(adapter.authorize('s3cret', protocol));
        expect(headers).toHaveLength(1);
        expect(headers[0]).toMatch(/^(Bearer )?s3cret$/);
      }
    }
  });

  it('sends Google its own header on its own protocol, and a bearer token on the OpenAI-compatible endpoint', () => {
    const google = getAdapter('google');
    expect(google.authorize('s3cret', 'google-gemini')).toEqual({ 'x-goog-api-key': 's3cret' });
    expect(google.authorize('s3cret', 'openai-chat')).toEqual({ authorization: 'Bearer s3cret' });
  });

  it('lets no two vendors share thinking signatures', () => {
    expect(new Set(PROVIDERS.map(({ issuer }) => issuer)).size).toBe(PROVIDERS.length);
  });
});
