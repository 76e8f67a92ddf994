import { FaregateError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import type { CompatibilityProfile } from '../protocol.js';
import { decodeRequest } from './request-decode.js';

const PNG = { type: 'base64', media_type: 'image/png', data: 'iVBORw0' };

const body = (changes: JsonObject = {}): JsonObject => ({
  model: 'claude-opus-4-8',
  max_tokens: 4096,
  messages: [{ role: 'user', content: 'Explain attention in one sentence.' }],
  ...changes,
});

const decode = (changes: JsonObject = {}, profile: CompatibilityProfile = 'standard') =>
  decodeRequest(body(changes), profile);

/** The field that a body is refused for; undefined when it is taken. */
function refusedField(changes: JsonObject, profile: CompatibilityProfile = 'standard'): string | undefined {
  try {
    decode(changes, profile);
    return undefined;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(FaregateError);
    const error = thrown as FaregateError;
    expect(error.kind).toBe('invalid_request');
    expect(error.message).toContain(error.details.param);
    return error.details.param;
  }
}

const user = (...content: JsonValue[]): JsonObject => ({ messages: [{ role: 'user', content }] });
const assistant = (...content: JsonValue[]): JsonObject => ({ messages: [{ role: 'assistant', content }] });

describe('a Messages request', () => {
  it('reads the smallest request', () => {
    expect(decode()).toEqual({
      model: 'claude-opus-4-8',
      stream: false,
      maxOutputTokens: 4096,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Explain attention in one sentence.' }] }],
      routing: {},
      warnings: [],
    });
  });

  it.each<[string, JsonObject, string]>([
    ['statement 8: max_tokens 0', { max_tokens: 0 }, 'max_tokens'],
    ['a place of inference that has no price', { inference_geo: 'us' }, 'inference_geo'],
    ['max_tokens with a fraction', { max_tokens: 1.5 }, 'max_tokens'],
    ['max_tokens as text', { max_tokens: '10' }, 'max_tokens'],
    ['statement 9: no messages', { messages: null }, 'messages'],
    ['no message in messages', { messages: [] }, 'messages'],
    ['statement 9: no model', { model: null }, 'model'],
    ['an empty model', { model: '' }, 'model'],
    ['statement 10: temperature 1.5', { temperature: 1.5 }, 'temperature'],
    ['statement 10: temperature -0.1', { temperature: -0.1 }, 'temperature'],
    ['statement 10: top_p 1.01', { top_p: 1.01 }, 'top_p'],
    ['statement 10: top_p 0', { top_p: 0 }, 'top_p'],
    ['statement 10: top_k -1', { top_k: -1 }, 'top_k'],
    ['top_k with a fraction', { top_k: 1.5 }, 'top_k'],
    ['a stop sequence that is no text', { stop_sequences: ['a', 1] }, 'stop_sequences.1'],
    ['stop_sequences as text', { stop_sequences: 'a' }, 'stop_sequences'],
    ['stream as text', { stream: 'true' }, 'stream'],
    ['metadata as text', { metadata: 'x' }, 'metadata'],
    ['a user id that is no text', { metadata: { user_id: 1 } }, 'metadata.user_id'],
    ['a system prompt that is no text', { system: 1 }, 'system'],
    ['a system block that is no text', { system: [{ type: 'image', source: PNG }] }, 'system.0'],
    ['an unknown role', { messages: [{ role: 'tool', content: 'x' }] }, 'messages.0.role'],
    ['a message without content', { messages: [{ role: 'user' }] }, 'messages.0.content'],
    ['a message that is no object', { messages: ['hello'] }, 'messages.0'],
    ['a text block without text', user({ type: 'text' }), 'messages.0.content.0.text'],
    ['a block without a type', user({ text: 'x' }), 'messages.0.content.0.type'],
    ['an image without a source', user({ type: 'image' }), 'messages.0.content.0.source'],
    [
      'an image of an unknown source',
      user({ type: 'image', source: { type: 'ftp' } }),
      'messages.0.content.0.source.type',
    ],
    [
      'a base64 image without data',
      user({ type: 'image', source: { type: 'base64', media_type: 'image/png' } }),
      'messages.0.content.0.source.data',
    ],
    [
      'a tool result without the id of its call',
      user({ type: 'tool_result' }),
      'messages.0.content.0.tool_use_id',
    ],
    [
      'a tool call in a user message',
      user({ type: 'tool_use', id: 'a', name: 'b', input: {} }),
      'messages.0.content.0',
    ],
    [
      'a tool result of the assistant',
      assistant({ type: 'tool_result', tool_use_id: 'a' }),
      'messages.0.content.0',
    ],
    [
      'a cache mark of another lifetime',
      user({ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '2h' } }),
      'messages.0.content.0.cache_control.ttl',
    ],
    ['an unknown effort', { output_config: { effort: 'extreme' } }, 'output_config.effort'],
    [
      'a format that is no JSON schema',
      { output_config: { format: { type: 'xml' } } },
      'output_config.format.type',
    ],
    [
      'a JSON schema format without a schema',
      { output_config: { format: { type: 'json_schema' } } },
      'output_config.format.schema',
    ],
  ])('%s is refused, naming the field', (_name, changes, field) => {
    expect(refusedField(changes)).toBe(field);
  });

  it('statements 1 and 24: metadata.user_id is the end user', () => {
    expect(decode({ metadata: { user_id: 'u-1' } }).user).toBe('u-1');
  });

  it('statement 62: a request without max_tokens is read, and its limit left open', () => {
    expect(decode({ max_tokens: null }).maxOutputTokens).toBeUndefined();
  });

  it('an optional field that is null counts as absent', () => {
    const nulls = [
      'system',
      'stream',
      'temperature',
      'top_p',
      'top_k',
      'stop_sequences',
      'tools',
      'tool_choice',
    ];
    const more = ['thinking', 'metadata', 'output_config', 'output_format', 'thread', 'preference'];
    expect(decode(Object.fromEntries([...nulls, ...more].map((name) => [name, null])))).toEqual(decode());
  });

  it('row 48: an unknown field is ignored; one that only this protocol understands is remembered by name', () => {
    const messages = [{ role: 'user', content: 'x', output_config: { effort: 'low' }, tomorrow: 1 }];
    const request = decode({
      context_management: { edits: [] },
      service_tier: 'auto',
      tomorrow: 1,
      messages,
    });
    expect(request).toEqual({
      ...decode({ messages: [{ role: 'user', content: 'x' }] }),
      ownFields: ['context_management', 'messages.output_config'],
    });
  });

  it('statement 80: router fields are taken apart from the request', () => {
    const fields = { preference: 'speed', allowed_providers: ['mistral', 'scaleway'], eu_native: true };
    expect(decode(fields).routing).toEqual(fields);
  });

  it('statement 90: with the Cortecs profile a fifth stop sequence is refused and top_k has no effect', () => {
    expect(refusedField({ stop_sequences: ['a', 'b', 'c', 'd', 'e'] }, 'cortecs')).toBe('stop_sequences');
    expect(refusedField({ stop_sequences: ['a', 'b', 'c', 'd', 'e'] })).toBeUndefined();
    const request = decode({ top_k: 5 }, 'cortecs');
    expect(request.topK).toBeUndefined();
    expect(request.warnings).toEqual(['top_k has no effect']);
  });

  it('statement 91: with the Cortecs profile temperature goes up to 2', () => {
    expect(decode({ temperature: 2 }, 'cortecs').temperature).toBe(2);
    expect(refusedField({ temperature: 2.1 }, 'cortecs')).toBe('temperature');
  });

  it('row 49: a thread may be created, for that keeps nothing; continuing one is refused in words its SDK recovers by', () => {
    expect(decode({ thread: { type: 'create' } })).toEqual(decode());
    expect(() => decode({ thread: { type: 'continue', previous_message_id: 'msg_1' } })).toThrow(
      expect.objectContaining({
        kind: 'invalid_request',
        details: expect.objectContaining({ code: 'thread_not_found', param: 'thread' }),
      }),
    );
    expect(refusedField({ thread: {} })).toBe('thread.type');
  });

  it('row 29: a JSON schema is read from output_config and from the older output_format', () => {
    const format = { type: 'json_schema', schema: { type: 'object', properties: { b: {}, a: {} } } };
    const wanted = { kind: 'json-schema', name: 'response', schema: format.schema };
    expect(decode({ output_config: { format } }).responseFormat).toEqual(wanted);
    expect(decode({ output_format: format }).responseFormat).toEqual(wanted);
  });
});

