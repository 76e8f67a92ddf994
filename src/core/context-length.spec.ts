import { anthropicContextMessage, googleContextMessage, openAiContextMessage } from './context-length.js';

describe('row 72: a context that is too long, in the words of each dialect', () => {
  it('with figures', () => {
    const length = { tokens: 210_000, maximum: 200_000 };
    expect(openAiContextMessage(length)).toBe(
      "This model's maximum context length is 200000 tokens. However, your messages resulted in 210000 tokens. " +
        'Please reduce the length of the messages.',
    );
    expect(anthropicContextMessage(length)).toBe('prompt is too long: 210000 tokens > 200000 maximum');
    expect(googleContextMessage(length)).toBe(
      'The input token count (210000) exceeds the maximum number of tokens allowed (200000).',
    );
  });

  it('without figures still has the words that clients search for', () => {
    for (const length of [{}, { maximum: 8_000 }, { tokens: 9_000 }]) {
      expect(openAiContextMessage(length)).toMatch(/maximum context length/);
      expect(anthropicContextMessage(length)).toMatch(/^prompt is too long: /);
      expect(googleContextMessage(length)).toMatch(/^The input token count.* exceeds the maximum number/);
    }
  });

  it('names input and output where both together were too much', () => {
    expect(anthropicContextMessage({ tokens: 190_000, maximum: 200_000, output: 20_000 })).toBe(
      'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or ' +
        '`max_tokens` and try again',
    );
  });
});
