import type { JsonObject } from '../../core/json.js';
import type { CompletionChoice, CompletionResult } from '../completion.js';
import { testIdentity } from '../../../test/support/protocol-laws.js';
import { decodeResponse, encodeResponse } from './response.js';

const identity = testIdentity({ id: 'msg_01abc', model: 'anthropic/claude-opus-4.8' });

const answer = (choice: Partial<CompletionChoice> = {}): CompletionResult => ({
  choices: [{ content: [{ type: 'text', text: 'Attention weighs.' }], finishReason: 'stop', ...choice }],
  usage: { input: { noCache: 18 }, output: { total: 32 } },
});

const stopReasonOf = (choice: Partial<CompletionChoice>) =>
  encodeResponse(answer(choice), identity)['stop_reason'];

describe('an answer', () => {
  it('statements 6 and 12: has the shape of the vendor, with the canonical model and stop_sequence null', () => {
    expect(encodeResponse(answer(), identity)).toEqual({
      id: 'msg_01abc',
      type: 'message',
      role: 'assistant',
      model: 'anthropic/claude-opus-4.8',
      content: [{ type: 'text', text: 'Attention weighs.' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 18, output_tokens: 32 },
    });
  });

  it('statement 13: names the stop sequence that was hit', () => {
    expect(encodeResponse(answer({ stopSequence: 'END' }), identity)).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
    });
  });

  it('statement 14: max_tokens and tool_use; an answer that only stopped on a call is tool_use too', () => {
    const content: CompletionChoice['content'] = [
      { type: 'tool-call', id: 't', name: 'add', arguments: '{}' },
    ];
    expect(stopReasonOf({ finishReason: 'length' })).toBe('max_tokens');
    expect(stopReasonOf({ finishReason: 'tool-calls', content })).toBe('tool_use');
    expect(stopReasonOf({ finishReason: 'stop', content })).toBe('tool_use');
    expect(
      stopReasonOf({ finishReason: 'stop', content: [...content, { type: 'text', text: 'Done.' }] }),
    ).toBe('end_turn');
    expect(stopReasonOf({ finishReason: 'tool-calls' })).toBe('end_turn');
  });

  it('statement 15: pause_turn is kept', () => {
    expect(stopReasonOf({ finishReason: 'pause' })).toBe('pause_turn');
  });

  it('row 56: a refusal is stop_reason refusal with its text in stop_details', () => {
    const content: CompletionChoice['content'] = [{ type: 'refusal', text: 'I will not.' }];
    expect(encodeResponse(answer({ content }), identity)).toMatchObject({
      content: [],
      stop_reason: 'refusal',
      stop_details: { type: 'refusal', explanation: 'I will not.' },
    });
  });

  it('rows 9 and 13: foreign tool ids are escaped and arguments become an object', () => {
    const content: CompletionChoice['content'] = [
      { type: 'tool-call', id: 'functions.add:0', name: 'add', arguments: '{"b":1,"a":' },
    ];
    const [block] = encodeResponse(answer({ content }), identity)['content'] as JsonObject[];
    expect(block).toMatchObject({ type: 'tool_use', input: { _raw: '{"b":1,"a":' } });
    expect(block?.['id']).toMatch(/^[a-zA-Z0-9_-]+$/);
  });

  it('own opaque blocks stay in place, foreign ones show nothing', () => {
    const raw = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} };
    const content: CompletionChoice['content'] = [
      { type: 'opaque', protocol: 'anthropic-messages', raw },
      { type: 'opaque', protocol: 'openai-responses', raw: { type: 'web_search_call' } },
      { type: 'text', text: 'x' },
    ];
    expect(encodeResponse(answer({ content }), identity)['content']).toEqual([
      raw,
      { type: 'text', text: 'x' },
    ]);
  });

  it('a page that chat cites becomes a web search citation', () => {
    const citation = {
      type: 'url_citation',
      url_citation: { url: 'https://a.example', title: 'A', start_index: 0, end_index: 1 },
    };
    const [block] = encodeResponse(
      answer({ content: [{ type: 'text', text: 'x', citations: [citation, 1] }] }),
      identity,
    )['content'] as JsonObject[];
    expect(block?.['citations']).toEqual([
      {
        type: 'web_search_result_location',
        url: 'https://a.example',
        title: 'A',
        cited_text: '',
        encrypted_index: '',
      },
    ]);
  });

  it('the price stands in usage as a number', () => {
    const priced = encodeResponse(answer(), {
      ...identity,
      profile: 'standard',
      costOf: () => '0.001230000',
    });
    expect(priced['usage']).toEqual({ input_tokens: 18, output_tokens: 32, cost: 0.00123 });
  });
});

describe('an upstream body', () => {
  it.each([[{}], [{ type: 'error', error: { message: 'no' } }], [{ type: 'message' }], [{ choices: [] }]])(
    '%j is no answer',
    (body) => {
      expect(() => decodeResponse(body as JsonObject)).toThrow(expect.objectContaining({ kind: 'upstream' }));
    },
  );

  it('a broken block is kept as it came, never a crash', () => {
    const raw = { type: 'tool_use', name: 'add' };
    const { choices } = decodeResponse({
      type: 'message',
      content: [raw, 'text', null],
      stop_reason: 'tool_use',
    });
    expect(choices).toEqual([
      { content: [{ type: 'opaque', protocol: 'anthropic-messages', raw }], finishReason: 'tool-calls' },
    ]);
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool-calls'],
    ['pause_turn', 'pause'],
    ['refusal', 'content-filter'],
    ['compaction', 'other'],
    ['toString', 'other'],
    [null, 'other'],
  ])('rows 53 and 57: stop_reason %s is %s', (stopReason, reason) => {
    const { choices } = decodeResponse({ type: 'message', content: [], stop_reason: stopReason });
    expect(choices[0]?.finishReason).toBe(reason);
  });
});
