import fc from 'fast-check';
import { readEncrypted, writeEncrypted, type Encrypted } from './signature.js';

const base64 = fc.base64String({ minLength: 4, maxLength: 40 });
const issuer = fc.constantFrom('openai', 'anthropic', 'google', 'xai');

describe('encrypted_content', () => {
  it('row 40: comes back as what went out, whoever signed it and whatever it stands on', () => {
    const encrypted = fc.oneof(
      fc.record({ kind: fc.constant('thinking' as const), signature: fc.record({ issuer, value: base64 }) }),
      fc.record({ kind: fc.constant('redacted' as const), signature: fc.record({ issuer, value: base64 }) }),
      fc.record({
        kind: fc.constant('call' as const),
        callId: fc.string({ unit: 'grapheme-ascii' }),
        signature: fc.record({ issuer, value: base64 }),
      }),
    );
    fc.assert(
      fc.property(encrypted, (given: Encrypted) => {
        expect(readEncrypted(writeEncrypted(given, 'rs_9'), 'rs_9')).toEqual(given);
      }),
    );
  });

  it('row 40: OpenAI’s own stands on its own item as it came, and is marked on any other', () => {
    const own = { kind: 'thinking', signature: { issuer: 'openai', value: 'rs_1:gAAA' } } as const;
    expect(writeEncrypted(own, 'rs_1')).toBe('gAAA');
    expect(writeEncrypted(own, 'rs_2')).toBe('openai:rs_1:gAAA');
    expect(readEncrypted('gAAA', 'rs_1')).toEqual(own);
    expect(readEncrypted('openai:rs_1:gAAA', 'rs_2')).toEqual(own);
  });

  it('row 42: belongs to the upstream that made it', () => {
    expect(readEncrypted('abc', 'rs_1', 'xai').signature).toEqual({ issuer: 'xai', value: 'rs_1:abc' });
  });
});
