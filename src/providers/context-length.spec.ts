import { contextLengthOf } from './context-length.js';

describe('row 72: how vendors say that a prompt is too long', () => {
  it.each<[vendor: string, message: string, tokens: number | undefined, maximum: number | undefined]>([
    ['Anthropic', 'prompt is too long: 215000 tokens > 200000 maximum', 215_000, 200_000],
    [
      'OpenAI',
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130021 tokens.",
      130_021,
      128_000,
    ],
    [
      'vLLM',
      "This model's maximum context length is 32768 tokens. However, you requested 40000 tokens (39000 in the messages, 1000 in the completion).",
      39_000,
      32_768,
    ],
    [
      'Gemini',
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      1_200_000,
      1_048_576,
    ],
    [
      'xAI',
      "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
      140_000,
      131_072,
    ],
    [
      'Mistral',
      'Prompt contains 40000 tokens, too large for model with 32768 maximum context length',
      40_000,
      32_768,
    ],
    [
      'Moonshot',
      'Invalid request: Your request exceeded model token limit: 262144, context length',
      undefined,
      262_144,
    ],
    [
      'DeepSeek',
      "This model's maximum context length is 131,072 tokens. However, you requested 131,080 tokens",
      131_080,
      131_072,
    ],
    ['Qwen', 'Range of input length should be [1, 129024]; the input is too long', undefined, 129_024],
    ['Groq', 'Please reduce the length of the messages or completion.', undefined, undefined],
  ])('row 72: %s', (_vendor, message, tokens, maximum) => {
    expect(contextLengthOf({ message })).toEqual({ tokens, maximum });
  });

  it('row 72: a code is enough', () => {
    expect(contextLengthOf({ message: 'no', code: 'context_length_exceeded' })).toEqual({});
  });

  it.each([
    'max_tokens is too large: 200000. This model supports at most 16384 completion tokens',
    'temperature must be at most 2',
    'messages: at least one message is required',
    'Invalid schema for function "count": 12345',
  ])('row 72: anything else is not taken for it: %s', (message) => {
    expect(contextLengthOf({ message })).toBeUndefined();
  });
});