describe('messages and their blocks', () => {
  it('statements 17 and 63: system as text and as blocks, with cache marks', () => {
    expect(decode({ system: 'Be brief.' }).messages[0]).toEqual({
      role: 'system',
      content: [{ type: 'text', text: 'Be brief.' }],
    });
    const system = [
      { type: 'text', text: 'One.' },
      { type: 'text', text: 'Two.', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ];
    expect(decode({ system }).messages[0]).toEqual({
      role: 'system',
      content: [
        { type: 'text', text: 'One.' },
        { type: 'text', text: 'Two.', cacheControl: { ttl: '1h' } },
      ],
    });
  });

  it('row 2: system messages stay where they are, also as the last one', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'system', content: 'b' },
      { role: 'assistant', content: 'c' },
      { role: 'user', content: 'd' },
      { role: 'system', content: [{ type: 'text', text: 'e', cache_control: { type: 'ephemeral' } }] },
    ];
    const decoded = decode({ messages }).messages;
    expect(decoded.map(({ role }) => role)).toEqual(['user', 'system', 'assistant', 'user', 'system']);
    expect(decoded[4]?.content).toEqual([{ type: 'text', text: 'e', cacheControl: {} }]);
  });

  it('statement 64: images by URL, base64 and file', () => {
    const sources = [
      { type: 'url', url: 'https://example.com/a.png' },
      PNG,
      { type: 'file', file_id: 'file_1' },
    ];
    const content = decode(user(...sources.map((source) => ({ type: 'image', source })))).messages[0]
      ?.content;
    expect(content).toEqual([
      { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } },
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBORw0' } },
      { type: 'image', source: { kind: 'file', id: 'file_1' } },
    ]);
  });

  it('row 45: documents in every form, with title, context and citations', () => {
    const more = { title: 'T', context: 'C', citations: { enabled: true } };
    const parts = [
      { type: 'text', text: 'x' },
      { type: 'image', source: PNG },
    ];
    const content = decode(
      user(
        { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'plain' }, ...more },
        { type: 'document', source: { type: 'content', content: 'words' } },
        { type: 'document', source: { type: 'content', content: parts } },
        { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0' } },
      ),
    ).messages[0]?.content;
    expect(content).toEqual([
      {
        type: 'document',
        source: { kind: 'text', text: 'plain' },
        title: 'T',
        context: 'C',
        citationsEnabled: true,
      },
      { type: 'document', source: { kind: 'parts', parts: [{ type: 'text', text: 'words' }] } },
      {
        type: 'document',
        source: {
          kind: 'parts',
          parts: [
            { type: 'text', text: 'x' },
            { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBORw0' } },
          ],
        },
      },
      { type: 'document', source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0' } },
    ]);
  });

  it('statement 16: tool results become a tool message before the rest of the turn', () => {
    const reference = { type: 'tool_reference', tool_name: 'WebSearch' };
    const request = decode(
      user(
        { type: 'tool_result', tool_use_id: 'toolu_1', content: 'Exit code 3', is_error: true },
        { type: 'tool_result', tool_use_id: 'toolu_2', content: [reference, { type: 'image', source: PNG }] },
        { type: 'text', text: 'go on' },
      ),
    );
    expect(request.messages).toEqual([
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            callId: 'toolu_1',
            content: [{ type: 'text', text: 'Exit code 3' }],
            isError: true,
          },
          {
            type: 'tool-result',
            callId: 'toolu_2',
            content: [
              { type: 'opaque', protocol: 'anthropic-messages', raw: reference },
              { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBORw0' } },
            ],
          },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'go on' }] },
    ]);
  });

  it('statement 15: thinking, server tool and unknown blocks of the assistant are kept for replay', () => {
    const search = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'octen_search', input: { query: 'q' } };
    const content = decode(
      assistant(
        { type: 'thinking', thinking: '', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'ZGF0YQ==' },
        { type: 'tool_use', id: 'toolu_1', name: 'add', input: { b: 1, a: 2 } },
        search,
        { type: 'block_of_tomorrow', x: 1 },
      ),
    ).messages[0]?.content;
    expect(content).toEqual([
      { type: 'thinking', text: '', signature: { issuer: 'anthropic', value: 'c2ln' } },
      { type: 'redacted-thinking', data: 'ZGF0YQ==', issuer: 'anthropic' },
      { type: 'tool-call', id: 'toolu_1', name: 'add', arguments: '{"b":1,"a":2}' },
      { type: 'opaque', protocol: 'anthropic-messages', raw: search },
      { type: 'opaque', protocol: 'anthropic-messages', raw: { type: 'block_of_tomorrow', x: 1 } },
    ]);
  });

  it('row 42: a signature that another vendor made comes back under its own name', () => {
    const content = decode(assistant({ type: 'thinking', thinking: 'hm', signature: 'openai:abc' }))
      .messages[0]?.content;
    expect(content).toEqual([
      { type: 'thinking', text: 'hm', signature: { issuer: 'openai', value: 'abc' } },
    ]);
  });
});
