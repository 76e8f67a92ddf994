import { decodeFinishReason, encodeFinishReason } from './finish-reason.js';

describe('finish reasons', () => {
  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['model_length', 'length'],
    ['tool_calls', 'tool-calls'],
    ['function_call', 'tool-calls'],
    ['content_filter', 'content-filter'],
    ['sensitive', 'content-filter'],
    ['error', 'error'],
    ['constructor', 'other'],
    [undefined, 'other'],
    [null, 'other'],
  ])('row 53: %s means %s', (word, reason) => expect(decodeFinishReason(word, false)).toBe(reason));

  it('an answer with tool calls that says stop is tool-calls, so that no agent ends its loop', () => {
    expect(decodeFinishReason('stop', true)).toBe('tool-calls');
    expect(decodeFinishReason(undefined, true)).toBe('tool-calls');
    expect(decodeFinishReason('length', true)).toBe('length');
  });

  it('row 53: every reason is written as one of the words that Chat clients know', () => {
    const words = (
      ['stop', 'length', 'tool-calls', 'content-filter', 'pause', 'error', 'other'] as const
    ).map((reason) => encodeFinishReason(reason));
    expect(words).toEqual(['stop', 'length', 'tool_calls', 'content_filter', 'stop', 'error', 'stop']);
  });
});
