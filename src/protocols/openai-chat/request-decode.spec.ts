import fc from 'fast-check';
import { FaregateError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import { portable } from './portable.js';
import { decodeRequest } from './request-decode.js';

const messages = [{ role: 'user', content: 'Explain attention in one sentence.' }];
const decode = (fields: JsonObject) => decodeRequest({ model: 'm', messages, ...fields });

/** The field that a refusal names; undefined when the request is accepted. */
function refusedField(fields: JsonObject): string | undefined {
  try {
    decode(fields);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof FaregateError) || thrown.kind !== 'invalid_request') throw thrown;
    return thrown.details.param ?? 'no field';
  }
}

const user = (...parts: JsonValue[]): JsonObject => ({ messages: [{ role: 'user', content: parts }] });
const fn = (name: string): JsonObject => ({ type: 'function', function: { name } });

describe('statement 27: a known field out of its type or range is refused by name', () => {
  it.each<[string, JsonValue[], JsonValue[]]>([
    ['temperature', [0, 1, 2], [-0.1, 2.01, '1', true]],
    ['top_p', [0.01, 1], [0, 1.01]],
    ['top_k', [0, 40], [-1, 1.5]],
    ['min_p', [0, 1], [-0.1, 1.1]],
    ['top_a', [0, 1], [-0.1, 1.1]],
    ['repetition_penalty', [0.1, 2], [0, 2.1]],
    ['frequency_penalty', [-2, 2], [-2.1, 2.1]],
    ['presence_penalty', [-2, 2], [-2.1, 2.1]],
    ['max_tokens', [1, 8192], [0, -1, 1.5, '10']],
    ['max_completion_tokens', [1], [0]],
    ['n', [1, 128], [0, 129, 1.5]],
    ['seed', [-7, 7], [1.5, 'x']],
    ['stop', ['x', [], ['a', 'b', 'c', 'd']], [['a', 'b', 'c', 'd', 'e'], 7]],
    ['verbosity', ['low', 'medium', 'high'], ['loud', 1]],
    ['user', ['u'], [7]],
    ['stream', [true, false], ['yes', 1]],
    ['stream_options', [{}, { include_usage: true }], ['x', []]],
    ['parallel_tool_calls', [true], ['x']],
    ['logit_bias', [{ '50256': -100 }, {}], [[], 'x']],
    ['modalities', [['text', 'audio']], ['text']],
    ['metadata', [{ a: 'b' }], ['x']],
    ['response_format', [{ type: 'text' }, { type: 'json_object' }], ['json']],
    [
      'reasoning',
      [{ effort: 'xhigh' }, { max_tokens: 1024 }, { enabled: false }, { exclude: true }],
      ['high', []],
    ],
    ['reasoning_effort', ['none', 'minimal', 'max'], ['most']],
  ])('%s', (field, accepted, refused) => {
    for (const value of [...accepted, null]) expect(refusedField({ [field]: value })).toBeUndefined();
    for (const value of refused) expect(refusedField({ [field]: value })).toBe(field);
  });

  it.each<[string, JsonObject]>([
    ['top_logprobs', { top_logprobs: 21, logprobs: true }],
    ['logit_bias.50256', { logit_bias: { '50256': 101 } }],
    ['stop.1', { stop: ['a', 1] }],
    ['reasoning.max_tokens', { reasoning: { max_tokens: 1023 } }],
    ['reasoning.effort', { reasoning: { effort: 'most' } }],
    ['reasoning.enabled', { reasoning: { enabled: 'yes' } }],
    ['stream_options.include_usage', { stream_options: { include_usage: 1 } }],
    ['response_format.type', { response_format: { type: 'xml' } }],
    ['response_format.json_schema', { response_format: { type: 'json_schema' } }],
    ['response_format.json_schema.name', { response_format: { type: 'json_schema', json_schema: {} } }],
    ['tools.0.function.name', { tools: [{ type: 'function', function: {} }] }],
    [
      'tools.0.function.parameters',
      { tools: [{ type: 'function', function: { name: 'f', parameters: 'x' } }] },
    ],
    ['tools.0.type', { tools: [{}] }],
    ['tool_choice', { tools: [fn('f')], tool_choice: 'sometimes' }],
    ['tool_choice', { tools: [fn('f')], tool_choice: fn('g') }],
    ['messages', { messages: [] }],
    ['messages', { messages: null }],
    ['messages.0', { messages: ['hi'] }],
    ['messages.0.role', { messages: [{ content: 'x' }] }],
    ['messages.0.role', { messages: [{ role: 'robot', content: 'x' }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: null }] }],
    ['messages.0.content', { messages: [{ role: 'system', content: 7 }] }],
    ['messages.0.content.1.type', user({ type: 'text', text: 'a' }, { type: 'video_url' })],
    ['messages.0.content.0.type', user({ type: 'constructor' })],
    [
      'messages.0.content.0.image_url.url',
      user({ type: 'image_url', image_url: { url: 'data:image/png,xx' } }),
    ],
    ['messages.0.content.0.image', user({ type: 'image', image: 'bm90IGFuIGltYWdl' })],
    ['messages.0.content.0.file.file_data', user({ type: 'file', file: {} })],
    [
      'messages.0.content.0.cache_control.ttl',
      user({ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '2h' } }),
    ],
    ['messages.0.tool_call_id', { messages: [{ role: 'tool', content: 'x' }] }],
    ['messages.0.tool_calls.0.id', { messages: [{ role: 'assistant', tool_calls: [fn('f')] }] }],
    [
      'messages.0.tool_calls.0.function.arguments',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: 7 } }] }] },
    ],
  ])('%s inside %j', (field, fields) => expect(refusedField(fields)).toBe(field));

  it('model is required', () => {
    expect(() => decodeRequest({ messages })).toThrow(/model is required/);
    expect(() => decodeRequest({ model: '', messages })).toThrow(/model is required/);
  });

  it('any JSON is either read or refused with a field, never a crash', () => {
    const fields = fc.dictionary(
      fc.constantFrom(
        'messages',
        'tools',
        'tool_choice',
        'response_format',
        'reasoning',
        'stop',
        'functions',
        'x',
      ),
      fc.jsonValue({ maxDepth: 4 }),
    );
    const content = fc.array(
      fc.record({ role: fc.constantFrom('user', 'assistant', 'tool'), content: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(fields, content, (given, list) => {
        refusedField(given as JsonObject);
        refusedField({ messages: list } as JsonObject);
      }),
      { numRuns: 500 },
    );
  });
});

