import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest, ContentPart, Message } from '../completion.js';
import type { EncodeTarget } from '../protocol.js';
import { anthropicMessages } from './index.js';
import { encodeRequest } from './request-encode.js';

const target: EncodeTarget = {
  upstreamModel: 'claude-x',
  maxOutputTokens: 8192,
  quirks: {},
  issuer: 'anthropic',
};

const request = (changes: Partial<CompletionRequest> = {}): CompletionRequest => ({
  model: 'anthropic/claude-x',
  messages: [said('user', 'hello')],
  stream: false,
  routing: {},
  warnings: [],
  ...changes,
});

const said = (role: Message['role'], ...content: (string | ContentPart)[]): Message => ({
  role,
  content: content.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part)),
});

const encode = (changes: Partial<CompletionRequest> = {}, to: Partial<EncodeTarget> = {}) =>
  encodeRequest(request(changes), { ...target, ...to });

const call = (id: string, args = '{}'): ContentPart => ({
  type: 'tool-call',
  id,
  name: 'add',
  arguments: args,
});
const result = (callId: string, text: string): ContentPart => ({
  type: 'tool-result',
  callId,
  content: [{ type: 'text', text }],
});

describe('writing a Messages request', () => {
  it('row 30: uses the upstream name of the model and a limit where the caller gave none', () => {
    expect(encode().body).toEqual({
      model: 'claude-x',
      max_tokens: 8192,
      messages: [{ role: 'user', content: 'hello' }],
    });
    expect(encode({ maxOutputTokens: 5 }).body['max_tokens']).toBe(5);
  });

  it('carries sampling, stop texts, user and stream', () => {
    const { body, warnings } = encode({ temperature: 0.5, topK: 3, stop: ['END'], user: 'u', stream: true });
    expect(body).toMatchObject({
      temperature: 0.5,
      top_k: 3,
      stop_sequences: ['END'],
      metadata: { user_id: 'u' },
      stream: true,
    });
    expect(warnings).toEqual([]);
  });

  it('row 31: a stop sequence of white space alone is not its task', () => {
    expect(encode({ stop: ['END'] }).body['stop_sequences']).toEqual(['END']);
    expect(anthropicMessages.canStopAt?.(['END'])).toBe(true);
    expect(anthropicMessages.canStopAt?.(['END', ' \n'])).toBe(false);
  });

  it('row 32: a temperature above 1 is lowered with a warning (statement 91)', () => {
    const { body, warnings } = encode({ temperature: 1.7 });
    expect(body['temperature']).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('temperature')]);
  });

  it('row 32: sends temperature rather than top_p when both are set', () => {
    expect(encode({ temperature: 0.2, topP: 0.9 })).toMatchObject({
      body: { temperature: 0.2 },
      warnings: [expect.stringContaining('top_p')],
    });
    expect(encode({ temperature: 0.2, topP: 1 }).warnings).toEqual([]);
    expect(encode({ topP: 0.9 }).body['top_p']).toBe(0.9);
  });

  it('row 32: sends no temperature or top_k with thinking', () => {
    const { body, warnings } = encode({
      temperature: 0.2,
      topK: 4,
      topP: 0.5,
      reasoning: { mode: 'adaptive' },
    });
    expect(body).not.toMatchObject({ temperature: expect.anything() });
    expect(body['thinking']).toEqual({ type: 'adaptive' });
    expect(warnings).toHaveLength(3);
  });

  it('row 34: names every parameter that this protocol cannot carry', () => {
    const { body, warnings } = encode({
      seed: 1,
      logprobs: true,
      topLogprobs: 3,
      frequencyPenalty: 1,
      presencePenalty: 1,
      repetitionPenalty: 1,
      minP: 0.1,
      topA: 0.1,
      logitBias: { '5': 1 },
      verbosity: 'low',
    });
    const names = warnings.map((warning) => warning.split(' ')[0]);
    expect(new Set(names)).toEqual(
      new Set([
        'frequency_penalty',
        'logit_bias',
        'logprobs',
        'min_p',
        'presence_penalty',
        'repetition_penalty',
        'seed',
        'top_a',
        'top_logprobs',
        'verbosity',
      ]),
    );
    expect(Object.keys(body)).toEqual(['model', 'max_tokens', 'messages']);
  });

  it('row 33: refuses several answers, which it could not ignore', () => {
    expect(() => encode({ choiceCount: 2 })).toThrow(
      expect.objectContaining({ kind: 'invalid_request', details: expect.objectContaining({ param: 'n' }) }),
    );
  });

  it('rows 28 and 29: a JSON schema becomes output_config.format, never a tool, and a JSON object an instruction', () => {
    const schema = { type: 'object', properties: { z: {}, a: {} }, additionalProperties: false };
    const withSchema = encode({
      responseFormat: { kind: 'json-schema', name: 'n', schema },
      reasoning: { mode: 'adaptive', effort: 'low' },
    });
    expect(withSchema.body['tools']).toBeUndefined();
    expect(JSON.stringify(withSchema.body['output_config'])).toBe(
      JSON.stringify({ effort: 'low', format: { type: 'json_schema', schema } }),
    );
    const withObject = encode({
      responseFormat: { kind: 'json-object' },
      messages: [said('system', 'Be brief.'), said('user', 'x')],
    });
    expect(withObject.body['system']).toMatch(/^Be brief\.\n\n.*JSON/);
    expect(withObject.warnings).toEqual([expect.stringContaining('json_object')]);
  });
});

