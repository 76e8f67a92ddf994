import type { JsonObject } from '../../core/json.js';
import { decodeRequest } from './request-decode.js';

const decode = (more: JsonObject = {}) => {
  const { source: _source, ...request } = decodeRequest({ model: 'm', input: 'hi', ...more });
  return request;
};
const user = { role: 'user', content: [{ type: 'text', text: 'hi' }] };

describe('decodeRequest', () => {
  it('reads the smallest request, and remembers it as it came', () => {
    expect(decode()).toEqual({ model: 'm', messages: [user], stream: false, routing: {}, warnings: [] });
    const body = { model: 'm', input: 'hi', store: true };
    expect(decodeRequest(body).source).toBe(body);
  });

  it('row 1: reads instructions, then items in their order, one turn of the model as one message', () => {
    const { messages } = decode({
      instructions: 'Be brief.',
      input: [
        { role: 'developer', content: 'Be kind.' },
        { role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: 'why' }],
          encrypted_content: 'gA',
        },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Looking.' }] },
        { type: 'function_call', call_id: 'a', name: 'f', arguments: '' },
        { type: 'function_call', call_id: 'b', name: 'g', namespace: 'ns', arguments: '{"x":1}' },
        { type: 'function_call_output', call_id: 'a', output: 'one' },
        { type: 'function_call_output', call_id: 'b', output: [{ type: 'input_text', text: 'two' }] },
      ],
    });
    expect(messages).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'system', developer: true, content: [{ type: 'text', text: 'Be kind.' }] },
      user,
      {
        role: 'assistant',
        content: [
          { type: 'thinking', text: 'why', signature: { issuer: 'openai', value: 'rs_1:gA' } },
          { type: 'text', text: 'Looking.' },
          { type: 'tool-call', id: 'a', name: 'f', arguments: '{}' },
          { type: 'tool-call', id: 'b', name: 'ns__g', arguments: '{"x":1}' },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', callId: 'a', content: [{ type: 'text', text: 'one' }] },
          { type: 'tool-result', callId: 'b', content: [{ type: 'text', text: 'two' }] },
        ],
      },
    ]);
  });

  it('rows 44 and 45: reads images and files from wherever their bytes are', () => {
    const part = (content: JsonObject) =>
      decode({ input: [{ role: 'user', content: [content] }] }).messages[0]?.content[0];
    expect(part({ type: 'input_image', file_id: 'file_1' })).toMatchObject({
      source: { kind: 'file', id: 'file_1' },
    });
    expect(part({ type: 'input_file', file_url: 'https://e.com/a.pdf' })).toMatchObject({
      source: { kind: 'url', url: 'https://e.com/a.pdf' },
    });
    expect(part({ type: 'input_file', file_data: 'JVBERi0=', filename: 'a.pdf' })).toEqual({
      type: 'document',
      title: 'a.pdf',
      source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0=' },
    });
  });

  it('row 19: reads every tool choice', () => {
    const tools = [
      { type: 'function', name: 'f' },
      { type: 'namespace', name: 'ns', tools: [{ type: 'function', name: 'g' }] },
      { type: 'web_search' },
    ];
    const choice = (tool_choice: JsonObject | string) => decode({ tools, tool_choice }).toolChoice;
    expect(choice('required')).toEqual({ kind: 'required' });
    expect(choice({ type: 'function', name: 'f' })).toEqual({ kind: 'tool', name: 'f' });
    expect(choice({ type: 'function', name: 'g', namespace: 'ns' })).toEqual({ kind: 'tool', name: 'ns__g' });
    expect(choice({ type: 'web_search' })).toEqual({ kind: 'tool', name: 'web_search' });
    expect(
      choice({ type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f' }] }),
    ).toEqual({ kind: 'required', allowed: ['f'] });
  });

  it('rows 34 and 35: reads log probabilities, reasoning and text settings', () => {
    expect(
      decode({
        include: ['message.output_text.logprobs'],
        top_logprobs: 3,
        reasoning: { effort: 'high', summary: 'auto' },
        text: { verbosity: 'low', format: { type: 'json_schema', name: 'r', schema: { b: 1, a: 2 } } },
      }),
    ).toMatchObject({
      logprobs: true,
      topLogprobs: 3,
      reasoning: { effort: 'high', display: 'summarized' },
      verbosity: 'low',
      responseFormat: { kind: 'json-schema', name: 'r', schema: { b: 1, a: 2 } },
    });
    expect(decode({ reasoning: { effort: 'none' } }).reasoning).toEqual({ mode: 'disabled' });
  });

  it('row 48: names the members that only this protocol understands', () => {
    expect(decode({ truncation: 'auto', service_tier: 'flex', prompt_cache_key: 'k' }).ownFields).toEqual([
      'truncation',
      'service_tier',
      'prompt_cache_key',
    ]);
    expect(decode({ truncation: 'disabled', service_tier: 'auto' }).ownFields).toBeUndefined();
  });

  it('row 40: knows whose reasoning an item holds, and a signature on a call', () => {
    const { messages, rewriteMessages } = decode({
      input: [
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'anthropic:c2ln' },
        { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'anthropic/redacted:cmVk' },
        { type: 'function_call', call_id: 'c:1', name: 'f', arguments: '{}' },
        { type: 'reasoning', id: 'rs_3', summary: [], encrypted_content: 'google/call=c%3A1:Z28=' },
        { type: 'function_call_output', call_id: 'c:1', output: 'x' },
      ],
    });
    expect(rewriteMessages).toBe(true);
    expect(messages[0]?.content).toEqual([
      { type: 'thinking', text: '', signature: { issuer: 'anthropic', value: 'c2ln' } },
      { type: 'redacted-thinking', data: 'cmVk', issuer: 'anthropic' },
      {
        type: 'tool-call',
        id: 'c:1',
        name: 'f',
        arguments: '{}',
        signature: { issuer: 'google', value: 'Z28=' },
      },
    ]);
  });
});
