import fc from 'fast-check';
import { testIdentity } from '../../../test/support/protocol-laws.js';
import { DeltaTemplate } from './delta-template.js';
import { ChatStreamRelay } from './stream-relay.js';

const chunkOf = (delta: object, more: object = {}): string =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-x',
    choices: [{ index: 0, delta, finish_reason: null }],
    ...more,
  });
const FIRST = chunkOf({ role: 'assistant', content: '' });

/** What a relay makes of the last of these chunks. */
function relayLast(...chunks: string[]) {
  const relay = new ChatStreamRelay(testIdentity());
  return chunks.map((data) => relay.push({ data })).at(-1);
}

describe('a content chunk that differs from the one before in its text alone', () => {
  it('is relayed exactly as if it had been read as a whole, whatever its text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.string({ minLength: 1 }),
        (text, before) => {
          const chunk = chunkOf({ content: text });
          const alike = relayLast(FIRST, chunkOf({ content: before }), chunk);
          const unlike = relayLast(FIRST, chunkOf({ content: before }, { padding: 1 }), chunk);
          expect(alike).toEqual(unlike);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('matches only where nothing but a string literal can stand', () => {
    const template = new DeltaTemplate({ set: { model: '"canonical"' } });
    template.learn(chunkOf({ content: 'a' }), 'a');
    expect(template.match(chunkOf({ content: 'b' }))?.text).toBe('b');
    expect(template.match(chunkOf({ content: 'b\nc é' }))?.text).toBe('b\nc é');
    expect(template.match(chunkOf({ content: 'b' }).replace('"b"', '"b","role":"x"'))).toBeUndefined();
    expect(template.match(chunkOf({ content: 'b' }).replace('"b"', '"b\u0001"'))).toBeUndefined();
    expect(template.match(chunkOf({ content: 'b' }, { usage: { prompt_tokens: 1 } }))).toBeUndefined();
    expect(template.match(chunkOf({ content: '' }))).toBeUndefined();
    expect(template.match(chunkOf({ content: 'x\\' }).replace('x\\\\"', 'x\\"'))).toBeUndefined();
  });

  it('is not learnt from a delta that carries more than text', () => {
    const template = new DeltaTemplate({ set: {} });
    const chunk = chunkOf({ content: 'a', reasoning: 'r' });
    template.learn(chunk, 'a');
    expect(template.match(chunk)).toBeUndefined();
  });

  it('is given up where every chunk differs in more, as with random padding', () => {
    const template = new DeltaTemplate({ set: {} });
    for (const padding of ['a', 'bb', 'ccc', 'dddd'])
      template.learn(chunkOf({ content: 'x' }, { padding }), 'x');
    template.learn(chunkOf({ content: 'x' }, { padding: 'last' }), 'x');
    expect(template.match(chunkOf({ content: 'y' }, { padding: 'last' }))).toBeUndefined();
    expect(template.match(chunkOf({ content: 'y' }, { padding: 'dddd' }))?.text).toBe('y');
  });

  it('is not relayed for a choice that has ended, however many choices taught before', () => {
    const of = (index: number, delta: object, reason: string | null = null): string =>
      chunkOf({}, { choices: [{ index, delta, finish_reason: reason }] });
    const relay = new ChatStreamRelay(testIdentity());
    const told = [0, 1].map((index) => of(index, { role: 'assistant', content: '' }));
    for (let round = 0; round < 3; round++) told.push(of(1, { content: 'b' }), of(0, { content: 'a' }));
    told.push(of(0, {}, 'stop'), of(1, { content: 'b' }));
    for (const data of told) relay.push({ data });
    expect(relay.push({ data: of(0, { content: 'late' }) }).text).toBe('');
    expect(relay.push({ data: of(1, { content: 'more' }) }).text).toContain('"content":"more"');
  });
});
