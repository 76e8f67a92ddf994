import type { JsonObject } from '../../core/json.js';
import type { CompletionRequest, Message } from '../completion.js';
import type { EncodeTarget } from '../protocol.js';
import { googleGemini } from './index.js';
import { encodeRequest } from './request-encode.js';

const target = (upstreamModel = 'gemini-3-pro-preview'): EncodeTarget => ({
  upstreamModel,
  quirks: {},
  issuer: 'google',
});
const text = (words: string) => ({ type: 'text' as const, text: words });
const hello: Message = { role: 'user', content: [text('hi')] };

const encode = (more: Partial<CompletionRequest>, upstreamModel?: string) =>
  encodeRequest(
    { model: 'm', messages: [hello], stream: false, routing: {}, warnings: [], ...more },
    target(upstreamModel),
  );
const contentsOf = (messages: Message[], upstreamModel?: string) =>
  encode({ messages }, upstreamModel).body['contents'];
const configOf = (more: Partial<CompletionRequest>, upstreamModel?: string) =>
  encode(more, upstreamModel).body['generationConfig'] as JsonObject | undefined;

const call = (id: string, args = '{}') => ({ type: 'tool-call' as const, id, name: 'now', arguments: args });
const result = (callId: string, words: string, isError?: boolean) => ({
  type: 'tool-result' as const,
  callId,
  content: [text(words)],
  isError,
});
const PNG = { kind: 'base64' as const, mediaType: 'image/jpeg', data: 'iVBORw0KGgo=' };
const schema = {
  type: 'object',
  properties: { b: { type: 'string' }, a: { const: 1 } },
  additionalProperties: false,
};
const fn = { kind: 'function' as const, name: 'f', parameters: schema };

