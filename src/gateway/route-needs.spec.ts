import type { CompletionRequest } from '../protocols/completion.js';
import { needsOf, sessionOf } from './route-needs.js';

const requestOf = (text: string, more: Partial<CompletionRequest> = {}): CompletionRequest => ({
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text }] }],
  stream: false,
  routing: {},
  warnings: [],
  ...more,
});
const given = (over: Partial<Parameters<typeof sessionOf>[2]> = {}) => ({
  headers: {},
  promptCacheKey: undefined,
  bodyBytes: 8_000,
  ...over,
});

describe('a conversation', () => {
  it.each([
    ['named by a header', given({ headers: { 'x-session-id': 'one' } })],
    ['named by prompt_cache_key', given({ promptCacheKey: 'one' })],
    ['known by its beginning', given()],
  ])('%s is never shared by organizations or models', (_, basis) => {
    const request = requestOf('Hello');
    const session = sessionOf('org-1', request, basis);
    expect(sessionOf('org-1', request, basis)).toBe(session);
    expect(sessionOf('org-2', request, basis)).not.toBe(session);
    expect(sessionOf('org-1', { ...request, model: 'other' }, basis)).not.toBe(session);
  });

  it('goes on with the turns behind its beginning, and is another with another beginning', () => {
    const first = requestOf('Hello');
    const turns: CompletionRequest['messages'] = [
      ...first.messages,
      { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] },
      { role: 'user', content: [{ type: 'text', text: 'More' }] },
    ];
    expect(sessionOf('org', { ...first, messages: turns }, given())).toBe(sessionOf('org', first, given()));
    expect(sessionOf('org', requestOf('Bye'), given())).not.toBe(sessionOf('org', first, given()));
  });

  it('is not known where it is too short to be cached', () => {
    expect(sessionOf('org', requestOf('Hello'), given({ bodyBytes: 4_095 }))).toBeUndefined();
  });
});

describe('what a request needs', () => {
  it('is room for its text alone, and whoever reads its media', () => {
    const media = { bytes: 8_000, count: 1, hasImage: true, hasDocument: false };
    expect(needsOf(requestOf('Hello'), media, 8_800)).toMatchObject({
      capabilities: ['image_input'],
      inputTokens: 100,
    });
  });
});