describe('decodeRequest', () => {
  it('statement 28: leaves defaults to the model and null means not given', () => {
    const nothing = decode({});
    expect(
      decode({ temperature: null, top_p: null, tools: null, stop: null, n: null, user: null, x: 1 }),
    ).toEqual(nothing);
    expect(nothing).toMatchObject({ model: 'm', stream: false, routing: {}, warnings: [] });
    expect(nothing).not.toHaveProperty('temperature');
  });

  it('statement 29: top_logprobs needs logprobs', () => {
    expect(refusedField({ top_logprobs: 3 })).toBe('top_logprobs');
    expect(refusedField({ top_logprobs: 3, logprobs: false })).toBe('top_logprobs');
    expect(decode({ top_logprobs: 3, logprobs: true })).toMatchObject({ topLogprobs: 3, logprobs: true });
  });

  it('statement 30: a tool choice without tools is ignored with a warning', () => {
    const request = decode({ tool_choice: 'required' });
    expect(request.toolChoice).toBeUndefined();
    expect(request.warnings).toEqual(['tool_choice was ignored: the request declares no tools']);
  });

  it('statement 31: a tool choice may be none, auto, required, a function or a declared server tool', () => {
    const tools = [fn('f'), { type: 'octen_search' }];
    const choice = (tool_choice: JsonValue) => decode({ tools, tool_choice }).toolChoice;
    expect(choice('none')).toEqual({ kind: 'none' });
    expect(choice('required')).toEqual({ kind: 'required' });
    expect(choice(fn('f'))).toEqual({ kind: 'tool', name: 'f' });
    expect(choice({ type: 'octen_search' })).toEqual({ kind: 'tool', name: 'octen_search' });
  });

  it('statements 35 and 36: previous_response_id is remembered, for the upstream decides what it means', () => {
    const { previousResponseId, ...request } = decode({ previous_response_id: 'gen-1-abc' });
    expect(previousResponseId).toBe('gen-1-abc');
    expect(request).toEqual(decode({}));
  });

  it('statement 42: developer is a system message that remembers its name', () => {
    const request = decode({ messages: [{ role: 'developer', content: 'be brief' }, ...messages] });
    expect(request.messages[0]).toEqual({
      role: 'system',
      developer: true,
      content: [{ type: 'text', text: 'be brief' }],
    });
  });

  it('statement 44: max_completion_tokens beats max_tokens', () => {
    expect(decode({ max_tokens: 9, max_completion_tokens: 5 }).maxOutputTokens).toBe(5);
    expect(decode({ max_tokens: 9 }).maxOutputTokens).toBe(9);
  });

  it('statement 48: a server tool needs nothing but its type and is kept as it came', () => {
    expect(decode({ tools: [{ type: 'octen_search' }] }).tools).toEqual([
      { kind: 'server', protocol: 'openai-chat', raw: { type: 'octen_search' } },
    ]);
  });

  it('collects the router fields', () => {
    const given = { preference: 'cost', eu_native: true, models: ['a'], provider: { order: ['x'] } };
    expect(decode({ ...given, allowed_providers: null }).routing).toEqual(given);
  });

  it('row 35: reads reasoning: the object beats its alias and enabled:false beats both', () => {
    const reasoning = (fields: JsonObject) => decode(fields).reasoning;
    expect(reasoning({ reasoning_effort: 'low' })).toEqual({ effort: 'low' });
    expect(reasoning({ reasoning_effort: 'low', reasoning: { effort: 'high' } })).toEqual({ effort: 'high' });
    expect(reasoning({ reasoning_effort: 'low', reasoning: { enabled: false } })).toEqual({
      mode: 'disabled',
    });
    expect(reasoning({ reasoning: { effort: 'none' } })).toEqual({ mode: 'disabled' });
    expect(reasoning({ reasoning: { max_tokens: 2000, exclude: true } })).toEqual({
      mode: 'enabled',
      budgetTokens: 2000,
      display: 'omitted',
    });
  });

  it('reads parts of every kind', () => {
    const request = decode(
      user(
        { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } },
        { type: 'image_url', image_url: { url: 'https://x/y.png', detail: 'low' } },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw' } },
        { type: 'image', image: '/9j/4AAQ' },
        { type: 'input_audio', input_audio: { data: 'UklGRg', format: 'wav' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0' } },
      ),
    );
    expect(request.messages[0]?.content).toEqual([
      { type: 'text', text: 'a', cacheControl: { ttl: '1h' } },
      { type: 'image', source: { kind: 'url', url: 'https://x/y.png' }, detail: 'low' },
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBORw' } },
      { type: 'image', source: { kind: 'base64', mediaType: 'image/jpeg', data: '/9j/4AAQ' } },
      { type: 'audio', format: 'wav', data: 'UklGRg' },
      {
        type: 'document',
        title: 'a.pdf',
        source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0' },
      },
    ]);
    expect(request.rewriteMessages).toBe(true);
  });

  it('rows 4 and 9: makes one tool message of the results that follow a call, ids and arguments untouched', () => {
    const call = (id: string) => ({
      id,
      type: 'function',
      function: { name: 'f', arguments: '{ "x": 1.0 }' },
    });
    const request = decode({
      messages: [
        {
          role: 'assistant',
          content: null,
          tool_calls: [call('functions.f:0'), { ...call('b'), function: { name: 'g', arguments: '' } }],
        },
        { role: 'tool', tool_call_id: 'functions.f:0', content: 'one' },
        { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'two' }] },
        { role: 'user', content: 'go on' },
      ],
    });
    expect(request.messages.map((message) => message.role)).toEqual(['assistant', 'tool', 'user']);
    expect(request.messages[0]?.content).toEqual([
      { type: 'tool-call', id: 'functions.f:0', name: 'f', arguments: '{ "x": 1.0 }' },
      { type: 'tool-call', id: 'b', name: 'g', arguments: '{}' },
    ]);
    expect(request.messages[1]?.content).toEqual([
      { type: 'tool-result', callId: 'functions.f:0', content: [{ type: 'text', text: 'one' }] },
      { type: 'tool-result', callId: 'b', content: [{ type: 'text', text: 'two' }] },
    ]);
  });

  it('rows 39 and 40: takes thinking back with its signature and issuer, empty text included', () => {
    const assistant = (fields: JsonObject) =>
      decode({ messages: [{ role: 'assistant', content: 'ok', ...fields }] }).messages[0]?.content.slice(
        0,
        -1,
      );
    expect(assistant({ reasoning_content: 'hm' })).toEqual([{ type: 'thinking', text: 'hm' }]);
    const signed = { type: 'reasoning.text', signature: 's', format: 'anthropic-claude-v1' };
    expect(assistant({ reasoning_details: [signed] })).toEqual([
      { type: 'thinking', text: '', signature: { issuer: 'anthropic', value: 's' } },
    ]);
    expect(assistant({ reasoning: 'hm', reasoning_details: [signed] })).toEqual([
      { type: 'thinking', text: 'hm', signature: { issuer: 'anthropic', value: 's' } },
    ]);
    expect(
      assistant({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'd', format: 'constructor' }] }),
    ).toEqual([{ type: 'redacted-thinking', data: 'd', issuer: 'unknown' }]);
  });

  it('row 51: still reads the functions and function_call of older clients', () => {
    const request = decode({
      functions: [{ name: 'f', parameters: { type: 'object' } }],
      function_call: { name: 'f' },
      messages: [
        ...messages,
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: 'done' },
      ],
    });
    expect(request.tools).toEqual([{ kind: 'function', name: 'f', parameters: { type: 'object' } }]);
    expect(request.toolChoice).toEqual({ kind: 'tool', name: 'f' });
    const [, assistant, tool] = request.messages;
    expect(assistant?.content[0]).toMatchObject({ type: 'tool-call', id: 'call_legacy_1' });
    expect(tool?.content[0]).toMatchObject({ type: 'tool-result', callId: 'call_legacy_1' });
  });
});