describe('contents', () => {
  it('row 1: instructions at the start are the system instruction, in their order', () => {
    const messages: Message[] = [{ role: 'system', content: [text('One.'), text('Two.')] }, hello];
    expect(encode({ messages }).body['systemInstruction']).toEqual({
      parts: [{ text: 'One.' }, { text: 'Two.' }],
    });
  });
  it('row 2: an instruction in the middle becomes a tagged text of the user', () => {
    expect(contentsOf([hello, { role: 'system', content: [text('Now be brief.')] }])).toEqual([
      {
        role: 'user',
        parts: [{ text: 'hi' }, { text: '<system-reminder>\nNow be brief.\n</system-reminder>' }],
      },
    ]);
  });
  it('rows 4 and 5: results of parallel calls are one content, in the order of the calls, and nothing else is in it', () => {
    const contents = contentsOf([
      hello,
      { role: 'assistant', content: [call('b'), call('a')] },
      { role: 'tool', content: [result('a', 'A'), result('b', 'B')] },
      { role: 'user', content: [text('and?')] },
    ]) as JsonObject[];
    expect(contents.map(({ role }) => role)).toEqual(['user', 'model', 'user', 'user']);
    expect(contents[2]?.['parts']).toEqual([
      { functionResponse: { id: 'b', name: 'now', response: { output: 'B' } } },
      { functionResponse: { id: 'a', name: 'now', response: { output: 'A' } } },
    ]);
    expect(contents[3]?.['parts']).toEqual([{ text: 'and?' }]);
  });
  it('row 6: empty texts are dropped, the turn with calls stays', () => {
    const contents = contentsOf(
      [hello, { role: 'assistant', content: [text(''), call('a')] }],
      'gemini-2.5-pro',
    );
    expect(contents).toEqual([
      { role: 'user', parts: [{ text: 'hi' }] },
      { role: 'model', parts: [{ functionCall: { id: 'a', name: 'now', args: {} } }] },
    ]);
  });
  it('row 8: a history that begins with the assistant gets a user turn first, and a note', () => {
    const { body, warnings } = encode({
      messages: [{ role: 'assistant', content: [text('Hello.')] }, hello],
    });
    expect((body['contents'] as JsonObject[])[0]).toEqual({ role: 'user', parts: [{ text: '.' }] });
    expect(warnings).toEqual(['messages: a user message was put first, because one must stand there']);
  });
  it('row 10: an id that was made up for Google is not sent to it', () => {
    const contents = contentsOf([
      hello,
      { role: 'assistant', content: [call('gemini_x_0')] },
      { role: 'tool', content: [result('gemini_x_0', 'A')] },
    ]);
    expect(JSON.stringify(contents)).not.toContain('gemini_x_0');
  });
  it('rows 13 and 14: arguments are an object; broken ones are wrapped, none are {}', () => {
    const parts = (args: string) =>
      (contentsOf([hello, { role: 'assistant', content: [call('a', args)] }]) as JsonObject[])[1]?.['parts'];
    expect(parts('{"b":1,"a":2}')).toMatchObject([{ functionCall: { args: { b: 1, a: 2 } } }]);
    expect(parts('{"b":')).toMatchObject([{ functionCall: { args: { _raw: '{"b":' } } }]);
    expect(parts('')).toMatchObject([{ functionCall: { args: {} } }]);
  });
  it('row 15: an image in a result goes inside it from Gemini 3 on, before that beside it', () => {
    const messages: Message[] = [
      hello,
      { role: 'assistant', content: [call('a')] },
      {
        role: 'tool',
        content: [{ type: 'tool-result', callId: 'a', content: [{ type: 'image', source: PNG }] }],
      },
    ];
    const inline = { inlineData: { mimeType: 'image/png', data: PNG.data } };
    expect((contentsOf(messages) as JsonObject[])[2]).toMatchObject({
      parts: [{ functionResponse: { parts: [inline] } }],
    });
    const older = contentsOf(messages, 'gemini-2.5-flash') as JsonObject[];
    expect(older[3]).toEqual({ role: 'user', parts: [{ text: 'The media that now returned:' }, inline] });
  });
  it('row 17: a failed tool is an error in the response', () => {
    const contents = contentsOf([
      hello,
      { role: 'assistant', content: [call('a')] },
      { role: 'tool', content: [result('a', 'no such city', true)] },
    ]) as JsonObject[];
    expect(contents[2]).toMatchObject({
      parts: [{ functionResponse: { response: { error: 'no such city' } } }],
    });
  });
  it('row 18: a reference to a tool that only Anthropic understands is named', () => {
    const raw = { type: 'tool_reference', tool_name: 'X' };
    const opaque = { type: 'opaque' as const, protocol: 'anthropic-messages' as const, raw };
    const { warnings } = encode({ messages: [hello, { role: 'user', content: [opaque] }] });
    expect(warnings).toEqual(['messages.tool_reference was dropped: this upstream cannot read it']);
  });
  it('rows 44 and 45: images and PDFs as bytes or addresses, the type read from the bytes', () => {
    const pdf = { kind: 'base64' as const, mediaType: 'application/pdf', data: 'JVBERg==' };
    const content: Message['content'] = [
      { type: 'image', source: PNG },
      { type: 'image', source: { kind: 'url', url: 'https://x.test/a.webp?b=1' } },
      { type: 'document', source: pdf, title: 'Report' },
    ];
    expect((contentsOf([{ role: 'user', content }]) as JsonObject[])[0]?.['parts']).toEqual([
      { inlineData: { mimeType: 'image/png', data: PNG.data } },
      { fileData: { mimeType: 'image/webp', fileUri: 'https://x.test/a.webp?b=1' } },
      { text: 'Report' },
      { inlineData: { mimeType: 'application/pdf', data: 'JVBERg==' } },
    ]);
    const file: Message = {
      role: 'user',
      content: [{ type: 'image', source: { kind: 'file', id: 'file-1' } }],
    };
    expect(() => contentsOf([file])).toThrow('contents: a file by its id cannot be sent');
  });
  it('row 52: audio goes over as bytes with its type', () => {
    const audio: Message = { role: 'user', content: [{ type: 'audio', format: 'wav', data: 'UklG' }] };
    expect(contentsOf([audio])).toEqual([
      { role: 'user', parts: [{ inlineData: { mimeType: 'audio/wav', data: 'UklG' } }] },
    ]);
  });
  it('rows 41 and 42: its own signatures go back in place, others never, and Gemini 3 gets the documented stand-in', () => {
    const turns = (issuer: string): Message[] => [
      hello,
      {
        role: 'assistant',
        content: [{ type: 'thinking', text: '', signature: { issuer, value: 'U0lH' } }, call('a'), call('b')],
      },
    ];
    const signatures = (messages: Message[], model?: string) => {
      const [, answer] = contentsOf(messages, model) as { parts: JsonObject[] }[];
      return answer?.parts.map((part) => part['thoughtSignature']);
    };
    expect(signatures(turns('google'))).toEqual(['U0lH', undefined]);
    expect(signatures(turns('anthropic'))).toEqual(['skip_thought_signature_validator', undefined]);
    expect(signatures(turns('anthropic'), 'gemini-2.5-pro')).toEqual([undefined, undefined]);
  });
});

