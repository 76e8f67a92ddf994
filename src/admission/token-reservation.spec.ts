import { tokensToReserve } from './token-reservation.js';

const media = { bytes: 0, count: 0 };

describe('tokens to reserve', () => {
  it('are a quarter of the bytes and the output limit', () => {
    const question = { request: {}, media, bodyBytes: 402, maxOutputTokens: 50 };
    expect(tokensToReserve(question)).toBe(101 + 50);
  });

  it('count every answer that is asked for, and at most 4,096 tokens of output', () => {
    const question = { request: {}, media, bodyBytes: 0, maxOutputTokens: 1_000 };
    expect(tokensToReserve({ ...question, request: { choiceCount: 3 } })).toBe(3_000);
    expect(tokensToReserve({ ...question, maxOutputTokens: 128_000 })).toBe(4_096);
  });

  it('do not take the bytes of an image for text', () => {
    const question = { request: {}, bodyBytes: 1_000_400, maxOutputTokens: 1 };
    expect(tokensToReserve({ ...question, media: { bytes: 1_000_000, count: 1 } })).toBe(100 + 1_000 + 1);
  });
});
