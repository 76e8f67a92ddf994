import fc from 'fast-check';
import { linkToken, readLinkToken } from './download-link.js';

const KEY = Buffer.alloc(32, 7);
const claims = fc.record({
  exportId: fc.uuid(),
  adminKeyId: fc.uuid(),
  expiresAt: fc.integer({ min: 1_700_000_000, max: 4_000_000_000 }),
});

it('gives what it was made for, until its last second', () => {
  fc.assert(
    fc.property(claims, (made) => {
      const token = linkToken(made, KEY);
      expect(token).toMatch(/^[\w.-]+$/);
      expect(readLinkToken(token, KEY, made.expiresAt * 1_000 - 1)).toEqual(made);
      expect(readLinkToken(token, KEY, made.expiresAt * 1_000)).toBeNull();
    }),
  );
});

it('gives nothing when any character of it is changed, or under another key', () => {
  fc.assert(
    fc.property(claims, fc.nat(), fc.constantFrom(...Array.from('0aAfZ_-.')), (made, at, char) => {
      const token = linkToken(made, KEY);
      const place = at % token.length;
      const changed = token.slice(0, place) + char + token.slice(place + 1);
      const now = made.expiresAt * 1_000 - 1;
      expect(readLinkToken(changed, KEY, now)).toEqual(changed === token ? made : null);
      expect(readLinkToken(token, Buffer.alloc(32, 8), now)).toBeNull();
    }),
  );
});

it.each(['', '.', 'x'.repeat(200), '../../etc/passwd'])('takes %j for no link', (token) => {
  expect(readLinkToken(token, KEY, 0)).toBeNull();
});
