import fc from 'fast-check';
import { decodableUrl } from './decodable-url.js';

const pathOf = (url: string): string => url.split('?', 1)[0] ?? '';

describe('a URL as it is routed', () => {
  it.each([
    '/v1/messages',
    '/v1/models/a%2Fb',
    '/v1beta/models/%F0%9F%A6%8A:generateContent?alt=%ff',
    '/?%',
    '',
  ])('is %s itself when its path can be decoded', (url) => expect(decodableUrl(url)).toBe(url));

  it.each([
    ['/v1/messages/%ff', '/v1/messages/%25ff'],
    ['/v1/models/%', '/v1/models/%25'],
    ['/v1/models/a%2Fb%E0%A4%A?x=%ff', '/v1/models/a%252Fb%25E0%25A4%25A?x=%ff'],
  ])('%s is taken as it is written', (url, routed) => expect(decodableUrl(url)).toBe(routed));

  it('can always be decoded, to what was written wherever that could not', () => {
    const text = fc.string({ unit: fc.constantFrom('%', 'f', '2', 'F', '/', '?', 'é') });
    fc.assert(
      fc.property(text, (url) => {
        const routed = decodableUrl(url);
        const decoded = decodeURIComponent(pathOf(routed));
        if (routed !== url) expect(decoded).toBe(pathOf(url));
      }),
    );
  });
});