describe('writing messages', () => {
  const messagesOf = (...messages: Message[]) => encode({ messages }).body['messages'];

  it('rows 1 and 2: instructions at the start become system, later ones stay in place', () => {
    const cached: ContentPart = { type: 'text', text: 'two', cacheControl: { ttl: '1h' } };
    const { body } = encode({
      messages: [
        said('system', 'one', cached),
        said('user', 'hi'),
        said('system', 'late'),
        said('assistant', 'yes'),
      ],
    });
    expect(body['system']).toEqual([
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ]);
    expect(body['messages']).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'system', content: 'late' },
      { role: 'assistant', content: 'yes' },
    ]);
  });

  it('row 4: a tool message and the user message after it are one turn with results first', () => {
    expect(
      messagesOf(said('user', 'a'), said('assistant', call('t1'), call('t2')), said('user', 'note'), {
        role: 'tool',
        content: [result('t1', '1'), result('t2', '2')],
      }),
    ).toEqual([
      { role: 'user', content: 'a' },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 't1', name: 'add', input: {} },
          { type: 'tool_use', id: 't2', name: 'add', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: '1' },
          { type: 'tool_result', tool_use_id: 't2', content: '2' },
          { type: 'text', text: 'note' },
        ],
      },
    ]);
  });

  it('row 9: a foreign tool id is mapped in the call and in its result, and stays unique when used again', () => {
    const turns = [
      said('user', 'a'),
      said('assistant', call('functions.add:0')),
      said('tool', result('functions.add:0', '1')),
    ];
    const messages = messagesOf(...turns, ...turns.slice(1)) as JsonObject[];
    const blocks = messages
      .flatMap((turn) => turn['content'] as JsonObject[])
      .filter((block) => typeof block === 'object');
    const ids = blocks.map((block) => block['id'] ?? block['tool_use_id']);
    expect(ids[0]).toMatch(/^[a-zA-Z0-9_-]+$/);
    expect(ids).toEqual([ids[0], ids[0], ids[2], ids[2]]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('rows 13 and 14: arguments become an object; a text that is none is wrapped, not lost', () => {
    const inputs = ['{"a":1}', '', '{"a":', '[1]'].map((text) => {
      const [, turn] = messagesOf(said('user', 'a'), said('assistant', call('t', text))) as JsonObject[];
      return (turn as { content: JsonObject[] }).content[0]?.['input'];
    });
    expect(inputs).toEqual([{ a: 1 }, {}, { _raw: '{"a":' }, { _raw: '[1]' }]);
  });

  it('row 6: empty texts are dropped; an emptied turn holds its place between two of another role', () => {
    expect(
      messagesOf(said('user', 'a', ''), said('assistant', ''), said('user', 'b'), said('assistant', '')),
    ).toEqual([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: '.' },
      { role: 'user', content: 'b' },
    ]);
    expect(messagesOf(said('user', 'a'), said('user', ''), said('assistant', 'b'))).toEqual([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ]);
  });

  it('row 4: adjacent turns of one role become one', () => {
    expect(
      messagesOf(said('user', 'a'), said('user', 'b'), said('assistant', 'c'), said('assistant', 'd')),
    ).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'c' },
          { type: 'text', text: 'd' },
        ],
      },
    ]);
  });

  it('row 4: results stand right behind their calls, whatever the caller put between', () => {
    const messages = [
      said('user', 'a'),
      said('assistant', call('t1'), call('t2')),
      said('tool', result('t1', '1')),
      said('system', 'late'),
      said('tool', result('t2', '2')),
    ];
    expect((encode({ messages }).body['messages'] as JsonObject[]).slice(2)).toEqual([
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: '1' },
          { type: 'tool_result', tool_use_id: 't2', content: '2' },
        ],
      },
      { role: 'system', content: 'late' },
    ]);
  });

  it('row 2: where the model takes no system turn, or not there, the text is marked inside a user turn', () => {
    const marked = { type: 'text', text: '<system-reminder>\nlate\n</system-reminder>' };
    const messages = [said('user', 'a'), said('system', 'late'), said('assistant', 'b')];
    expect(encode({ messages }, { quirks: { systemTurns: false } }).body['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'a' }, marked] },
      { role: 'assistant', content: 'b' },
    ]);
    expect(messagesOf(said('user', 'a'), said('assistant', 'b'), said('system', 'late'))).toEqual([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
      { role: 'user', content: marked.text },
    ]);
  });

  it('row 8: a conversation that starts with the assistant gets a user turn first, with a warning', () => {
    const { body, warnings } = encode({ messages: [said('assistant', 'hello')] });
    expect(body['messages']).toEqual([
      { role: 'user', content: '.' },
      { role: 'assistant', content: 'hello' },
    ]);
    expect(warnings).toHaveLength(1);
  });

  it('row 7: a last assistant turn loses the white space at its end', () => {
    expect(messagesOf(said('user', 'a'), said('assistant', 'So: '))).toEqual([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'So:' },
    ]);
  });

  it('rows 39 and 42: thinking goes back only to the one who signed it', () => {
    const own: ContentPart = { type: 'thinking', text: '', signature: { issuer: 'anthropic', value: 's' } };
    const foreign: ContentPart = {
      type: 'thinking',
      text: 'hm',
      signature: { issuer: 'openai', value: 's' },
    };
    const unsigned: ContentPart = { type: 'thinking', text: 'hm' };
    const redacted: ContentPart = { type: 'redacted-thinking', data: 'd', issuer: 'anthropic' };
    const hidden: ContentPart = { type: 'redacted-thinking', data: 'd', issuer: 'openai' };
    const turn = said('assistant', own, redacted, foreign, unsigned, hidden, 'yes');
    const { body, warnings } = encode({ messages: [said('user', 'a'), turn] });
    expect((body['messages'] as JsonObject[])[1]?.['content']).toEqual([
      { type: 'thinking', thinking: '', signature: 's' },
      { type: 'redacted_thinking', data: 'd' },
      { type: 'text', text: 'yes' },
    ]);
    expect(warnings).toEqual([expect.stringContaining('thinking')]);
  });

  it('row 52: audio is refused by name', () => {
    expect(() => messagesOf(said('user', { type: 'audio', format: 'wav', data: 'AA==' }))).toThrow('audio');
  });

  it('row 50: a block of another protocol is dropped with its name', () => {
    const part: ContentPart = { type: 'opaque', protocol: 'google-gemini', raw: { type: 'executableCode' } };
    expect(encode({ messages: [said('user', 'a', part)] }).warnings).toEqual([
      expect.stringContaining('executableCode'),
    ]);
  });
});
