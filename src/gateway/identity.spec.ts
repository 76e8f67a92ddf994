import { uuidv7 } from '../core/ids.js';
import { answerId } from './identity.js';

describe('the id of an answer', () => {
  const request = '0190d2c4-0000-7000-8000-00000000002a';

  it('has the form that the clients of its protocol expect', () => {
    expect(answerId('openai-chat', request, 1_700_000_000)).toMatch(/^gen-1700000000-[0-9A-Za-z]{22}$/);
    expect(answerId('anthropic-messages', request, 1)).toMatch(/^msg_[0-9A-Za-z]{22}$/);
    expect(answerId('openai-responses', request, 1)).toMatch(/^resp_[0-9A-Za-z]{22}$/);
    expect(answerId('google-gemini', request, 1)).toMatch(/^[0-9A-Za-z]{22}$/);
  });

  it('is the same for the same request, and different for another', () => {
    expect(answerId('openai-chat', request, 1)).toBe(answerId('openai-chat', request, 1));
    const ids = Array.from({ length: 1_000 }, () => answerId('anthropic-messages', uuidv7(), 1));
    expect(new Set(ids).size).toBe(1_000);
  });
});
