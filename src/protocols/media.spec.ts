import type { CompletionRequest, ContentPart } from './completion.js';
import { likelyInput, mediaOf } from './media.js';

const requestWith = (...content: ContentPart[]) =>
  ({ model: 'm', messages: [{ role: 'user', content }] }) as unknown as CompletionRequest;
const DATA = 'A'.repeat(1_000);
const image: ContentPart = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: DATA } };

describe('what a request carries that is no text', () => {
  it('is nothing of its texts', () => {
    const text = mediaOf(requestWith({ type: 'text', text: DATA }));
    expect(text).toEqual({ bytes: 0, count: 0, hasImage: false, hasDocument: false });
    const document = mediaOf(requestWith({ type: 'document', source: { kind: 'text', text: DATA } }));
    expect(document).toEqual({ bytes: 0, count: 0, hasImage: false, hasDocument: true });
  });

  it('is every picture, file and sound, those in tool results and documents too', () => {
    const result: ContentPart = { type: 'tool-result', callId: 'c', content: [image as never] };
    const parts: ContentPart = { type: 'document', source: { kind: 'parts', parts: [image as never] } };
    const sound: ContentPart = { type: 'audio', format: 'wav', data: DATA };
    expect(mediaOf(requestWith(image, result, parts, sound))).toEqual({
      bytes: 4_000,
      count: 4,
      hasImage: true,
      hasDocument: true,
    });
  });

  it('has no bytes where it is named by its address', () => {
    const byUrl: ContentPart = { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } };
    expect(mediaOf(requestWith(byUrl))).toMatchObject({ bytes: 0, count: 1 });
  });
});

describe('likely input', () => {
  it('is a quarter of the bytes that are text, and a thousand for each picture, file and sound', () => {
    expect(likelyInput(402, { bytes: 0, count: 0 })).toBe(101);
    expect(likelyInput(1_000_400, { bytes: 1_000_000, count: 2 })).toBe(100 + 2_000);
  });

  it('is never below nothing', () => {
    expect(likelyInput(10, { bytes: 400, count: 0 })).toBe(0);
  });
});
