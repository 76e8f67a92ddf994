import type { CompletionRequest, ContentPart } from '../protocols/completion.js';
import { tokensToReserve } from './token-reservation.js';

const requestWith = (content: ContentPart[], more: Partial<CompletionRequest> = {}): CompletionRequest =>
  ({
    model: 'm',
    messages: [{ role: 'user', content }],
    stream: false,
    warnings: [],
    ...more,
  }) as CompletionRequest;
const text = requestWith([{ type: 'text', text: 'hello' }]);
const image = (data: string): ContentPart => ({
  type: 'image',
  source: { kind: 'base64', mediaType: 'image/png', data },
});

describe('tokens to reserve', () => {
  it('are a quarter of the bytes and the output limit', () => {
    const question = { request: text, bodyBytes: 402, maxOutputTokens: 50 };
    expect(tokensToReserve(question)).toBe(101 + 50);
  });

  it('count every answer that is asked for, and at most 4,096 tokens of output', () => {
    const question = { request: text, bodyBytes: 0, maxOutputTokens: 1_000 };
    expect(tokensToReserve({ ...question, request: { ...text, choiceCount: 3 } })).toBe(3_000);
    expect(tokensToReserve({ ...question, maxOutputTokens: 128_000 })).toBe(4_096);
  });

  it('do not take the bytes of an image for text, inside a tool result neither', () => {
    const data = 'A'.repeat(1_000_000);
    const question = { bodyBytes: 1_000_400, maxOutputTokens: 1 };
    expect(tokensToReserve({ ...question, request: requestWith([image(data)]) })).toBe(100 + 1_000 + 1);
    const result = requestWith([{ type: 'tool-result', callId: 'c', content: [image(data) as never] }]);
    expect(tokensToReserve({ ...question, request: result })).toBe(100 + 1_000 + 1);
  });
});
