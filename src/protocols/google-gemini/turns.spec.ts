import fc from 'fast-check';
import type { JsonObject } from '../../core/json.js';
import type { ContentPart, Message } from '../completion.js';
import { decodeRequest } from './request-decode.js';

const ask = { role: 'user', parts: [{ text: 'q' }] };
const model = (...parts: JsonObject[]): JsonObject => ({ role: 'model', parts });
const call = (args: JsonObject, more: JsonObject = {}): JsonObject => ({
  functionCall: { name: 'f', args },
  ...more,
});
const answer = (output: string): JsonObject => ({ functionResponse: { name: 'f', response: { output } } });
const thought = (text: string, thoughtSignature?: string): JsonObject => ({
  text,
  thought: true,
  ...(thoughtSignature === undefined ? {} : { thoughtSignature }),
});
const read = (...contents: JsonObject[]): Message[] => decodeRequest({ model: 'm', contents }).messages;
/** What the model said in a history. */
const said = (...contents: JsonObject[]): ContentPart[] => read(ask, ...contents)[1]?.content ?? [];
const idsOf = (messages: readonly Message[]): string[] =>
  messages.flatMap(({ content }) =>
    content.flatMap((part) => {
      if (part.type === 'tool-call') return [part.id];
      return part.type === 'tool-result' ? [part.callId] : [];
    }),
  );

const PART = fc.oneof(
  fc.string().map((text): JsonObject => ({ text })),
  fc.string().map((text) => thought(text)),
  fc.constant(thought('', 'U0lH')),
  fc.integer().map((n) => call({ n })),
);

describe('a streamed answer that a chat kept chunk by chunk', () => {
  it('is the turn that it is in one content, wherever it was cut', () => {
    const turn = fc.array(fc.array(PART, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(turn, (chunks) => {
        const cut = read(ask, ...chunks.map((parts) => model(...parts)), ask);
        expect(cut).toEqual(read(ask, model(...chunks.flat()), ask));
      }),
    );
  });

  it('row 10: keeps its calls open until they are answered, those without an id and those before an empty end', () => {
    const messages = read(
      ask,
      model(call({ a: 1 })),
      model(call({ a: 2 })),
      model({ text: '' }),
      { role: 'user', parts: [answer('1'), answer('2')] },
      model(call({ a: 3 })),
      { role: 'user', parts: [answer('3')] },
    );
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant', 'tool']);
    const [first, second, firstAnswered, secondAnswered, third, thirdAnswered] = idsOf(messages);
    expect([firstAnswered, secondAnswered, thirdAnswered]).toEqual([first, second, third]);
    expect(new Set([first, second, third]).size).toBe(3);
  });

  it('row 38: has its thought whole under the signature that came behind it, and its text whole', () => {
    const signature = { issuer: 'google', value: 'U0lH' };
    const pieces = [thought('Let '), thought('me '), thought('see.'), thought('', 'U0lH')];
    const texts = [{ text: 'Two' }, { text: '\n\n' }, { text: 'lines.' }];
    const whole = [
      { type: 'thinking', text: 'Let me see.', signature },
      { type: 'text', text: 'Two\n\nlines.' },
    ];
    expect(said(...[...pieces, ...texts].map((part) => model(part)))).toEqual(whole);
    expect(said(model(...pieces, ...texts))).toEqual(whole);
  });

  it('row 39: keeps thoughts with signatures of their own apart', () => {
    const signature = { issuer: 'google', value: 'U0lH' };
    expect(said(model(thought('a'), thought('', 'U0lH'), thought('b'), thought('c', 'U0lH')))).toEqual([
      { type: 'thinking', text: 'a', signature },
      { type: 'thinking', text: 'b' },
      { type: 'thinking', text: 'c', signature },
    ]);
  });
});
