import type { CompletionRequest, Message } from '../completion.js';
import type { EncodeTarget, WireQuirks } from '../protocol.js';
import { decodeRequest } from './request-decode.js';
import { openaiChat } from './index.js';
import { encodeRequest } from './request-encode.js';

const hello: Message = { role: 'user', content: [{ type: 'text', text: 'hi' }] };

const request = (fields: Partial<CompletionRequest> = {}): CompletionRequest => ({
  model: 'm',
  messages: [hello],
  stream: false,
  routing: { preference: 'cost' },
  warnings: [],
  ...fields,
});

const target = (quirks: WireQuirks = {}, more: Partial<EncodeTarget> = {}): EncodeTarget => ({
  upstreamModel: 'up',
  quirks,
  issuer: 'openai',
  ...more,
});

const body = (fields: Partial<CompletionRequest> = {}, to = target()) =>
  encodeRequest(request(fields), to).body;
const messagesOf = (messages: Message[], to = target()) => body({ messages }, to)['messages'];

describe('encodeRequest', () => {
  it('sends the model, the messages and what was said, nothing else', () => {
    expect(body()).toEqual({ model: 'up', messages: [{ role: 'user', content: 'hi' }] });
    expect(body({ temperature: 0, topP: 0.5, choiceCount: 2, stop: ['x'], seed: 0 })).toMatchObject({
      temperature: 0,
      top_p: 0.5,
      n: 2,
      stop: ['x'],
      seed: 0,
    });
  });

  it('row 27: writes back what decodeRequest read', () => {
    const wire = {
      model: 'up',
      messages: [
        { role: 'developer', content: 'be brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'image_url', image_url: { url: 'https://x/y' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'functions.f:0', type: 'function', function: { name: 'f', arguments: '{ "x":1}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'functions.f:0', content: 'one' },
        { role: 'assistant', content: 'ok', name: 'bot' },
        { role: 'user', content: 'go on' },
      ],
      max_completion_tokens: 9,
      temperature: 1,
      logit_bias: { '7': 1 },
      tools: [
        { type: 'function', function: { name: 'f', parameters: { zebra: 1, alpha: 2, $schema: 'x' } } },
      ],
      tool_choice: { type: 'function', function: { name: 'f' } },
      parallel_tool_calls: false,
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } },
      reasoning_effort: 'high',
      verbosity: 'low',
      user: 'u',
    };
    const encoded = encodeRequest(decodeRequest(wire), target());
    expect(encoded).toEqual({ body: wire, warnings: [] });
    expect(JSON.stringify(encoded.body['tools'])).toBe(JSON.stringify(wire.tools));
  });

  it('row 67: always asks for usage on a stream, unless the vendor does not know the option', () => {
    expect(body({ stream: true })).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(body({ stream: true }, target({ streamUsage: false }))).not.toHaveProperty('stream_options');
    expect(body()).not.toHaveProperty('stream');
  });

  it('rows 3 and 30: names the output limit and the system role as the vendor does', () => {
    expect(body({ maxOutputTokens: 5 })).toMatchObject({ max_completion_tokens: 5 });
    expect(body({ maxOutputTokens: 5 }, target({ maxTokensField: 'max_tokens' }))).toMatchObject({
      max_tokens: 5,
    });
    expect(body({}, target({}, { maxOutputTokens: 8 }))).toMatchObject({ max_completion_tokens: 8 });
    const system = (developer: boolean): Message => ({
      role: 'system',
      developer,
      content: [{ type: 'text', text: 's' }],
    });
    const role = (developer: boolean, systemRole?: 'system' | 'developer') =>
      messagesOf([system(developer)], target({ systemRole }));
    expect(role(true)).toEqual([{ role: 'developer', content: 's' }]);
    expect(role(true, 'system')).toEqual([{ role: 'system', content: 's' }]);
    expect(role(false, 'developer')).toEqual([{ role: 'developer', content: 's' }]);
  });

  it('rows 4, 15, 16 and 17: answers each call with its own tool message, marks errors, and moves images behind them', () => {
    const image = {
      type: 'image' as const,
      source: { kind: 'base64' as const, mediaType: 'image/png', data: 'AA' },
    };
    expect(
      messagesOf([
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              callId: 'a',
              content: [{ type: 'text', text: 'Exit code 3' }],
              isError: true,
            },
            { type: 'tool-result', callId: 'b', content: [{ type: 'text', text: 'see' }, image] },
            { type: 'tool-result', callId: 'c', content: [] },
          ],
        },
        hello,
      ]),
    ).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'Error: Exit code 3' },
      {
        role: 'tool',
        tool_call_id: 'b',
        content: 'see\n[The image of this result is in the next user message.]',
      },
      { role: 'tool', tool_call_id: 'c', content: '' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'The image of tool result b:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } },
        ],
      },
      { role: 'user', content: 'hi' },
    ]);
  });

  it('row 42: gives thinking back where the vendor wants it, and a signature only to its issuer', () => {
    const thinking = (issuer: string): Message => ({
      role: 'assistant',
      content: [
        { type: 'thinking', text: 'hm', signature: { issuer, value: 's' } },
        { type: 'redacted-thinking', data: 'd', issuer },
        { type: 'text', text: 'ok' },
      ],
    });
    const back = (issuer: string, reasoningHistory?: WireQuirks['reasoningHistory']) =>
      messagesOf([thinking(issuer)], target({ reasoningHistory }, { issuer: 'anthropic' }));
    expect(back('anthropic')).toEqual([{ role: 'assistant', content: 'ok' }]);
    expect(back('anthropic', 'reasoning_content')).toEqual([
      { role: 'assistant', content: 'ok', reasoning_content: 'hm' },
    ]);
    expect(back('mistral', 'reasoning')).toEqual([{ role: 'assistant', content: 'ok', reasoning: 'hm' }]);
    const format = 'anthropic-claude-v1';
    expect(back('anthropic', 'reasoning')).toEqual([
      {
        role: 'assistant',
        content: 'ok',
        reasoning: 'hm',
        reasoning_details: [
          { type: 'reasoning.text', text: 'hm', signature: 's', format, index: 0 },
          { type: 'reasoning.encrypted', data: 'd', format, index: 1 },
        ],
      },
    ]);
  });

  it('row 43: gives a tool-call turn without thinking the blank that Kimi and DeepSeek insist on', () => {
    const turn: Message = {
      role: 'assistant',
      content: [{ type: 'tool-call', id: 'a', name: 'f', arguments: '' }],
    };
    expect(messagesOf([turn], target({ reasoningHistory: 'reasoning_content' }))).toEqual([
      {
        role: 'assistant',
        content: null,
        reasoning_content: ' ',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
    ]);
  });

  it('row 45: carries a PDF as a file and text documents as text; a document by URL is refused, not lost', () => {
    const document = (
      source: Extract<Message['content'][number], { type: 'document' }>['source'],
    ): Message[] => [{ role: 'user', content: [{ type: 'document', title: 'a.pdf', source }] }];
    expect(messagesOf(document({ kind: 'base64', mediaType: 'application/pdf', data: 'AA' }))).toEqual([
      {
        role: 'user',
        content: [{ type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA' } }],
      },
    ]);
    expect(messagesOf(document({ kind: 'base64', mediaType: 'text/plain', data: 'aMO2' }))).toEqual([
      { role: 'user', content: 'a.pdf\n\nhö' },
    ]);
    expect(() => messagesOf(document({ kind: 'url', url: 'https://x/y.pdf' }))).toThrow(/document by URL/);
  });

  it('names what it had to leave out', () => {
    const raw = { type: 'web_search_20250305', name: 'web_search' };
    const { body: sent, warnings } = encodeRequest(
      request({
        messages: [
          {
            role: 'assistant',
            content: [{ type: 'opaque', protocol: 'anthropic-messages', raw: { type: 'server_tool_use' } }],
          },
          hello,
        ],
        tools: [{ kind: 'server', protocol: 'anthropic-messages', raw }],
        toolChoice: { kind: 'tool', name: 'web_search_20250305' },
        parallelToolCalls: true,
      }),
      target(),
    );
    expect(sent).not.toHaveProperty('tools');
    expect(sent).not.toHaveProperty('tool_choice');
    expect(sent).not.toHaveProperty('parallel_tool_calls');
    expect(warnings.join('\n')).toMatch(
      /server_tool_use[\s\S]*web_search_20250305|web_search_20250305[\s\S]*server_tool_use/,
    );
  });

  it('row 26: strict is left out, with a warning, where the schema leaves properties open', () => {
    const open = { type: 'object', properties: { a: {} } };
    const { body: sent, warnings } = encodeRequest(
      request({
        tools: [{ kind: 'function', name: 'f', parameters: open, strict: true }],
        responseFormat: { kind: 'json-schema', name: 'n', schema: open, strict: true },
      }),
      target(),
    );
    expect(JSON.stringify(sent)).not.toContain('strict');
    expect(warnings).toEqual([
      expect.stringMatching(/^tools\.f\.strict was dropped/),
      expect.stringMatching(/^response_format\.strict was dropped/),
    ]);
  });

  it('row 19: a choice among some of the tools', () => {
    const tools = ['f', 'g'].map((name) => ({ kind: 'function' as const, name }));
    expect(body({ tools, toolChoice: { kind: 'auto', allowed: ['g'] } })['tool_choice']).toEqual({
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'g' } }] },
    });
  });

  it('row 7: a last assistant turn, which Messages would continue, is named', () => {
    const messages: Message[] = [hello, { role: 'assistant', content: [{ type: 'text', text: 'So' }] }];
    expect(encodeRequest(request({ messages }), target()).warnings).toEqual([
      expect.stringMatching(/^messages: the last assistant message/),
    ]);
  });

  it('rows 42 and 46: thinking and cache marks that the vendor does not take are named', () => {
    const messages: Message[] = [
      { role: 'user', content: [{ type: 'text', text: 'a', cacheControl: {} }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', text: 'hm' },
          { type: 'text', text: 'b' },
        ],
      },
      hello,
    ];
    expect(encodeRequest(request({ messages }), target()).warnings).toEqual([
      expect.stringMatching(/^cache_control was dropped/),
      expect.stringMatching(/^messages\.thinking was dropped/),
    ]);
  });

  it('row 31: up to four stop sequences are its own task', () => {
    const { body: sent } = encodeRequest(request({ stop: ['a', 'b', 'c', 'd'] }), target());
    expect(sent['stop']).toEqual(['a', 'b', 'c', 'd']);
    expect(openaiChat.canStopAt?.(['a', 'b', 'c', 'd'])).toBe(true);
    expect(openaiChat.canStopAt?.(['a', 'b', 'c', 'd', 'e'])).toBe(false);
  });

  it('row 50: a block of another protocol is named', () => {
    const raw = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} };
    const part = { type: 'opaque' as const, protocol: 'anthropic-messages' as const, raw };
    const { warnings } = encodeRequest(request({ messages: [{ role: 'user', content: [part] }] }), target());
    expect(warnings).toEqual([expect.stringMatching(/^messages\.server_tool_use was dropped/)]);
  });

  it('rows 26 and 46: never sends strict or cache marks that nobody asked for', () => {
    const tool = {
      kind: 'function' as const,
      name: 'f',
      cacheControl: {},
      extra: { eager_input_streaming: true },
    };
    expect(body({ tools: [tool] })['tools']).toEqual([{ type: 'function', function: { name: 'f' } }]);
    const closed = { type: 'object', properties: {}, additionalProperties: false };
    expect(body({ tools: [{ ...tool, strict: true, parameters: closed }] })['tools']).toEqual([
      { type: 'function', function: { name: 'f', parameters: closed, strict: true } },
    ]);
    const marked: Message = {
      role: 'user',
      content: [{ type: 'text', text: 'a', cacheControl: { ttl: '1h' } }],
    };
    expect(messagesOf([marked])).toEqual([{ role: 'user', content: 'a' }]);
    expect(messagesOf([marked], target({ cacheControl: true }))).toEqual([
      {
        role: 'user',
        content: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      },
    ]);
  });

  it.each([
    [{ effort: 'high' }, { reasoning_effort: 'high' }, { reasoning: { effort: 'high' } }],
    [{ mode: 'disabled' as const }, { reasoning_effort: 'none' }, { reasoning: { enabled: false } }],
    [
      { mode: 'enabled' as const, budgetTokens: 10_000 },
      { reasoning_effort: 'medium' },
      { reasoning: { max_tokens: 10_000 } },
    ],
    [{ mode: 'adaptive' as const }, {}, { reasoning: { enabled: true } }],
  ])('rows 35 and 36: asks for reasoning %j in both dialects', (reasoning, effort, object) => {
    const plain = { model: 'up', messages: [{ role: 'user', content: 'hi' }] };
    expect(body({ reasoning })).toEqual({ ...plain, ...effort });
    expect(body({ reasoning }, target({ reasoningField: 'reasoning' }))).toEqual({ ...plain, ...object });
  });

  it('row 47: keeps a long user id pseudonymous and within 64 characters', () => {
    const long = body({ user: JSON.stringify({ device_id: 'x'.repeat(100) }) })['user'];
    expect(long).toMatch(/^[0-9a-f]{64}$/);
    expect(body({ user: 'short' })['user']).toBe('short');
  });
});
