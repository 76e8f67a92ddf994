import fc from 'fast-check';
import type { CompletionEvent, CompletionResult } from '../protocols/completion.js';
import { textTokens } from '../protocols/media.js';
import { UsageTap } from './usage-tap.js';

const tapOf = (...events: CompletionEvent[]): UsageTap => {
  const tap = new UsageTap();
  for (const event of events) tap.observe(event);
  return tap;
};
const text = (content: string): CompletionEvent => ({ type: 'text-delta', block: 0, text: content });
const usage = (input: number | undefined, output: number | undefined): CompletionEvent => ({
  type: 'usage',
  usage: { input: { noCache: input }, output: { total: output } },
});

describe('what an answer used', () => {
  it('is what the vendor reported last, wherever in the stream that stood', () => {
    const events = [
      usage(10, 1),
      text('x'.repeat(400)),
      usage(undefined, 7),
      text('y'),
      usage(11, undefined),
    ];
    expect(tapOf(...events).measure(999, true)).toEqual({
      source: 'provider',
      usage: { input: { noCache: 11 }, output: { total: 7 }, searches: undefined },
    });
  });

  it('is the same whatever the order in which text and reports come', () => {
    const events = [usage(10, undefined), usage(undefined, 5), text('abc'), text('defgh')];
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: 4, maxLength: 4 }), (order) => {
        expect(tapOf(...order).measure(0, true)).toEqual(tapOf(...events).measure(0, true));
        expect(tapOf(...order).measure(0, false)).toEqual(tapOf(...events).measure(0, false));
      }),
    );
  });

  it('is an estimate, and says so, where the vendor reported nothing', () => {
    const tap = tapOf(text('12345'), { type: 'thinking-delta', block: 1, text: '123' });
    expect(tap.measure(42, true)).toEqual({
      source: 'estimate',
      usage: { input: { noCache: 42 }, output: { total: 2 }, searches: undefined },
    });
  });

  it('is an estimate for a broken stream, and never below the text that was seen nor the report', () => {
    expect(tapOf(usage(10, 1), text('x'.repeat(80))).measure(42, false)).toMatchObject({
      source: 'estimate',
      usage: { input: { noCache: 10 }, output: { total: 20 } },
    });
    expect(tapOf(usage(10, 30), text('x')).measure(42, false).usage.output.total).toBe(30);
  });

  it('counts text in bytes, names and arguments of tools, refusals and thinking included', () => {
    const tap = tapOf(
      text('漢字漢字'),
      { type: 'tool-start', block: 1, id: 'a', name: 'ab' },
      { type: 'tool-delta', block: 1, text: '{}' },
      { type: 'refusal-delta', text: 'no' },
      { type: 'thinking-delta', block: 2, text: 'hm' },
    );
    expect(tap.measure(0, false).usage.output.total).toBe((12 + 2 + 2 + 2 + 2) / 4);
  });

  it('keeps input classes and searches apart from what is estimated', () => {
    const tap = tapOf({
      type: 'usage',
      usage: {
        input: { noCache: 1, cacheRead: 2, cacheWrite5m: 3, cacheWrite1h: 4 },
        output: {},
        searches: 5,
      },
    });
    expect(tap.measure(99, false).usage).toEqual({
      input: { noCache: 1, cacheRead: 2, cacheWrite5m: 3, cacheWrite1h: 4 },
      output: { total: 0 },
      searches: 5,
    });
  });

  it('has not started before anything of the answer came', () => {
    expect(tapOf({ type: 'start', id: 'u1' }, usage(5, 0)).started).toBe(false);
    expect(tapOf(text('a')).started).toBe(true);
    expect(tapOf({ type: 'start', id: 'u1' }, { type: 'start', id: 'u2' }).upstreamId).toBe('u1');
    expect(tapOf({ type: 'error', failure: { kind: 'upstream', message: 'x' } }).failed).toBe(true);
  });
});

describe('a whole answer', () => {
  const result: CompletionResult = {
    id: 'u9',
    choices: [
      { content: [{ type: 'text', text: '12345678' }], finishReason: 'stop' },
      {
        content: [{ type: 'tool-call', id: 'c', name: 'abcd', arguments: '{}{}' }],
        finishReason: 'tool-calls',
      },
    ],
    usage: { input: { noCache: 3 }, output: { total: 4 } },
  };

  it('is paid as the vendor counted it', () => {
    const tap = new UsageTap();
    tap.observeResult(result);
    expect(tap.measure(99, true)).toEqual({ source: 'provider', usage: result.usage });
    expect(tap).toMatchObject({ upstreamId: 'u9', finishReason: 'stop', reportedUsage: result.usage });
  });

  it('is estimated from all its choices when the vendor counted nothing', () => {
    const tap = new UsageTap();
    tap.observeResult({ ...result, usage: { input: {}, output: {} } });
    expect(tap.measure(99, true)).toMatchObject({
      source: 'estimate',
      usage: { input: { noCache: 99 }, output: { total: 4 } },
    });
  });
});

it('an estimate rounds up, so that no text is free', () => {
  expect([0, 1, 4, 5].map((bytes) => textTokens(bytes))).toEqual([0, 1, 1, 2]);
});