describe('tools', () => {
  it('rows 23 and 24: all functions are in one tool, with JSON Schema in its own order where the model takes it', () => {
    const { body } = encode({ tools: [fn, { ...fn, name: 'g' }] });
    expect(body['tools']).toEqual([
      {
        functionDeclarations: [
          { name: 'f', parametersJsonSchema: schema },
          { name: 'g', parametersJsonSchema: schema },
        ],
      },
    ]);
    expect(JSON.stringify(body['tools'])).toContain('"b":{"type":"string"},"a"');
  });
  it('row 24: older models get the OpenAPI subset', () => {
    expect(encode({ tools: [fn] }, 'gemini-2.0-flash').body['tools']).toEqual([
      {
        functionDeclarations: [
          {
            name: 'f',
            parameters: {
              type: 'object',
              properties: { b: { type: 'string' }, a: { type: 'string', enum: ['1'], format: 'enum' } },
            },
          },
        ],
      },
    ]);
  });
  it('row 19: every tool choice has its mode', () => {
    const mode = (toolChoice: CompletionRequest['toolChoice']) =>
      (encode({ tools: [fn], toolChoice }).body['toolConfig'] as JsonObject)['functionCallingConfig'];
    expect(mode({ kind: 'auto' })).toEqual({ mode: 'AUTO' });
    expect(mode({ kind: 'none' })).toEqual({ mode: 'NONE' });
    expect(mode({ kind: 'required' })).toEqual({ mode: 'ANY' });
    expect(mode({ kind: 'tool', name: 'f' })).toEqual({ mode: 'ANY', allowedFunctionNames: ['f'] });
    expect(mode({ kind: 'auto', allowed: ['f'] })).toEqual({
      mode: 'VALIDATED',
      allowedFunctionNames: ['f'],
    });
  });
  it('rows 21, 22 and 50: no calling config without functions; what Google lacks is named', () => {
    const server = { kind: 'server' as const, protocol: 'openai-chat' as const, raw: { type: 'web_search' } };
    const { body, warnings } = encode({ tools: [server], toolChoice: { kind: 'required' } });
    expect(body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] });
    expect(warnings).toEqual([
      'tools.web_search was dropped: this upstream does not offer it',
      'tool_choice was dropped: there are no tools to choose from',
    ]);
    expect(encode({ tools: [fn], parallelToolCalls: false }).warnings).toEqual([
      'parallel_tool_calls was dropped: this upstream cannot be held to one call',
    ]);
  });
});

describe('generationConfig', () => {
  it('row 28: JSON of any shape and of a schema', () => {
    const json = { responseMimeType: 'application/json' };
    expect(configOf({ responseFormat: { kind: 'json-object' } })).toEqual(json);
    const format = { kind: 'json-schema' as const, name: 'x', schema };
    expect(configOf({ responseFormat: format })).toEqual({ ...json, responseJsonSchema: schema });
    expect(configOf({ responseFormat: format }, 'gemini-1.5-pro')).toMatchObject({
      responseSchema: { type: 'object' },
    });
  });
  it('rows 30 to 34: limits, stops, sampling, candidates and log probabilities', () => {
    const more = {
      maxOutputTokens: 9,
      temperature: 1.5,
      topP: 0.5,
      topK: 3,
      seed: 1,
      choiceCount: 2,
      logprobs: true,
      topLogprobs: 2,
    };
    expect(configOf({ ...more, stop: ['a', 'b'] })).toEqual({
      maxOutputTokens: 9,
      temperature: 1.5,
      topP: 0.5,
      topK: 3,
      seed: 1,
      stopSequences: ['a', 'b'],
      candidateCount: 2,
      responseLogprobs: true,
      logprobs: 2,
    });
  });
  it('rows 31 and 33: more than Google takes is not its task, or refused', () => {
    const five = ['1', '2', '3', '4', '5'];
    expect(encode({ stop: five }).body['generationConfig']).toEqual({ stopSequences: five });
    expect(googleGemini.canStopAt?.(five)).toBe(true);
    expect(googleGemini.canStopAt?.([...five, '6'])).toBe(false);
    expect(() => encode({ choiceCount: 9 })).toThrow('at most 8 answers');
  });
  it('row 35: an effort is a level from Gemini 3 on and a budget before', () => {
    const low = { effort: 'low' };
    expect(configOf({ reasoning: low })).toEqual({
      thinkingConfig: { thinkingLevel: 'low', includeThoughts: true },
    });
    expect(configOf({ reasoning: low }, 'gemini-2.5-flash')).toEqual({
      thinkingConfig: { thinkingBudget: 1_024, includeThoughts: true },
    });
    expect(configOf({ reasoning: { mode: 'adaptive', display: 'omitted' } }, 'gemini-2.5-pro')).toEqual({
      thinkingConfig: { thinkingBudget: -1, includeThoughts: false },
    });
  });
  it('row 36: thinking is switched off in so many words, or set to the least with a note', () => {
    const off = { mode: 'disabled' as const };
    expect(configOf({ reasoning: off }, 'gemini-2.5-flash')).toEqual({
      thinkingConfig: { thinkingBudget: 0 },
    });
    const { body, warnings } = encode({ reasoning: off });
    expect(body['generationConfig']).toEqual({
      thinkingConfig: { thinkingLevel: 'low', includeThoughts: false },
    });
    expect(warnings).toEqual([
      'reasoning: this model cannot stop thinking, so it was told to think the least',
    ]);
  });
});
