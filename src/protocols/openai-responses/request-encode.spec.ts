import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest, Message } from '../completion.js';
import type { EncodeTarget } from '../protocol.js';
import { encodeRequest } from './request-encode.js';

const target: EncodeTarget = { upstreamModel: 'gpt-5.4', quirks: {}, issuer: 'openai' };
const hello: Message = { role: 'user', content: [{ type: 'text', text: 'hi' }] };
const encode = (more: Partial<CompletionRequest> = {}, to: Partial<EncodeTarget> = {}) =>
  encodeRequest(
    { model: 'm', messages: [hello], stream: false, routing: {}, warnings: [], ...more },
    { ...target, ...to },
  );
const inputOf = (messages: Message[], to: Partial<EncodeTarget> = {}) =>
  encode({ messages }, to).body['input'] as JsonObject[];

describe('encodeRequest', () => {
  it('asks the upstream to keep nothing and to encrypt its reasoning', () => {
    expect(encode()).toEqual({
      body: {
        model: 'gpt-5.4',
        input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
        store: false,
        include: ['reasoning.encrypted_content'],
      },
      warnings: [],
    });
    expect(encode({}, { upstreamModel: 'gpt-4.1-mini' }).body).not.toHaveProperty('include');
    expect(encode({ reasoning: { mode: 'disabled' } }).body).toMatchObject({ reasoning: { effort: 'none' } });
  });

  it('rows 1 to 3: keeps instructions in their place, in the role that the vendor knows', () => {
    const system: Message = { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] };
    const roles = (to: Partial<EncodeTarget>) =>
      inputOf([{ ...system, developer: true }, hello, system], to).map(({ role }) => role);
    expect(roles({})).toEqual(['developer', 'user', 'system']);
    expect(roles({ quirks: { systemRole: 'system' } })).toEqual(['system', 'user', 'system']);
  });

  it('rows 15 and 17: writes a result as text, or as parts when it holds more', () => {
    const result = (content: CompletionRequest['messages'][number]['content'], isError = false): Message => ({
      role: 'tool',
      content: [{ type: 'tool-result', callId: 'a', content: content as never, isError }],
    });
    const [plain] = inputOf([result([{ type: 'text', text: 'one' }], true)]);
    expect(plain).toEqual({ type: 'function_call_output', call_id: 'a', output: 'Error: one' });
    const image = {
      type: 'image' as const,
      source: { kind: 'base64' as const, mediaType: 'image/png', data: 'AA==' },
    };
    const [mixed] = inputOf([result([{ type: 'text', text: 'see' }, image])]);
    expect(mixed?.['output']).toEqual([
      { type: 'input_text', text: 'see' },
      { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' },
    ]);
  });

  it('rows 40 and 42: sends reasoning to its issuer alone, under the id it was made for', () => {
    const thinking = (issuer: string): Message => ({
      role: 'assistant',
      content: [{ type: 'thinking', text: 'why', signature: { issuer, value: 'rs_1:gA' } }],
    });
    expect(inputOf([thinking('openai')])).toEqual([
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'why' }],
        encrypted_content: 'gA',
      },
    ]);
    const foreign = encode({ messages: [hello, thinking('anthropic')] });
    expect(foreign.body['input']).toHaveLength(1);
    expect(foreign.warnings).toEqual([expect.stringMatching(/^input\.reasoning was dropped/)]);
  });

  it('rows 19 and 26: writes tools as the caller meant them, and strict only when asked', () => {
    const parameters = { type: 'object', properties: { b: {}, a: {} } };
    const { body } = encode({
      tools: [
        { kind: 'function', name: 'f', parameters },
        { kind: 'function', name: 'g', strict: true },
      ],
      toolChoice: { kind: 'auto', allowed: ['f'] },
      parallelToolCalls: false,
    });
    expect(body).toMatchObject({
      tools: [
        { type: 'function', name: 'f', parameters, strict: false },
        { type: 'function', name: 'g', parameters: { type: 'object', properties: {} }, strict: true },
      ],
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
      parallel_tool_calls: false,
    });
  });

  it('row 12: rewrites a name that would be refused, and says how to give it back', () => {
    const { body, toolNames } = encode({ tools: [{ kind: 'function', name: 'files.read' }] });
    const [tool] = body['tools'] as JsonObject[];
    expect(tool?.['name']).toMatch(/^[\w-]+$/);
    expect(toolNames?.get(String(tool?.['name']))).toBe('files.read');
  });

  it('row 50: leaves out server tools of other protocols, with the choice that named one', () => {
    const { body, warnings } = encode({
      tools: [{ kind: 'server', protocol: 'anthropic-messages', raw: { type: 'web_search_20250305' } }],
      toolChoice: { kind: 'required' },
    });
    expect(body).not.toHaveProperty('tools');
    expect(warnings).toEqual([
      expect.stringContaining('web_search_20250305'),
      expect.stringMatching(/^tool_choice was dropped/),
    ]);
  });

  it('rows 32 and 33: names what it cannot say, and refuses several answers', () => {
    const { warnings } = encode({ seed: 1, topK: 4, logitBias: {} });
    expect(warnings.map((warning) => warning.split(' ')[0])).toEqual(['top_k', 'seed', 'logit_bias']);
    expect(() => encode({ choiceCount: 2 })).toThrow(expect.objectContaining({ kind: 'invalid_request' }));
  });

  it('rows 28, 34 and 47: writes JSON mode, log probabilities, metadata and a short user', () => {
    const { body, warnings } = encode({
      responseFormat: { kind: 'json-object' },
      logprobs: true,
      topLogprobs: 2,
      metadata: { a: 'b', n: 1 },
      user: 'x'.repeat(200),
    });
    expect(body).toMatchObject({
      text: { format: { type: 'json_object' } },
      instructions: expect.stringMatching(/JSON/) as unknown,
      top_logprobs: 2,
      metadata: { a: 'b' },
      user: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
    expect(body['include']).toContain('message.output_text.logprobs');
    expect(warnings).toEqual([expect.stringMatching(/^metadata/)]);
  });

  it('row 52: refuses audio, which it cannot hear', () => {
    const audio: Message = { role: 'user', content: [{ type: 'audio', format: 'wav', data: 'AA==' }] };
    expect(() => encode({ messages: [audio] })).toThrow(expect.objectContaining({ kind: 'invalid_request' }));
  });

  it('gives a call id that is too long the same short one in its call and its output', () => {
    const id = 'call_'.repeat(20);
    const items = inputOf([
      { role: 'assistant', content: [{ type: 'tool-call', id, name: 'f', arguments: '{}' }] },
      { role: 'tool', content: [{ type: 'tool-result', callId: id, content: [] }] },
    ]);
    expect(String(items[0]?.['call_id']).length).toBeLessThanOrEqual(64);
    expect(items[0]?.['call_id']).toBe(items[1]?.['call_id']);
  });
});