describe('rows of the mapping table', () => {
  const tools = ['f', 'g'].map((name) => ({ type: 'function', function: { name } }));
  const allowed = (...names: string[]) => ({
    type: 'allowed_tools',
    allowed_tools: {
      mode: 'required',
      tools: names.map((name) => ({ type: 'function', function: { name } })),
    },
  });

  it('row 19: allowed_tools is a choice among some of the tools, and may name only declared ones', () => {
    expect(decode({ tools, tool_choice: allowed('g') }).toolChoice).toEqual({
      kind: 'required',
      allowed: ['g'],
    });
    expect(() => decode({ tools, tool_choice: allowed('h') })).toThrow('"h"');
  });

  it('row 47: safety_identifier is the user where no user is named', () => {
    expect(decode({ safety_identifier: 's' }).user).toBe('s');
    expect(decode({ safety_identifier: 's', user: 'u' }).user).toBe('u');
  });

  it('row 48: members that only Chat understands are remembered by name where they ask for something', () => {
    expect(decode({ prompt_cache_key: 'k', store: true, modalities: ['text', 'audio'] }).ownFields).toEqual([
      'prompt_cache_key',
      'store',
      'modalities',
    ]);
    expect(decode({ thinking: { type: 'enabled' }, enable_thinking: true }).ownFields).toEqual([
      'thinking',
      'enable_thinking',
    ]);
    expect(decode({ store: false, service_tier: 'auto', modalities: ['text'] }).ownFields).toBeUndefined();
  });

  it('row 51: a caller of the older functions is remembered, and gets one call at a time', () => {
    expect(decode({ functions: [{ name: 'f' }] })).toMatchObject({
      legacyFunctions: true,
      parallelToolCalls: false,
    });
    expect(decode({ tools }).legacyFunctions).toBeUndefined();
  });

  it('row 49: a file by id is refused where another protocol would have to carry it', () => {
    const content = [{ type: 'file', file: { file_id: 'file-1' } }];
    const request = decode({ messages: [{ role: 'user', content }] });
    expect(() => portable(request)).toThrow(
      expect.objectContaining({
        kind: 'invalid_request',
        details: expect.objectContaining({ param: 'messages' }),
      }),
    );
  });
});
